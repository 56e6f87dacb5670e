import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Measurement, RunMark } from "../../core/promotion/index.ts";

/** a power cut costs at most so much of the measuring */
const MARK_EVERY_MS = 5_000;

export interface PartialSetting {
  readonly file: string;
  /** what a receipt vouches for; null: nothing, and nothing of the file is believed */
  readonly mark: RunMark | null;
  /** so much is on the disk now */
  onMark(mark: RunMark): void;
}
/** Results so far, one line each. Who resumes believes only lines that a receipt vouches for, all of them or none. */
export interface PartialRun {
  readonly found: ReadonlyMap<string, Measurement>;
  /** the file does not hold what the receipt says */
  readonly forged: boolean;
  add(measurement: Measurement): void;
  close(): void;
}

export function openPartial({ file, mark, onMark }: PartialSetting): PartialRun {
  mkdirSync(dirname(file), { recursive: true });
  const kept = vouchedFor(file, mark);
  const forged = kept === null;
  const text = kept ?? "";
  if (existsSync(file)) truncateSync(file, Buffer.byteLength(text));
  else writeFileSync(file, "");
  const fd = openSync(file, "a");
  const hash = createHash("sha256").update(text);
  const lines = text === "" ? [] : text.trimEnd().split("\n");
  const found = new Map(
    lines
      .map((line) => JSON.parse(line) as Measurement)
      // what is no number cannot be written down as one: it is measured again
      .filter((m) => typeof m.candidate.energy === "number" && typeof m.baseline.energy === "number")
      .map((m) => [m.scenario, m] as const),
  );
  let count = lines.length;
  let marked = mark?.lines ?? 0;
  let markedAt = performance.now();
  const say = (): void => {
    markedAt = performance.now();
    if (count === marked) return;
    fsyncSync(fd);
    marked = count;
    onMark({ lines: count, sha256: hash.copy().digest("hex") });
  };
  // what the receipt vouched for is gone: a later start must not look for it
  say();
  return {
    found,
    forged,
    add(measurement) {
      const line = `${JSON.stringify(measurement)}\n`;
      writeSync(fd, line);
      hash.update(line);
      count++;
      if (performance.now() - markedAt > MARK_EVERY_MS) say();
    },
    close() {
      say();
      closeSync(fd);
    },
  };
}

/** The beginning of the file that has the receipt's hash; "" without file or receipt; null: it was altered. */
function vouchedFor(file: string, mark: RunMark | null): string | null {
  if (mark === null || !existsSync(file)) return "";
  const text = readFileSync(file, "utf8");
  let end = 0;
  for (let i = 0; i < mark.lines; i++) {
    end = text.indexOf("\n", end) + 1;
    if (end === 0) return null;
  }
  const kept = text.slice(0, end);
  return createHash("sha256").update(kept).digest("hex") === mark.sha256 ? kept : null;
}
