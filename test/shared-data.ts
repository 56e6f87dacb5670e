import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Recordings that are not part of the repository; tests that need them are skipped without them. */
export const SHARED = join(dirname(fileURLToPath(import.meta.url)), "../../shared/data");
export const hasShared = (folder: string): boolean => existsSync(join(SHARED, folder));

/** For the title of a test that needs a folder of it: nothing, or why the test is skipped. */
export const unlessShared = (folder: string): string =>
  hasShared(folder) ? "" : ` (skipped: ${folder} of the shared recordings is not beside this repository)`;

/** Every file below a folder with one of the endings, sorted. */
export function filesBelow(folder: string, ...endings: string[]): string[] {
  const root = join(SHARED, folder);
  if (!existsSync(root)) return [];
  const found = readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name));
  return found.filter((path) => endings.some((e) => path.endsWith(e)) && statSync(path).isFile()).sort();
}
