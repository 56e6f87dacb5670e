import { closeSync, copyFileSync, fstatSync, openSync, readSync, truncateSync } from "node:fs";
import { basename, join } from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

const HEAD_BYTES = 100;
const PAGE_SIZE_AT = 16;
const PAGE_COUNT_AT = 28;
const CHANGED_AT = 24;
const COUNTED_AT = 92;
/** A head may claim so many times the pages that are there; what it claims beyond that is not believed. */
const CLAIM_MAX = 64;

export interface Truncated {
  readonly pages: number;
  readonly whole: number;
  readonly pageBytes: number;
}
/** A database whose file ends before the pages that its head counts; null: it does not, or is none. */
export function truncatedDb3(path: string): Truncated | null {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    if (readSync(file, head, 0, HEAD_BYTES, 0) < HEAD_BYTES) return null;
    if (!head.toString("latin1", 0, 15).startsWith("SQLite format 3")) return null;
    // older writers leave the count as it was
    if (head.readUInt32BE(CHANGED_AT) !== head.readUInt32BE(COUNTED_AT)) return null;
    const stated = head.readUInt16BE(PAGE_SIZE_AT);
    const pageBytes = stated === 1 ? 65_536 : stated;
    if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0) return null;
    const whole = head.readUInt32BE(PAGE_COUNT_AT);
    const pages = Math.floor(fstatSync(file).size / pageBytes);
    return pages > 0 && pages < whole && whole <= CLAIM_MAX * pages ? { pages, whole, pageBytes } : null;
  } finally {
    closeSync(file);
  }
}

/**
 * The same file with nothing in place of the pages that are missing: the database opens, and a row on such a page is
 * one that cannot be read. The added length takes no room on the disk. Whoever asks drops the folder.
 */
export function paddedCopy(
  path: string,
  { pages, whole, pageBytes }: Truncated,
): { file: string; folder: string } {
  const folder = temporaryFolder();
  const file = join(folder, basename(path));
  copyFileSync(path, file);
  // half a page is none: what stands in it would pass for a whole one
  truncateSync(file, pages * pageBytes);
  truncateSync(file, whole * pageBytes);
  return { file, folder };
}
