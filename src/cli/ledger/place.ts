import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { hasLedger } from "../../edge/ledger/index.ts";
import { type Io, UserError } from "../command.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";
import { flag, kinds, withDefault, type Values } from "../options/index.ts";

export const dataOption = {
  data: withDefault(kinds.nodeFolder, "data", "data folder of the node"),
} as const;
export const jsonOption = { json: flag("JSON instead of words") } as const;

/** Input of a command that works on a node's folder. */
export interface NodeInput {
  readonly values: Values<typeof dataOption>;
}

/** The data folder that a command works on; it must hold a ledger. */
export function ledgerPlace({ values: { data: dir } }: NodeInput): string {
  if (hasLedger(dir)) return dir;
  throw new UserError(`no ledger in ${dir}`, "start a node there first, or name its data folder with --data");
}

/** Content of a file, or the text itself when no such file exists: keys may be given either way. */
export function fileOrText(value: string, io: Io): string {
  const path = resolve(io.cwd, value);
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8").trim() : value;
}

export function readInput(path: string, io: Io): string {
  try {
    return readFileSync(resolve(io.cwd, path), "utf8");
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${troubleWith(error)}`, "check the path");
  }
}

/** Wall time of a receipt for people. */
export const timeText = (micros: number): string => new Date(Math.round(micros / 1_000)).toISOString();
