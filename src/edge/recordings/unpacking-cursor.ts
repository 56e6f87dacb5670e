import type { BagCursor } from "./mcap-cursor.ts";
import { mostOutOf, unzstd, workFor } from "./compression.ts";
import type { LossList } from "./losses.ts";

/** Unpacks every message: rosbag2 can compress each one on its own. */
export class UnpackingCursor implements BagCursor {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  readonly offset = 0;
  length = 0;
  readonly #packed: BagCursor;
  readonly #losses: LossList;
  #work: number;

  constructor(packed: BagCursor, losses: LossList, fileBytes: number) {
    this.#packed = packed;
    this.#losses = losses;
    this.#work = workFor(fileBytes);
  }
  next(): boolean {
    while (this.#packed.next()) {
      const { bytes, offset, length, micros } = this.#packed;
      const unpacked = unzstd(
        bytes.subarray(offset, offset + length),
        Math.min(this.#work, mostOutOf(length)),
      );
      if (!unpacked.ok) {
        this.#losses.add(
          "unpack",
          0,
          length,
          `a message does not unpack: ${unpacked.error}`,
          -1,
          micros,
          micros,
        );
        continue;
      }
      this.bytes = unpacked.value;
      this.#work -= this.bytes.length;
      if (this.#work <= 0) {
        this.#losses.add(
          "unpack",
          0,
          length,
          "the messages unpack to far more than the file; the rest is left out",
        );
        return false;
      }
      this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
      this.length = this.bytes.length;
      return true;
    }
    return false;
  }
  get channel(): number {
    return this.#packed.channel;
  }
  get sequence(): number {
    return this.#packed.sequence;
  }
  get micros(): number {
    return this.#packed.micros;
  }
  get nanos(): number {
    return this.#packed.nanos;
  }
  get logHigh(): number {
    return this.#packed.logHigh;
  }
  get logLow(): number {
    return this.#packed.logLow;
  }
  get publishHigh(): number {
    return this.#packed.publishHigh;
  }
  get publishLow(): number {
    return this.#packed.publishLow;
  }
  get bytesDone(): number {
    return this.#packed.bytesDone;
  }
  close(): void {
    this.#packed.close();
  }
}
