const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineTaker {
  line(text: string): void;
  tooLong(count: number): void;
}

/** Cuts bytes into lines; a line that never ends is thrown away and the search begins after its end. */
export class LineReader {
  readonly #buffer: Uint8Array;
  #size = 0;
  #discarded = 0;
  /** what came before the first line end may be the tail of a torn line: never a reading */
  #synced = false;

  constructor(maxBytes: number) {
    this.#buffer = new Uint8Array(maxBytes);
  }
  reset(): void {
    this.#size = 0;
    this.#discarded = 0;
    this.#synced = false;
  }
  push(bytes: Uint8Array, taker: LineTaker): void {
    for (const byte of bytes) {
      if (byte === LINE_FEED) this.#end(taker);
      else if (this.#discarded > 0) this.#discarded++;
      else if (this.#size === this.#buffer.length) {
        this.#discarded = this.#size + 1;
        this.#size = 0;
      } else this.#buffer[this.#size++] = byte;
    }
  }
  #end(taker: LineTaker): void {
    if (this.#discarded > 0) taker.tooLong(this.#discarded);
    else if (this.#synced) taker.line(this.#text());
    this.#synced = true;
    this.#size = 0;
    this.#discarded = 0;
  }
  #text(): string {
    const size =
      this.#size > 0 && this.#buffer[this.#size - 1] === CARRIAGE_RETURN ? this.#size - 1 : this.#size;
    return String.fromCharCode(...this.#buffer.subarray(0, size));
  }
}
