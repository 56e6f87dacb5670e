import type { Deployment } from "../../core/domain/index.ts";
import type { Outgoing } from "./anchors/sink.ts";
import type { LedgerCrypto } from "./crypto.ts";
import { replaceFile } from "../files/index.ts";
import { type LedgerKey, listKeys, newestKey, signerOf } from "./keys.ts";
import { checkpointFile, shardFile } from "./layout.ts";
import { originOf, shardExists, startShard } from "./opening.ts";
import type { RecoveredStore } from "./recover.ts";
import { shardBytes } from "./retention.ts";
import { type Incoming, Store } from "./store.ts";

/** the shard that is written may take this share of the ledger's limit before it is sealed early */
const ACTIVE_SHARE_MAX = 0.25;
const SEAL_RETRY_MS = 10_000;
const US_PER_DAY = 86_400_000_000;

export interface ActiveShardOptions {
  readonly dir: string;
  readonly cell: string;
  readonly settings: Deployment["ledger"];
  readonly crypto: LedgerCrypto;
  /** wall time that never runs back, microseconds since 1970 */
  wall(): number;
}

/** The shard that is written, from its opening to its seal, and the change to the next one. */
export class ActiveShard {
  readonly #options: ActiveShardOptions;
  readonly #ledger: string;
  readonly #boot: number;
  #key: LedgerKey;
  #store: Store;
  #shard: number;
  #openedAt = 0;
  /** newest row that is worth an anchor: receipts of anchoring alone are not, so an idle node stays quiet */
  #lastForeign = 0;
  /** a shard that exists and waits to be opened; the one before is sealed and takes nothing more */
  #switchTo: number | null = null;
  #sealRetryMs = 0;

  constructor(options: ActiveShardOptions, recovered: RecoveredStore) {
    this.#options = options;
    this.#ledger = recovered.ledger;
    this.#boot = recovered.boot;
    this.#key = recovered.key;
    this.#store = recovered.store;
    this.#shard = recovered.shard;
    this.#adopt();
  }

  get shard(): number {
    return this.#shard;
  }
  get store(): Store {
    return this.#store;
  }
  /** receipts until the shard is full, at least 1 */
  get room(): number {
    return Math.max(1, this.#options.settings.shardMaxReceipts - this.#store.size);
  }
  /** false: what is on disk is unknown until the next commit has looked */
  get isSure(): boolean {
    return !this.#store.unsure && this.#switchTo === null;
  }

  /** One error is followed by a look at what is on disk and one more attempt at once. */
  commit(batch: readonly Incoming[]): readonly string[] {
    for (let attempt = 0; ; attempt++) {
      try {
        this.settle();
        const { conflicts } = this.#store.commit(batch);
        if (batch.some((receipt) => receipt.type !== "anchor")) this.#lastForeign = this.#store.size - 1;
        return conflicts;
      } catch (error) {
        if (attempt > 0) throw error;
      }
    }
  }

  /** makes sure of what is on disk after an error; throws while the disk refuses */
  settle(): void {
    if (this.#switchTo !== null) this.#openShard(this.#switchTo);
    if (this.#store.unsure) this.#store.reread();
  }

  publish(): void {
    if (!this.isSure || this.#store.published?.size === this.#store.size) return;
    replaceFile(checkpointFile(this.#options.dir), this.#store.publish(performance.now()).note);
  }

  /** Seals the shard when it is full, old, too large, or a person has made a new key. Throws when the disk refuses. */
  sealIfDue(thorough: boolean): void {
    if (!this.isSure || this.#store.size < 2 || performance.now() < this.#sealRetryMs) return;
    const { shardMaxReceipts, shardMaxDays } = this.#options.settings;
    const isFull = this.#store.size >= shardMaxReceipts;
    const isOld = this.#options.wall() - this.#openedAt > shardMaxDays * US_PER_DAY;
    if (!isFull && !isOld && !(thorough && (this.#isLarge() || this.#hasNewKey()))) return;
    this.#sealRetryMs = performance.now() + SEAL_RETRY_MS;
    this.#seal();
    this.#sealRetryMs = 0;
  }

  #isLarge(): boolean {
    return shardBytes(this.#options.dir, this.#shard) > this.#options.settings.maxBytes * ACTIVE_SHARE_MAX;
  }
  #hasNewKey(): boolean {
    return (listKeys(this.#options.dir).at(-1) ?? 0) > this.#key.number;
  }

  #seal(): void {
    const { dir, cell, crypto } = this.#options;
    const { note } = this.#store.publish(performance.now());
    replaceFile(checkpointFile(dir), note);
    this.#store.emptyLog();
    const shard = this.#shard + 1;
    const key = newestKey(dir);
    const oldKey = key.number === this.#key.number ? null : this.#key;
    startShard(crypto, {
      dir,
      cell,
      ledger: this.#ledger,
      shard,
      at: this.#options.wall(),
      key,
      oldKey,
      previous: { checkpoint: note, fault: null },
    });
    this.#switchTo = shard;
    this.#openShard(shard);
  }

  #openShard(shard: number): void {
    const { dir, crypto } = this.#options;
    if (!shardExists(dir, shard)) throw new Error(`shard ${shard} is missing`);
    const key = newestKey(dir);
    const origin = originOf(this.#ledger, shard);
    const store = new Store(shardFile(dir, shard), origin, crypto, signerOf(crypto, origin, key));
    this.#store.close();
    this.#store = store;
    this.#key = key;
    this.#shard = shard;
    this.#switchTo = null;
    this.#adopt();
  }

  #adopt(): void {
    this.#openedAt = this.#store.tables.entriesFrom(0, 1)[0]?.at ?? 0;
    this.#lastForeign = this.#store.size - 1;
    this.#store.tables.setMark("boot", String(this.#boot));
  }

  /** What a sink should get next, or null when it has all that is worth it. Throws when signing fails. */
  nextAnchor(takenSize: number, takenOrigin: string): Outgoing | null {
    if (!this.isSure) return null;
    const store = this.#store;
    const isSame = takenOrigin === store.origin;
    if (isSame && this.#lastForeign < takenSize) return null;
    this.publish();
    const published = store.published;
    if (published === null) return null;
    return {
      origin: store.origin,
      size: published.size,
      note: published.note,
      takenSize: isSame ? takenSize : 0,
      proofFrom: (oldSize) => store.proofFrom(oldSize, published.size),
    };
  }

  anchorTaken(sink: string, origin: string, size: number, note: string): void {
    if (origin === this.#store.origin && this.isSure) this.#store.tables.setAnchor(sink, size, note);
  }
}
