import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** What a writer asks of a disk. Nothing is durable before its sync: a file by its own, a name by its folder's. */
export interface Disk {
  read(path: string): Uint8Array | null;
  list(path: string): readonly string[];
  makeFolder(path: string): void;
  /** a new file: one that has the name already is removed first, so that its permissions do not stay */
  write(path: string, content: string | Uint8Array, mode?: number): void;
  syncFile(path: string): void;
  rename(from: string, to: string): void;
  syncFolder(path: string): void;
  remove(path: string): void;
}

const sync = (path: string, flags: string): void => {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};
export const syncFile = (path: string): void => sync(path, "r+");
/** Makes the names inside a folder durable; without it a power cut may lose a renamed file. */
export const syncFolder = (path: string): void => sync(path, "r");

/** Makes a folder, those above it and their names durable. */
export function makeFolder(path: string, mode = 0o755): void {
  // one by one: Node's own recursive mkdir does not return on some file systems that refuse new folders
  if (existsSync(path)) return;
  const parent = dirname(path);
  makeFolder(parent);
  mkdirSync(path, mode);
  syncFolder(path);
  syncFolder(parent);
}

export const realDisk: Disk = {
  read: (path) => (existsSync(path) ? readFileSync(path) : null),
  list: (path) => (existsSync(path) ? readdirSync(path).sort() : []),
  makeFolder: (path) => makeFolder(path),
  write(path, content, mode = 0o644) {
    rmSync(path, { force: true });
    writeFileSync(path, content, { mode, flag: "wx" });
  },
  syncFile,
  rename: renameSync,
  syncFolder,
  remove: (path) => rmSync(path, { force: true }),
};
