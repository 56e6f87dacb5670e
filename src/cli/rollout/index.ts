import type { Command } from "../command.ts";
import { DECISION_COMMANDS } from "./decide.ts";
import { rolloutKeysCommand, rolloutRearmCommand } from "./keys.ts";
import { rolloutPlanCommand } from "./plan.ts";
import { rolloutStartCommand } from "./start.ts";
import { rolloutStatusCommand } from "./status.ts";

export const ROLLOUT_COMMANDS: readonly Command[] = [
  rolloutPlanCommand,
  rolloutStartCommand,
  rolloutStatusCommand,
  ...DECISION_COMMANDS,
  rolloutKeysCommand,
  rolloutRearmCommand,
];
