import { ackCommand } from "./ack.ts";
import type { Command } from "./command.ts";
import { configCheckCommand, configSchemaCommand, configShowCommand } from "./config.ts";
import { DEVICES_COMMANDS } from "./devices.ts";
import { doctorCommand } from "./doctor.ts";
import { killCommand } from "./kill.ts";
import { limitsSignCommand, limitsVerifyCommand } from "./limits.ts";
import { resetCommand } from "./reset.ts";
import { resumeCommand } from "./resume.ts";
import { LEDGER_COMMANDS } from "./ledger/index.ts";
import { runCommand, startCommand } from "./run.ts";
import { statusCommand } from "./status.ts";

/** Every command, in the order of the overview. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  runCommand,
  statusCommand,
  resetCommand,
  resumeCommand,
  ackCommand,
  killCommand,
  configCheckCommand,
  configShowCommand,
  configSchemaCommand,
  limitsVerifyCommand,
  limitsSignCommand,
  ...LEDGER_COMMANDS,
  ...DEVICES_COMMANDS,
  doctorCommand,
];
