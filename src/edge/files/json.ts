import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./disk.ts";
import { replaceFile } from "./replace.ts";

const JSON_BYTES_MAX = 64 * 1_048_576;

/** Throws when the file is missing, larger than it may be, or no JSON. What stands in it is for the caller to check. */
export function readJson(path: string, bytesMax = JSON_BYTES_MAX): unknown {
  const { size } = statSync(path);
  if (size > bytesMax) throw new Error(`${path} has ${size} bytes; at most ${bytesMax} are read`);
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Replaces the file as `replaceFile` does, and makes its folder. */
export function writeJson(path: string, value: unknown, indent = 0, mode = 0o644): void {
  makeFolder(dirname(path));
  replaceFile(path, `${JSON.stringify(value, null, indent)}\n`, mode);
}
