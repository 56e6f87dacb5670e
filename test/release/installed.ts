import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** What a user gets with the package: everything in the lock file that is not for development, as it lies on the disk. */
export const root = resolve(import.meta.dirname, "../..");

export interface Installed {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly optional: boolean;
}
interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
}

export function installedPackages(): Installed[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockEntry>;
  };
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    const folder = join(root, path);
    if (!path.includes("node_modules/") || entry.dev || entry.link || !existsSync(folder)) return [];
    const name = path.split("node_modules/").at(-1)!;
    return [{ name, version: entry.version ?? "", folder, optional: entry.optional === true }];
  });
}

/** Files of a folder with their sizes, without packages inside it: those are counted by themselves. */
export function filesIn(folder: string): { path: string; bytes: number }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesIn(path);
    return lstatSync(path).isSymbolicLink() ? [] : [{ path, bytes: statSync(path).size }];
  });
}
export const sizeOf = (folder: string): number => filesIn(folder).reduce((sum, file) => sum + file.bytes, 0);
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
