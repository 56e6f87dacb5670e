import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";

/** What the store asks of a disk. Nothing is durable before its sync: a file by its own, a name by its folder's. */
export interface Disk {
  read(path: string): Uint8Array | null;
  list(path: string): readonly string[];
  makeFolder(path: string): void;
  write(path: string, bytes: Uint8Array): void;
  syncFile(path: string): void;
  rename(from: string, to: string): void;
  syncFolder(path: string): void;
}

const sync = (path: string, flags: string): void => {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

export const realDisk: Disk = {
  read: (path) => (existsSync(path) ? readFileSync(path) : null),
  list: (path) => (existsSync(path) ? readdirSync(path).sort() : []),
  makeFolder: (path) => void mkdirSync(path, { recursive: true, mode: 0o755 }),
  write: (path, bytes) => writeFileSync(path, bytes, { mode: 0o644 }),
  syncFile: (path) => sync(path, "r+"),
  rename: renameSync,
  syncFolder: (path) => sync(path, "r"),
};

/** The old content or the new one after a power cut, never a mixture or nothing. */
export function replaceWhole(disk: Disk, folder: string, name: string, bytes: Uint8Array): void {
  const temporary = `${folder}/${name}.tmp`;
  disk.write(temporary, bytes);
  disk.syncFile(temporary);
  disk.rename(temporary, `${folder}/${name}`);
  disk.syncFolder(folder);
}
