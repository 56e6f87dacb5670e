import { closeSync, fdatasync, fsyncSync, openSync, write, writeSync } from "node:fs";

/** Takes the bytes of a file in order. `done` is called when the bytes may be reused. */
export interface ByteSink {
  write(bytes: Uint8Array, done?: () => void): void;
  /** first error, null while all is well; nothing is written after an error */
  readonly error: string | null;
  /** true while earlier bytes still wait for the disk */
  readonly busy: boolean;
  close(): Promise<void>;
}

/** Writes before it returns: for simulated time and conversions, where the maker has to wait for the disk. */
export function openSyncSink(path: string): ByteSink {
  const file = openSync(path, "w", 0o640);
  let error: string | null = null;
  return {
    write(bytes, done) {
      try {
        for (let at = 0; at < bytes.length && error === null; )
          at += writeSync(file, bytes, at, bytes.length - at);
      } catch (cause) {
        error = (cause as Error).message;
      }
      done?.();
    },
    get error() {
      return error;
    },
    busy: false,
    async close() {
      if (error === null) fsyncSync(file);
      closeSync(file);
    },
  };
}

interface Queued {
  readonly bytes: Uint8Array;
  readonly done: (() => void) | undefined;
}

/** A long queue is synced in steps of this size. */
const SYNC_EVERY_BYTES = 4 * 1_048_576;

/** Writes on the system's threads and syncs when nothing waits: the caller never waits for the disk. */
export class AsyncSink implements ByteSink {
  error: string | null = null;
  readonly #file: number;
  readonly #queue: Queued[] = [];
  #unsynced = 0;
  busy = false;
  #idle: (() => void) | null = null;

  constructor(path: string) {
    this.#file = openSync(path, "w", 0o640);
  }
  write(bytes: Uint8Array, done?: () => void): void {
    this.#queue.push({ bytes, done });
    if (!this.busy) this.#next();
  }
  async close(): Promise<void> {
    if (this.busy) await new Promise<void>((resolve) => (this.#idle = resolve));
    closeSync(this.#file);
  }
  #next(): void {
    const piece = this.#queue.shift();
    this.busy = piece !== undefined;
    if (piece === undefined) {
      this.#idle?.();
      return;
    }
    this.#part(piece, 0);
  }
  #part(piece: Queued, from: number): void {
    if (this.error !== null || from === piece.bytes.length) return this.#sync(piece);
    write(this.#file, piece.bytes, from, piece.bytes.length - from, null, (cause, written) => {
      if (cause !== null) this.error ??= cause.message;
      this.#part(piece, from + (cause === null ? written : 0));
    });
  }
  #sync(piece: Queued): void {
    piece.done?.();
    this.#unsynced += piece.bytes.length;
    const later = this.#queue.length > 0 && this.#unsynced < SYNC_EVERY_BYTES;
    if (this.error !== null || later) return this.#next();
    this.#unsynced = 0;
    fdatasync(this.#file, (cause) => {
      if (cause !== null) this.error ??= cause.message;
      this.#next();
    });
  }
}
