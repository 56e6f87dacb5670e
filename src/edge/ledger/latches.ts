import type { LatchedCause } from "../../core/domain/index.ts";
import { StateWriter } from "../files/index.ts";
import { type LatchedFile, openLatchedFile } from "./latched-file.ts";
import { latchedFile } from "./layout.ts";
import type { LedgerOptions } from "./ledger.ts";
import { stateKey } from "./state-key.ts";

const LANE = "latched";

/** The latched stops of an open ledger: handed over at once, and kept when the thread of small files has them on the disk. */
export class Latches {
  readonly #options: LedgerOptions;
  readonly #boot: number;
  #own: StateWriter | null = null;
  #open: { readonly writer: StateWriter; readonly file: LatchedFile } | null = null;

  constructor(options: LedgerOptions, boot: number) {
    this.#options = options;
    this.#boot = boot;
    // the node's writer is there already: what a first stop costs was spent at the start
    if (options.stateWriter !== undefined) this.#opened();
  }

  write(latched: readonly LatchedCause[]): boolean {
    return this.#opened().file.write(latched);
  }
  whenKept(): Promise<boolean> {
    return this.#open === null ? Promise.resolve(true) : this.#open.writer.whenKept(LANE);
  }
  async close(): Promise<void> {
    await this.#own?.close();
  }

  #opened(): { readonly writer: StateWriter; readonly file: LatchedFile } {
    if (this.#open !== null) return this.#open;
    const { dir, stateWriter, onHealth } = this.#options;
    const writer = stateWriter ?? (this.#own ??= new StateWriter());
    writer.lane(LANE, (detail) =>
      onHealth(
        "LEDGER_STATE_WRITE_FAILED",
        detail !== null,
        detail === null ? "" : `the file of latched stops: ${detail}`,
      ),
    );
    const by = { key: stateKey(dir), boot: this.#boot };
    this.#open = { writer, file: openLatchedFile(latchedFile(dir), by, writer, LANE) };
    return this.#open;
  }
}
