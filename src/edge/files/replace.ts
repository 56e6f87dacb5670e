import { dirname } from "node:path";
import { type Disk, realDisk } from "./disk.ts";

/**
 * The one way a file is replaced: after a power cut it holds the old content or the new one, never a mixture or
 * nothing, and a reader never sees half of it. When this returns, the new content is on the disk. It waits for the
 * disk: never call it on the thread that decides while a cell runs.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
  disk: Disk = realDisk,
): void {
  const temporary = `${path}.tmp`;
  try {
    disk.write(temporary, content, mode);
    putInPlace(temporary, path, disk);
  } catch (cause) {
    disk.remove(temporary);
    throw cause;
  }
}

/** The second half of the same, for a file that was written piece by piece under another name in the same folder. */
export function putInPlace(temporary: string, path: string, disk: Disk = realDisk): void {
  disk.syncFile(temporary);
  disk.rename(temporary, path);
  disk.syncFolder(dirname(path));
}
