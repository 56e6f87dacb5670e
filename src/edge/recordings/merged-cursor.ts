import type { BagCursor } from "./mcap-cursor.ts";

/** One file of a recording, opened when its time comes. */
export interface Part {
  readonly startMicros: number;
  readonly bytes: number;
  /** topic of the recording for each topic of the file */
  readonly topics: readonly number[];
  open(): BagCursor;
}
interface OpenPart {
  readonly part: Part;
  readonly cursor: BagCursor;
  readonly ordinal: number;
}
const START_TOLERANCE_US = 1;

/** Messages of several files as one stream in the order of time; equal times keep the order of the files. */
export class MergedCursor implements BagCursor {
  channel = 0;
  readonly #waiting: { readonly part: Part; readonly ordinal: number }[];
  readonly #open: OpenPart[] = [];
  #current: OpenPart | null = null;
  #doneBytes = 0;

  constructor(parts: readonly Part[], inTime: boolean) {
    this.#waiting = parts.map((part, ordinal) => ({ part, ordinal }));
    if (inTime)
      this.#waiting.sort((a, b) => a.part.startMicros - b.part.startMicros || a.ordinal - b.ordinal);
    this.#inTime = inTime;
  }
  readonly #inTime: boolean;

  next(): boolean {
    const current = this.#current;
    if (current !== null && !current.cursor.next()) this.#drop(current);
    else if (current !== null && !this.#inTime) return this.#show(current);
    for (;;) {
      const best = this.#earliest();
      const first = this.#waiting[0];
      const opens =
        first !== undefined &&
        (best === null ||
          (this.#inTime && first.part.startMicros <= best.cursor.micros + START_TOLERANCE_US));
      if (!opens) return best !== null && this.#show(best);
      this.#waiting.shift();
      const cursor = first.part.open();
      if (cursor.next()) this.#open.push({ part: first.part, cursor, ordinal: first.ordinal });
      else this.#doneBytes += first.part.bytes;
    }
  }
  #drop(part: OpenPart): void {
    this.#open.splice(this.#open.indexOf(part), 1);
    this.#doneBytes += part.part.bytes;
    part.cursor.close();
    this.#current = null;
  }
  #earliest(): OpenPart | null {
    let best: OpenPart | null = null;
    for (const part of this.#open) {
      if (best === null || part.cursor.nanos < best.cursor.nanos) best = part;
      else if (part.cursor.nanos === best.cursor.nanos && part.ordinal < best.ordinal) best = part;
    }
    return best;
  }
  #show(part: OpenPart): true {
    this.#current = part;
    this.channel = part.part.topics[part.cursor.channel] ?? -1;
    return true;
  }
  get #at(): BagCursor {
    return this.#current!.cursor;
  }
  get sequence(): number {
    return this.#at.sequence;
  }
  get micros(): number {
    return this.#at.micros;
  }
  get nanos(): number {
    return this.#at.nanos;
  }
  get logHigh(): number {
    return this.#at.logHigh;
  }
  get logLow(): number {
    return this.#at.logLow;
  }
  get publishHigh(): number {
    return this.#at.publishHigh;
  }
  get publishLow(): number {
    return this.#at.publishLow;
  }
  get view(): DataView {
    return this.#at.view;
  }
  get bytes(): Uint8Array {
    return this.#at.bytes;
  }
  get offset(): number {
    return this.#at.offset;
  }
  get length(): number {
    return this.#at.length;
  }
  get bytesDone(): number {
    return this.#open.reduce((sum, part) => sum + part.cursor.bytesDone, this.#doneBytes);
  }
  close(): void {
    for (const part of this.#open) part.cursor.close();
    this.#open.length = 0;
    this.#waiting.length = 0;
    this.#current = null;
  }
}
