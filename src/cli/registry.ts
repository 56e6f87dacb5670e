import type { Command } from "./command.ts";
import { configCheckCommand, configSchemaCommand, configShowCommand } from "./config.ts";
import { doctorCommand } from "./doctor.ts";
import { runCommand, startCommand } from "./run.ts";

/** Every command, in the order of the overview. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  runCommand,
  configCheckCommand,
  configShowCommand,
  configSchemaCommand,
  doctorCommand,
];
