import { linkSync, mkdirSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import {
  BLACK_BOX_AFTER_US,
  BLACK_BOX_BEFORE_US,
  BLACK_BOX_MAX_BYTES,
  BLACK_BOX_MAX_FILES,
} from "../domain/index.ts";
import {
  AsyncSink,
  type ByteSink,
  McapWriter,
  microsOfWords,
  openSyncSink,
  type SealedChunk,
} from "../transports/bag/index.ts";
import { BLACK_BOX_METADATA, type TapeMeta, writeTapeHead } from "./tape-format.ts";

export interface BlackBoxSetting {
  /** folder of the files; made when absent */
  readonly folder: string;
  readonly beforeUs?: number;
  readonly afterUs?: number;
  /** memory of the ring */
  readonly maxBytes?: number;
  readonly maxFiles?: number;
}
interface OpenBox {
  readonly writer: McapWriter;
  readonly path: string;
  until: number;
  timer: NodeJS.Timeout | null;
}

/** Blocks that follow each other keep a file open: it ends at this many times the ring's size. */
const FILE_TO_RING = 2;

/**
 * Keeps the newest seconds of the tape in memory and writes them, and the seconds that follow, into one file
 * per block. A block while a file is open gets a second name for the same file.
 */
export class BlackBox {
  private readonly ring: SealedChunk[] = [];
  private ringBytes = 0;
  private open: OpenBox | null = null;
  private readonly closing = new Set<Promise<unknown>>();
  private readonly beforeUs: number;
  private readonly afterUs: number;
  private readonly maxBytes: number;
  private readonly setting: BlackBoxSetting;
  private readonly meta: TapeMeta;
  private readonly live: boolean;
  private readonly problem: (detail: string) => void;

  constructor(setting: BlackBoxSetting, meta: TapeMeta, live: boolean, problem: (detail: string) => void) {
    this.setting = setting;
    this.meta = meta;
    this.live = live;
    this.problem = problem;
    this.beforeUs = setting.beforeUs ?? BLACK_BOX_BEFORE_US;
    this.afterUs = setting.afterUs ?? BLACK_BOX_AFTER_US;
    this.maxBytes = setting.maxBytes ?? BLACK_BOX_MAX_BYTES;
    mkdirSync(setting.folder, { recursive: true, mode: 0o750 });
  }
  /** Takes a closed chunk of the tape; its bytes are copied. */
  chunk(sealed: SealedChunk): void {
    const kept = { ...sealed, bytes: sealed.bytes.slice() };
    this.ring.push(kept);
    this.ringBytes += kept.bytes.length;
    const newest = this.endOf(kept);
    while (
      this.ring.length > 1 &&
      (this.ringBytes > this.maxBytes || this.endOf(this.ring[0]!) < newest - this.beforeUs)
    )
      this.ringBytes -= this.ring.shift()!.bytes.length;
    if (this.open === null) return;
    this.open.writer.putChunk(kept);
    const full = this.open.writer.position >= this.maxBytes * FILE_TO_RING;
    if (newest >= this.open.until || full) this.finish();
  }
  /** A block happened: the ring goes to a file named by its receipt. `t` is the tape's time. */
  block(receiptId: string, code: string, t: number): void {
    const path = join(this.setting.folder, `${safeName(receiptId)}.mcap`);
    try {
      if (this.open !== null) this.extend(this.open, path, receiptId, code, t);
      else this.begin(path, receiptId, code, t);
    } catch (cause) {
      this.problem(`${path}: ${(cause as Error).message}`);
    }
  }
  private begin(path: string, receiptId: string, code: string, t: number): void {
    const sink: ByteSink = this.live ? new AsyncSink(path) : openSyncSink(path);
    const writer = new McapWriter(sink, { profile: "", library: `cellgate ${this.meta.version}` });
    writeTapeHead(writer, this.meta, { part: "black box" });
    writer.addMetadata(BLACK_BOX_METADATA, { receipt_id: receiptId, code, t_us: String(t) });
    for (const chunk of this.ring) writer.putChunk(chunk);
    this.open = { writer, path, until: this.meta.epoch + t + this.afterUs, timer: null };
    this.arm(this.open);
    this.prune();
  }
  private extend(box: OpenBox, path: string, receiptId: string, code: string, t: number): void {
    box.writer.addMetadata(BLACK_BOX_METADATA, { receipt_id: receiptId, code, t_us: String(t) });
    box.until = this.meta.epoch + t + this.afterUs;
    linkSync(box.path, path);
  }
  /** Silence closes no chunk: a live box also ends by the clock. */
  private arm(box: OpenBox): void {
    if (!this.live) return;
    box.timer = setTimeout(() => this.finish(), this.afterUs / 1_000 + 1_000);
    box.timer.unref();
  }
  private finish(): void {
    const box = this.open;
    if (box === null) return;
    this.open = null;
    if (box.timer !== null) clearTimeout(box.timer);
    const done = box.writer.end().then((error) => {
      if (error !== null) this.problem(`${box.path}: ${error}`);
      this.closing.delete(done);
    });
    this.closing.add(done);
  }
  async close(): Promise<void> {
    this.finish();
    await Promise.all(this.closing);
  }
  private endOf(chunk: SealedChunk): number {
    return microsOfWords(chunk.endHigh, chunk.endLow);
  }
  private prune(): void {
    const max = this.setting.maxFiles ?? BLACK_BOX_MAX_FILES;
    const files = readdirSync(this.setting.folder).filter((name) => name.endsWith(".mcap"));
    if (files.length <= max) return;
    const aged = files.map((name) => ({ name, at: statSync(join(this.setting.folder, name)).mtimeMs }));
    aged.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
    for (const { name } of aged.slice(0, files.length - max)) unlinkSync(join(this.setting.folder, name));
  }
}
const safeName = (receiptId: string): string => receiptId.replace(/[^\w.-]/g, "_");
