import type { Command } from "../command.ts";
import { ledgerAnchorListCommand, ledgerAnchorNowCommand } from "./anchor.ts";
import { ledgerExportCommand } from "./export.ts";
import { ledgerCheckProofCommand, ledgerProveCommand } from "./prove.ts";
import { ledgerShowCommand } from "./show.ts";
import { ledgerSpawnCommand } from "./spawn.ts";
import {
  ledgerKeyCommand,
  ledgerRotateKeyCommand,
  ledgerSchemaCommand,
  ledgerStatsCommand,
} from "./stats.ts";
import { ledgerVerifyCommand } from "./verify.ts";

/** Everything that a person can ask of the ledger. */
export const LEDGER_COMMANDS: readonly Command[] = [
  ledgerShowCommand,
  ledgerVerifyCommand,
  ledgerProveCommand,
  ledgerCheckProofCommand,
  ledgerAnchorNowCommand,
  ledgerAnchorListCommand,
  ledgerExportCommand,
  ledgerSpawnCommand,
  ledgerStatsCommand,
  ledgerSchemaCommand,
  ledgerKeyCommand,
  ledgerRotateKeyCommand,
];
