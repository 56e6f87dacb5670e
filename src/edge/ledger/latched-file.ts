import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { z } from "zod";
import { canonicalText } from "../../core/base/canonical.ts";
import { cut, wellFormed } from "../../core/base/text.ts";
import type { Code, LatchedCause } from "../../core/domain/index.ts";
import { replaceFile } from "../files/index.ts";

/**
 * Latched causes survive a kill: each change is one write into a file of fixed size, so that it needs
 * neither a new block of the disk nor a new name, and works on a full disk. The slots are written in turn
 * and carry a number and a hash: a torn slot is passed over and the one before it counts. The disk is
 * synced by the ledger thread a moment later.
 */
export interface LatchedFile {
  /** false: the system refused the write */
  write(latched: readonly LatchedCause[]): boolean;
  close(): void;
}

const SLOTS = 4;
const SLOT_BYTES = 65_536;
const SOURCE_CHARS = 256;
const DETAIL_CHARS = 1_024;
const DETAIL_CHARS_SHORT = 64;
const cause = z.strictObject({
  // a code that this version does not know is a latch all the same: the reflex names it
  code: z.string() as unknown as z.ZodType<Code>,
  source: z.string(),
  detail: z.string(),
});
const record = z.strictObject({ n: z.number().int().nonnegative(), latched: z.array(cause) });

export type LatchedRead =
  | { readonly kind: "read"; readonly n: number; readonly latched: readonly LatchedCause[] }
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly detail: string };

export function readLatchedFile(path: string): LatchedRead {
  if (!existsSync(path)) return { kind: "absent" };
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return { kind: "damaged", detail: String(error) };
  }
  let newest: z.infer<typeof record> | null = null;
  for (let slot = 0; slot < SLOTS; slot++) {
    const found = readSlot(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES));
    if (found !== null && (newest === null || found.n > newest.n)) newest = found;
  }
  return newest === null ? { kind: "damaged", detail: "no readable slot" } : { kind: "read", ...newest };
}

function readSlot(bytes: Buffer): z.infer<typeof record> | null {
  const end = bytes.indexOf(0x0a);
  if (end < 0) return null;
  const line = bytes.toString("utf8", 0, end);
  const text = line.slice(65);
  if (line.slice(0, 64) !== hashOf(text)) return null;
  try {
    return record.parse(JSON.parse(text)) as z.infer<typeof record>;
  } catch {
    return null;
  }
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

function slotText(n: number, latched: readonly LatchedCause[]): string {
  const text = canonicalText({
    n,
    // each for itself: what one of them says may be anything, and must not lose the others
    latched: latched.map(({ code, source, detail }) => ({
      code: wellFormed(code) as Code,
      source: cut(source, SOURCE_CHARS),
      detail: cut(detail, DETAIL_CHARS),
    })),
  });
  return `${hashOf(text)} ${text}\n`;
}

/**
 * Fits the causes into a slot: details are shortened first. When even then not all of them fit, one that says
 * so is kept in their place: the next start comes up stopped, whatever the others were.
 */
function fittingText(n: number, latched: readonly LatchedCause[]): Buffer {
  const full = Buffer.from(slotText(n, latched));
  if (full.length <= SLOT_BYTES) return full;
  const short = latched.map((c) => ({
    ...c,
    source: cut(c.source, DETAIL_CHARS_SHORT),
    detail: cut(c.detail, DETAIL_CHARS_SHORT),
  }));
  for (let keep = short.length; keep > 0; keep = Math.floor(keep / 2)) {
    const left = short.length - keep;
    const more: LatchedCause[] =
      left === 0 ? [] : [{ code: "CAUSES_OVERFLOW", source: "latched", detail: `${left} more did not fit` }];
    const bytes = Buffer.from(slotText(n, [...short.slice(0, keep), ...more]));
    if (bytes.length <= SLOT_BYTES) return bytes;
  }
  throw new Error("one latched cause does not fit a slot");
}

/** Opens the file for writing; makes it, whole and synced, when it is absent or damaged. */
export function openLatchedFile(path: string, latched: readonly LatchedCause[]): LatchedFile {
  const before = readLatchedFile(path);
  let n = before.kind === "read" ? before.n + 1 : 0;
  const whole = Buffer.alloc(SLOTS * SLOT_BYTES);
  fittingText(n, latched).copy(whole, (n % SLOTS) * SLOT_BYTES);
  replaceFile(path, whole, 0o600);
  const fd = openSync(path, "r+");
  let open = true;
  return {
    write(causes) {
      n++;
      try {
        const bytes = fittingText(n, causes);
        return writeSync(fd, bytes, 0, bytes.length, (n % SLOTS) * SLOT_BYTES) === bytes.length;
      } catch {
        return false;
      }
    },
    close() {
      if (!open) return;
      open = false;
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    },
  };
}
