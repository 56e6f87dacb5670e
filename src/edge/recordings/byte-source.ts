import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { err, ok, type Result } from "../../core/base/result.ts";

/** Random access to the bytes of a file that nobody else changes meanwhile. */
export interface ByteSource {
  readonly size: number;
  /** Fills `into` from `at`; gives the bytes that were there. */
  read(at: number, into: Uint8Array): number;
  close(): void;
}

export function openFileSource(path: string): Result<ByteSource, string> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    return err(`${path} cannot be opened: ${(cause as Error).message}`);
  }
  const size = fstatSync(file).size;
  let open = true;
  return ok({
    size,
    read(at, into) {
      let got = 0;
      while (got < into.length) {
        const n = readSync(file, into, got, into.length - got, at + got);
        if (n === 0) break;
        got += n;
      }
      return got;
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  });
}

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(at, into) {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      return part.length;
    },
    close: () => {},
  };
}

/** Bytes read ahead of a walk. */
const WINDOW_BYTES = 65_536;

/** A window that moves over a source, for walking from record to record. */
export class SourceWindow {
  readonly size: number;
  view: DataView;
  bytes: Uint8Array;
  /** place in the file of the window's first byte */
  start = 0;
  length = 0;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
    this.size = source.size;
    this.bytes = new Uint8Array(Math.min(WINDOW_BYTES, source.size));
    this.view = new DataView(this.bytes.buffer);
  }
  /** Makes `count` bytes from `at` readable; gives their place in the view, −1 when the file ends before. */
  need(at: number, count: number): number {
    if (at >= this.start && at + count <= this.start + this.length) return at - this.start;
    if (at + count > this.size) return -1;
    if (count > this.bytes.length) {
      this.bytes = new Uint8Array(count);
      this.view = new DataView(this.bytes.buffer);
    }
    this.start = at;
    this.length = this.#source.read(at, this.bytes);
    return this.length >= count ? 0 : -1;
  }
  /** Reads `into.length` bytes from `at`; false when the file ends before. */
  copy(at: number, into: Uint8Array): boolean {
    return at + into.length <= this.size && this.#source.read(at, into) === into.length;
  }
}
