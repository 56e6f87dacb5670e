import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { hasLedger } from "../../edge/ledger/index.ts";
import { type CommandInput, type Io, UserError } from "../command.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";

export const dataOption = {
  data: { type: "string", help: "data folder of the node (default data/)" },
} as const;
export const jsonOption = { json: { type: "boolean", help: "JSON instead of words" } } as const;

export const text = (input: CommandInput, name: string): string | undefined => {
  const value = input.values[name];
  return typeof value === "string" ? value : undefined;
};
export const flag = (input: CommandInput, name: string): boolean => input.values[name] === true;

/** The data folder that a command works on; it must hold a ledger. */
export function ledgerPlace(input: CommandInput, io: Io): string {
  const dir = resolve(io.cwd, text(input, "data") ?? "data");
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

const AGO = /^(\d+(?:\.\d+)?)(s|min|h|d)$/;
const UNIT_S: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, d: 86_400 };

/** `2026-11-20T10:00:00Z` or `30min` (ago), as microseconds since 1970. */
export function parseTime(value: string, nowMs: number): number {
  const ago = AGO.exec(value);
  if (ago !== null) return Math.round((nowMs - Number(ago[1]) * UNIT_S[ago[2]!]! * 1_000) * 1_000);
  const at = Date.parse(value);
  if (Number.isNaN(at))
    throw new UserError(
      `"${value}" is no time`,
      "write 2026-11-20T10:00:00Z, or 30min for thirty minutes ago",
    );
  return at * 1_000;
}
