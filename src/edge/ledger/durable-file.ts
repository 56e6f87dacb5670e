import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Makes the names inside a folder durable; without it a power cut may lose a renamed file. */
export function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function syncFile(path: string): void {
  const fd = openSync(path, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Replaces a file so that after a power cut it is the old or the new one, never a mixture or nothing. */
export function replaceDurably(path: string, content: string | Uint8Array, mode = 0o644): void {
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, "w", mode);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

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
