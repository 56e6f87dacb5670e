import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { canonicalText } from "../../core/base/canonical.ts";
import { cut, wellFormed } from "../../core/base/text.ts";
import type { Code, LatchedCause } from "../../core/domain/index.ts";
import { replaceFile, type StateWriter } from "../files/index.ts";
import { sealed, unsealed } from "./state-key.ts";

/**
 * Latched causes survive a kill: each change is one write into a file of fixed size, so that it needs
 * neither a new block of the disk nor a new name, and works on a full disk. The slots are written in turn, carry a
 * number and the number of the start, and are sealed with the key of the kept state. A slot that is damaged, sealed
 * without the key or older than the last start is told, and what can be read of all that is latched all the same.
 */
export interface LatchedFile {
  /** hands the causes to the thread that writes; false: nobody takes them */
  write(latched: readonly LatchedCause[]): boolean;
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
const record = z.strictObject({
  n: z.number().int().nonnegative(),
  boot: z.number().int().nonnegative().optional(),
  latched: z.array(cause),
});
type Slot = z.infer<typeof record>;

export interface LatchedRead {
  /** words on what is wrong with the file; null: it is whole */
  readonly wrong: string | null;
  readonly isAbsent: boolean;
  readonly n: number;
  /** the start that wrote it; -1: none */
  readonly boot: number;
  readonly latched: readonly LatchedCause[];
}

export function readLatchedFile(path: string, key: Uint8Array): LatchedRead {
  const nothing = { isAbsent: false, n: 0, boot: -1, latched: [] };
  let bytes: Buffer;
  try {
    if (!existsSync(path)) return { ...nothing, wrong: "the file is missing", isAbsent: true };
    bytes = readFileSync(path);
  } catch (error) {
    return { ...nothing, wrong: String(error) };
  }
  const slots = Array.from({ length: SLOTS }, (_, i) =>
    readSlot(bytes.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES), key),
  );
  const wrong = slots.map((slot) => slot.wrong).find((words) => words !== null) ?? null;
  // what was sealed without the key may add a stop and never takes one away
  const [own, foreign] = [newestOf(slots, true), newestOf(slots, false)];
  if (own === null && foreign === null) return { ...nothing, wrong: wrong ?? "no readable slot" };
  return {
    wrong,
    isAbsent: false,
    n: Math.max(own?.n ?? 0, foreign?.n ?? 0),
    boot: own?.boot ?? -1,
    latched: [...(own?.latched ?? []), ...(foreign?.latched ?? [])],
  };
}

interface ReadSlot {
  readonly wrong: string | null;
  readonly keyed: boolean;
  readonly slot: Slot | null;
}
const newestOf = (slots: readonly ReadSlot[], keyed: boolean): Slot | null =>
  slots.reduce<Slot | null>(
    (newest, { slot, keyed: own }) =>
      slot === null || own !== keyed || (newest !== null && newest.n >= slot.n) ? newest : slot,
    null,
  );

function readSlot(bytes: Buffer, key: Uint8Array): ReadSlot {
  const nothing = { wrong: null, keyed: false, slot: null };
  if (bytes.length === 0 || bytes[0] === 0) return nothing;
  const end = bytes.indexOf(0x0a);
  const line = unsealed(key, bytes.toString("utf8", 0, Math.max(0, end)));
  if (line === null) return { ...nothing, wrong: "a slot is damaged" };
  try {
    const slot = record.parse(JSON.parse(line.text)) as Slot;
    return {
      slot,
      keyed: line.keyed,
      wrong: line.keyed ? null : "a slot is not sealed with this node's key",
    };
  } catch {
    return { ...nothing, wrong: "a slot is of another version" };
  }
}

export interface Sealing {
  readonly key: Uint8Array;
  readonly boot: number;
}

function slotText({ key, boot }: Sealing, n: number, latched: readonly LatchedCause[]): string {
  const text = canonicalText({
    n,
    boot,
    // each for itself: what one of them says may be anything, and must not lose the others
    latched: latched.map(({ code, source, detail }) => ({
      code: wellFormed(code) as Code,
      source: cut(source, SOURCE_CHARS),
      detail: cut(detail, DETAIL_CHARS),
    })),
  });
  return sealed(key, text);
}

/**
 * Fits the causes into a slot: details are shortened first. When even then not all of them fit, one that says
 * so is kept in their place: the next start comes up stopped, whatever the others were.
 */
function fittingText(by: Sealing, n: number, latched: readonly LatchedCause[]): Buffer {
  const full = Buffer.from(slotText(by, n, latched));
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
    const bytes = Buffer.from(slotText(by, n, [...short.slice(0, keep), ...more]));
    if (bytes.length <= SLOT_BYTES) return bytes;
  }
  throw new Error("one latched cause does not fit a slot");
}

/** Makes the file anew, whole and synced, at a start. Waits for the disk. */
export function makeLatchedFile(path: string, latched: readonly LatchedCause[], by: Sealing): void {
  const n = readLatchedFile(path, by.key).n + 1;
  const whole = Buffer.alloc(SLOTS * SLOT_BYTES);
  fittingText(by, n, latched).copy(whole, (n % SLOTS) * SLOT_BYTES);
  replaceFile(path, whole, 0o600);
}

/** Goes on writing the file that the start made; `name` is its lane. */
export function openLatchedFile(path: string, by: Sealing, writer: StateWriter, name: string): LatchedFile {
  let { n } = readLatchedFile(path, by.key);
  return {
    write(causes) {
      n++;
      const content = fittingText(by, n, causes);
      return writer.put(name, { how: "at", path, offset: (n % SLOTS) * SLOT_BYTES, content });
    },
  };
}
