import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A reader sees the old or the new one, never half of it. */
export function writeJson(file: string, value: unknown, indent = 0): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, `${JSON.stringify(value, null, indent)}\n`);
  renameSync(`${file}.tmp`, file);
}
export const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
