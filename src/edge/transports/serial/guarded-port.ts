import { writeSync } from "node:fs";
import { SerialPort } from "serialport";
import type { SerialLine } from "../../ports/index.ts";

export interface PortEvents {
  opened(): void;
  bytes(chunk: Uint8Array): void;
  /** the port is gone or never opened; called once per port */
  gone(reason: string): void;
}

/**
 * One opening of one port. A port object that has closed is never used again: the library keeps what was
 * written to a closed port and sends it after the next opening, and a stop of yesterday must not move today.
 * Bytes go to the system before `writeNow` returns, so there is no queue that could hold anything back.
 */
export class GuardedPort {
  readonly #port: SerialPort;
  readonly #events: PortEvents;
  #done = false;

  constructor(path: string, line: SerialLine, events: PortEvents) {
    this.#events = events;
    this.#port = new SerialPort({ path, ...line, autoOpen: false });
    this.#port.on("data", (chunk: Buffer) => {
      if (!this.#done) events.bytes(chunk);
    });
    this.#port.on("close", (error: Error | null) => this.#finish(error?.message ?? "closed"));
    this.#port.on("error", (error) => this.#finish(error.message));
  }

  open(): void {
    this.#port.open((error) => {
      if (error !== null && error !== undefined) this.#finish(error.message);
      else if (this.#done) this.#port.close(() => undefined);
      else this.#events.opened();
    });
  }

  get isOpen(): boolean {
    return !this.#done && this.#port.isOpen;
  }

  /** true: the system has all of the bytes. false: nothing is kept. */
  writeNow(bytes: Uint8Array): boolean {
    if (!this.isOpen) return false;
    const fd = this.#descriptor();
    if (fd === null) return this.#port.write(Buffer.from(bytes));
    try {
      return writeSync(fd, bytes) === bytes.length;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN") this.#finish(message);
      return false;
    }
  }

  /** Ends this opening; the port object is thrown away with all it may hold. */
  async discard(): Promise<void> {
    this.#done = true;
    if (!this.#port.isOpen) return;
    await new Promise<void>((resolve) => this.#port.close(() => resolve()));
  }

  #finish(reason: string): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#port.isOpen) this.#port.close(() => undefined);
    this.#events.gone(reason);
  }
  /** number of the open file where the system has one (Linux, macOS) */
  #descriptor(): number | null {
    const binding: unknown = this.#port.port;
    const fd = (binding as { fd?: unknown } | undefined)?.fd;
    return typeof fd === "number" && fd >= 0 ? fd : null;
  }
}
