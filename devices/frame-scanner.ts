import { assert } from "../src/core/base/assert.ts";

/** How the frames of a device are found in a stream of bytes. */
export interface FrameShape {
  readonly maxFrameBytes: number;
  /** fewest bytes that `measure` needs to see */
  readonly headBytes: number;
  /** whole length of the frame that begins at `at`, or 0 when no frame can begin there */
  measure(bytes: Uint8Array, at: number): number;
  /** takes a whole frame; false: damaged, the search goes on one byte further */
  take(bytes: Uint8Array, at: number, length: number): boolean;
  /** bytes were thrown away that neither a damaged frame nor the torn one at the very start explains */
  skipped(count: number): void;
}

/** junk is reported in portions of this size while it lasts */
const JUNK_PORTION_BYTES = 512;

/**
 * Finds frames in bytes that come in any portions. A damaged frame costs one byte, not its claimed length,
 * so that a frame which begins inside a damaged one is not lost. Holds one unfinished frame, never more.
 */
export class FrameScanner {
  readonly #shape: FrameShape;
  readonly #buffer: Uint8Array;
  #size = 0;
  #junk = 0;
  #damaged = false;
  #synced = false;

  constructor(shape: FrameShape) {
    assert(
      shape.headBytes >= 1 && shape.headBytes <= shape.maxFrameBytes,
      "a frame is at least as long as its head",
    );
    this.#shape = shape;
    this.#buffer = new Uint8Array(2 * shape.maxFrameBytes);
  }

  reset(): void {
    this.#size = 0;
    this.#junk = 0;
    this.#damaged = false;
    this.#synced = false;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const portion = Math.min(bytes.length - at, this.#buffer.length - this.#size);
      this.#buffer.set(bytes.subarray(at, at + portion), this.#size);
      this.#size += portion;
      at += portion;
      this.#drain();
    }
  }

  #drain(): void {
    let at = 0;
    while (this.#size - at >= this.#shape.headBytes) {
      const length = this.#shape.measure(this.#buffer, at);
      assert(
        length <= this.#shape.maxFrameBytes,
        `frame of ${length} bytes exceeds the declared ${this.#shape.maxFrameBytes}`,
      );
      if (length > this.#size - at) break;
      if (length > 0 && this.#takeFrame(at, length)) at += length;
      else {
        at++;
        this.#noteJunk();
      }
    }
    this.#buffer.copyWithin(0, at, this.#size);
    this.#size -= at;
  }
  #takeFrame(at: number, length: number): boolean {
    if (!this.#shape.take(this.#buffer, at, length)) {
      this.#damaged = true;
      return false;
    }
    const explained = this.#damaged || !this.#synced ? this.#shape.maxFrameBytes : 0;
    if (this.#junk > explained) this.#shape.skipped(this.#junk);
    this.#junk = 0;
    this.#damaged = false;
    this.#synced = true;
    return true;
  }
  #noteJunk(): void {
    this.#junk++;
    if (this.#junk < JUNK_PORTION_BYTES + this.#shape.maxFrameBytes) return;
    this.#shape.skipped(this.#junk);
    this.#junk = 0;
  }
}
