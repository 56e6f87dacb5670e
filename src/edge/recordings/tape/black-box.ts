import { linkSync, mkdirSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import {
  BLACK_BOX_AFTER_US,
  BLACK_BOX_BEFORE_US,
  BLACK_BOX_MAX_BYTES,
  BLACK_BOX_MAX_FILES,
  BLACK_BOX_MAX_FOLDER_BYTES,
} from "../../../core/domain/index.ts";
import {
  AsyncSink,
  type ByteSink,
  McapWriter,
  microsOfWords,
  openSyncSink,
  type SealedChunk,
} from "../index.ts";
import { BLACK_BOX_METADATA, BLACK_BOX_PART, type TapeMeta, writeTapeHead } from "./tape-format.ts";

export interface BlackBoxSetting {
  /** folder of the files; made when absent */
  readonly folder: string;
  readonly beforeUs?: number;
  readonly afterUs?: number;
  /** memory of the ring */
  readonly maxBytes?: number;
  readonly maxFiles?: number;
  /** all files together */
  readonly maxFolderBytes?: number;
}
/** Null: files are written again; otherwise why one could not be. */
type Said = (problem: string | null) => void;
interface OpenBox {
  readonly writer: McapWriter;
  readonly sink: ByteSink;
  readonly path: string;
  until: number;
  timer: NodeJS.Timeout | null;
}

/** Blocks that follow each other keep a file open: it ends at this many times the ring's size. */
const FILE_TO_RING = 2;

/**
 * Keeps the newest seconds of the tape in memory and writes them, and the seconds that follow, into one file
 * per block. A block while a file is open gets a second name for the same file. No trouble of the disk
 * leaves this class but as a word.
 */
export class BlackBox {
  count = 0;
  last: string | null = null;
  readonly #ring: SealedChunk[] = [];
  #ringBytes = 0;
  #open: OpenBox | null = null;
  readonly #closing = new Set<Promise<unknown>>();
  readonly #limits: Required<Omit<BlackBoxSetting, "folder">>;
  readonly #folder: string;
  readonly #meta: TapeMeta;
  readonly #live: boolean;
  readonly #say: Said;

  constructor(setting: BlackBoxSetting, meta: TapeMeta, live: boolean, say: Said) {
    this.#folder = setting.folder;
    this.#meta = meta;
    this.#live = live;
    this.#say = say;
    this.#limits = {
      beforeUs: setting.beforeUs ?? BLACK_BOX_BEFORE_US,
      afterUs: setting.afterUs ?? BLACK_BOX_AFTER_US,
      maxBytes: setting.maxBytes ?? BLACK_BOX_MAX_BYTES,
      maxFiles: setting.maxFiles ?? BLACK_BOX_MAX_FILES,
      maxFolderBytes: setting.maxFolderBytes ?? BLACK_BOX_MAX_FOLDER_BYTES,
    };
    this.#attempt(this.#folder, () => mkdirSync(this.#folder, { recursive: true, mode: 0o750 }));
  }
  /** Takes a closed chunk of the tape; its bytes are copied. */
  chunk(sealed: SealedChunk): void {
    const { maxBytes, beforeUs } = this.#limits;
    const kept = { ...sealed, bytes: sealed.bytes.slice() };
    this.#ring.push(kept);
    this.#ringBytes += kept.bytes.length;
    const newest = endOf(kept);
    while (this.#ring.length > 1 && (this.#ringBytes > maxBytes || endOf(this.#ring[0]!) < newest - beforeUs))
      this.#ringBytes -= this.#ring.shift()!.bytes.length;
    const open = this.#open;
    if (open === null) return;
    open.writer.putChunk(kept);
    const full = open.writer.position >= maxBytes * FILE_TO_RING;
    if (newest >= open.until || full || open.sink.error !== null) this.#finish();
  }
  /** A block happened: the ring goes to a file named by its receipt. `t` is the tape's time. */
  block(receiptId: string, code: string, t: number): void {
    const path = join(this.#folder, `${safeName(receiptId)}.mcap`);
    this.#attempt(path, () =>
      this.#open !== null
        ? this.#extend(this.#open, path, receiptId, code, t)
        : this.#begin(path, receiptId, code, t),
    );
  }
  #attempt(path: string, act: () => void): void {
    try {
      act();
    } catch (cause) {
      this.#say(`${path}: ${(cause as Error).message}`);
    }
  }
  #begin(path: string, receiptId: string, code: string, t: number): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
    const sink: ByteSink = this.#live ? new AsyncSink(path) : openSyncSink(path);
    const writer = new McapWriter(sink, { profile: "", library: `cellgate ${this.#meta.version}` });
    writeTapeHead(writer, this.#meta, { part: BLACK_BOX_PART });
    writer.addMetadata(BLACK_BOX_METADATA, { receipt_id: receiptId, code, t_us: String(t) });
    for (const chunk of this.#ring) writer.putChunk(chunk);
    this.count++;
    this.last = path;
    const until = this.#meta.epoch + t + this.#limits.afterUs;
    this.#open = { writer, sink, path, until, timer: null };
    this.#arm(this.#open);
    this.#prune(`${safeName(receiptId)}.mcap`);
  }
  #extend(box: OpenBox, path: string, receiptId: string, code: string, t: number): void {
    box.writer.addMetadata(BLACK_BOX_METADATA, { receipt_id: receiptId, code, t_us: String(t) });
    box.until = this.#meta.epoch + t + this.#limits.afterUs;
    this.#arm(box);
    linkSync(box.path, path);
  }
  /** Silence closes no chunk: a live box also ends by the clock. */
  #arm(box: OpenBox): void {
    if (!this.#live) return;
    if (box.timer !== null) clearTimeout(box.timer);
    box.timer = setTimeout(() => this.#finish(), this.#limits.afterUs / 1_000 + 1_000);
    box.timer.unref();
  }
  #finish(): void {
    const box = this.#open;
    if (box === null) return;
    this.#open = null;
    if (box.timer !== null) clearTimeout(box.timer);
    const done = box.writer.end().then((error) => {
      this.#say(error === null ? null : `${box.path}: ${error}`);
      this.#closing.delete(done);
    });
    this.#closing.add(done);
  }
  async close(): Promise<void> {
    this.#finish();
    await Promise.all(this.#closing);
  }
  /** The oldest files go; two names of one file count once per name, on the safe side. */
  #prune(newest: string): void {
    const files = readdirSync(this.#folder)
      .filter((name) => name.endsWith(".mcap") && name !== newest)
      .map((name) => ({ name, stat: statSync(join(this.#folder, name)) }))
      .sort((a, b) => a.stat.mtimeMs - b.stat.mtimeMs || (a.name < b.name ? -1 : 1));
    let count = files.length + 1;
    let bytes = files.reduce((sum, { stat }) => sum + stat.size, 0);
    // the file that has just begun may grow to its full size
    const room = this.#limits.maxFolderBytes - FILE_TO_RING * this.#limits.maxBytes;
    for (const { name, stat } of files) {
      if (count <= this.#limits.maxFiles && bytes <= room) return;
      unlinkSync(join(this.#folder, name));
      count--;
      bytes -= stat.size;
    }
  }
}
const endOf = (chunk: SealedChunk): number => microsOfWords(chunk.endHigh, chunk.endLow);
const safeName = (receiptId: string): string => receiptId.replace(/[^\w.-]/g, "_");
