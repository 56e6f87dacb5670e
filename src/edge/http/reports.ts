import { closeSync, fstatSync, openSync, readdirSync, readFileSync, constants } from "node:fs";
import { join } from "node:path";
import { type Report, readReport } from "../report/index.ts";

/** Reports of promotions, as they lie in the data folder: named by the first digits of the candidate's hash. */
const FOLDER = ["promotion", "reports"] as const;
const NAME = /^([0-9a-f]{16})\.html$/;
const BYTES_MAX = 16 * 1024 * 1024;
const LISTED_MAX = 1_000;

export function reportNames(dataDir: string): string[] {
  try {
    const names = readdirSync(join(dataDir, ...FOLDER)).flatMap((name) => NAME.exec(name)?.[1] ?? []);
    return names.slice(0, LISTED_MAX);
  } catch {
    return [];
  }
}

/** Only a plain file of that folder, never what a link points at; nothing of its markup is handed on. */
export function storedReport(dataDir: string, file: string): Report | null {
  if (!NAME.test(file)) return null;
  let handle: number;
  try {
    handle = openSync(join(dataDir, ...FOLDER, file), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
  try {
    const { size } = fstatSync(handle);
    return size > BYTES_MAX ? null : readReport(readFileSync(handle, "utf8"));
  } catch {
    return null;
  } finally {
    closeSync(handle);
  }
}
