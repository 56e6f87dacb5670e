import type { Command } from "../command.ts";
import { simBatteryCommand } from "./battery.ts";
import { simGenerateCommand } from "./generate.ts";
import { simListCommand } from "./list.ts";
import { simObtainCommand } from "./obtain.ts";
import { simRunCommand } from "./run.ts";
import { simServeCommand } from "./serve.ts";
import { simVerifyCommand } from "./verify.ts";
import { simWorldCommand } from "./world.ts";

export const SIM_COMMANDS: readonly Command[] = [
  simListCommand,
  simRunCommand,
  simGenerateCommand,
  simVerifyCommand,
  simServeCommand,
  simBatteryCommand,
  simWorldCommand,
  simObtainCommand,
];
