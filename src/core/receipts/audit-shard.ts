import { assert } from "../base/assert.ts";
import { bytesOfHex, dualHash, type Hasher, HASH_BYTES, hexOf } from "../base/hash.ts";
import { utf8Bytes } from "../base/utf8.ts";
import { leafText, NO_PREVIOUS } from "./leaf.ts";
import { Frontier, type Hash, sameHash, type TreeHasher, treeHasherOf } from "./merkle.ts";

/** A stored row as the verifier reads it. */
export interface AuditRow {
  readonly idx: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  /** leaf hash, SHA-256 and BLAKE3, one after another in lower-case hexadecimal */
  readonly hashes: string;
  /** canonical receipt; null after retention dropped it */
  readonly body: string | null;
}
export interface AuditCheckpoint {
  readonly size: number;
  readonly root: Hash;
}

/** What a finding is about; each is a way in which somebody tampered or something broke. */
export type FindingKind =
  | "body"
  | "hash"
  | "missing"
  | "chain"
  | "tree"
  | "columns"
  | "clock"
  | "schema"
  | "opening"
  | "link"
  | "key"
  | "checkpoint"
  | "signature"
  | "rollback"
  | "anchor"
  | "recorded"
  | "unreadable";
export interface Finding {
  readonly kind: FindingKind;
  readonly shard: number;
  /** row that it was found at, or null */
  readonly index: number | null;
  readonly detail: string;
}

/** Makes the hashes that belong to a receipt after a leaf: the same three, in the same spelling, as a row has. */
export interface Sealer {
  seal(receiptText: string, previous: string): string;
  bytesOf(hex: string): Hash;
}

/** Plain JavaScript from text to leaf: shares no hashing code with the path that wrote the rows. */
export function pureSealer(hasher: Hasher): Sealer {
  const tree = treeHasherOf(hasher);
  return {
    seal(receiptText, previous) {
      const dual = dualHash(utf8Bytes(receiptText), hasher);
      return hexOf(tree.leaf(utf8Bytes(leafText(receiptText, dual, previous)))) + dual.replace(":", "");
    },
    bytesOf(hex) {
      const bytes = bytesOfHex(hex);
      assert(bytes !== null, "a hash is lower-case hexadecimal");
      return bytes;
    },
  };
}

const HEX_CHARS = 2 * HASH_BYTES;

/** more of the same kind are counted, not listed */
export const FINDINGS_MAX = 100;
/** a wall clock may be set back by this much between two starts without a word */
export const CLOCK_STEP_US = 2_000_000;

const missingRows = (from: number, to: number): string =>
  from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`;

/**
 * Walks one shard row by row and derives everything anew: hashes from bodies, links from leaf to leaf, the
 * tree from the leaves. It compares nothing with a stored result that it did not derive itself.
 */
export class ShardAudit {
  readonly findings: Finding[] = [];
  #findingCount = 0;
  #tombstones = 0;
  #next = 0;
  #previous = NO_PREVIOUS;
  #isTreeBroken = false;
  readonly #shard: number;
  readonly #sealer: Sealer;
  readonly #frontier: Frontier;
  readonly #checkpoints: readonly AuditCheckpoint[];
  #checkpointAt = 0;
  /** newest time and start number of the two kinds of receipts: the cell's and the ledger's own */
  readonly #clocks = new Map<string, { at: number; boot: string }>();

  /** `checkpoints` in order of size */
  constructor(shard: number, tree: TreeHasher, sealer: Sealer, checkpoints: readonly AuditCheckpoint[]) {
    this.#shard = shard;
    this.#sealer = sealer;
    this.#frontier = new Frontier(tree);
    this.#checkpoints = checkpoints;
  }

  get rows(): number {
    return this.#next;
  }
  get tombstones(): number {
    return this.#tombstones;
  }
  get findingCount(): number {
    return this.#findingCount;
  }

  add(kind: FindingKind, index: number | null, detail: string): void {
    this.#findingCount++;
    if (this.findings.length < FINDINGS_MAX) this.findings.push({ kind, shard: this.#shard, index, detail });
  }

  row(row: AuditRow): void {
    if (row.idx !== this.#next) {
      this.add("missing", this.#next, missingRows(this.#next, row.idx - 1));
      this.#isTreeBroken = true;
    }
    const leaf = row.hashes.slice(0, HEX_CHARS);
    if (row.body === null) this.#tombstones++;
    else {
      this.#checkHashes(row, row.body);
      this.#checkClock(row);
    }
    this.#frontier.append(this.#sealer.bytesOf(leaf));
    this.#previous = leaf;
    this.#next = row.idx + 1;
    this.#compareRoot();
  }

  /** after the last row: checkpoints beyond it speak of rows that are gone */
  finish(): void {
    const beyond = this.#checkpoints.at(-1);
    if (beyond !== undefined && beyond.size > this.#next)
      this.add(
        "rollback",
        this.#next,
        `a checkpoint covers ${beyond.size} rows, ${this.#next} are there: the newest rows are missing`,
      );
    const newest = this.#checkpoints.at(-1);
    if (newest === undefined || newest.size < this.#next)
      this.add(
        "checkpoint",
        this.#next - 1,
        `${this.#next - (newest?.size ?? 0)} rows are not covered by any checkpoint`,
      );
  }

  #checkHashes(row: AuditRow, body: string): void {
    const hashes = this.#sealer.seal(body, this.#previous);
    if (hashes === row.hashes) return;
    const isLeafRight = row.hashes.startsWith(hashes.slice(0, HEX_CHARS));
    const isDualRight = row.hashes.slice(HEX_CHARS) === hashes.slice(HEX_CHARS);
    if (isLeafRight)
      this.add("hash", row.idx, "the stored dual hash is not that of the receipt: the column was changed");
    else if (isDualRight)
      this.add(
        "chain",
        row.idx,
        "the receipt does not follow the row before it: rows were removed, inserted or put in another order",
      );
    else this.add("body", row.idx, "the receipt does not match its hashes: it was changed");
  }

  #checkClock(row: AuditRow): void {
    const boot = row.id.slice(0, row.id.indexOf("."));
    const series = boot.slice(0, 1);
    const last = this.#clocks.get(series);
    if (last === undefined) {
      this.#clocks.set(series, { at: row.at, boot });
      return;
    }
    const allowed = last.boot === boot ? 0 : CLOCK_STEP_US;
    if (row.at < last.at - allowed)
      this.add("clock", row.idx, `the clock ran back by ${((last.at - row.at) / 1e6).toFixed(3)} s`);
    last.at = row.at;
    last.boot = boot;
  }

  #compareRoot(): void {
    for (
      let c = this.#checkpoints[this.#checkpointAt];
      c !== undefined && c.size <= this.#next;
      c = this.#checkpoints[++this.#checkpointAt]
    ) {
      if (this.#isTreeBroken || c.size !== this.#frontier.size) continue;
      if (sameHash(this.#frontier.root(), c.root)) continue;
      this.add("tree", c.size - 1, `the first ${c.size} rows do not lead to the root of their checkpoint`);
      this.#isTreeBroken = true;
    }
  }
}
