import { createHash, type Hash as NodeHash } from "node:crypto";
import { canonicalText } from "../../core/base/canonical.ts";
import { hexOf } from "../../core/base/hash.ts";
import type { LatchedCause, Receipt, ReceiptId } from "../../core/domain/index.ts";
import { Frontier, NO_PREVIOUS } from "../../core/receipts/index.ts";
import { createLedgerCrypto, type LedgerCrypto } from "./crypto.ts";
import type { AnchorStatus, Ledger, LedgerStats, Recovered } from "./ledger.ts";

export interface MemoryLedgerOptions {
  /** sees every receipt's canonical text in order; a replay may write it down */
  onReceipt?(text: string, receipt: Receipt): void;
  onStored?(ids: readonly ReceiptId[], ok: boolean): void;
  readonly boot?: number;
  readonly latched?: readonly LatchedCause[];
}
/** A ledger without a disk, for replays: same bytes, same tree, and one number that compares two runs. */
export interface MemoryLedger extends Ledger {
  /** SHA-256 over the bytes of all receipts so far, each followed by a newline */
  digest(): string;
  /** root of the tree over all receipts so far */
  root(): string;
}

export async function openMemoryLedger(options: MemoryLedgerOptions = {}): Promise<MemoryLedger> {
  return new InMemoryLedger(await createLedgerCrypto(), options);
}

class InMemoryLedger implements MemoryLedger {
  readonly recovered: Recovered;
  readonly #crypto: LedgerCrypto;
  readonly #options: MemoryLedgerOptions;
  readonly #frontier: Frontier;
  readonly #digest: NodeHash = createHash("sha256");
  #previous: Buffer = Buffer.from(NO_PREVIOUS, "hex");
  #bytes = 0;

  constructor(crypto: LedgerCrypto, options: MemoryLedgerOptions) {
    this.#crypto = crypto;
    this.#options = options;
    this.#frontier = new Frontier(crypto.tree);
    const { boot = 1, latched = [] } = options;
    this.recovered = { boot, latched, fault: null, instance: `memory#${boot}`, lastAt: 0 };
  }

  append(receipt: Receipt, text: string = canonicalText(receipt)): boolean {
    const body = Buffer.from(text);
    this.#digest.update(body).update("\n");
    const { leafHash } = this.#crypto.seal(body, this.#previous);
    this.#frontier.append(leafHash);
    this.#previous = leafHash;
    this.#bytes += body.length + 1;
    this.#options.onReceipt?.(text, receipt);
    this.#options.onStored?.([receipt.receipt_id as ReceiptId], true);
    return true;
  }

  digest(): string {
    return this.#digest.copy().digest("hex");
  }
  root(): string {
    return hexOf(this.#frontier.root());
  }
  persistLatched(): boolean {
    return true;
  }
  whenLatched(): Promise<boolean> {
    return Promise.resolve(true);
  }
  whenStored(): Promise<boolean> {
    return Promise.resolve(true);
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
  ping(): Promise<void> {
    return Promise.resolve();
  }
  anchorNow(): Promise<readonly AnchorStatus[]> {
    return Promise.resolve([]);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  stats(): LedgerStats {
    const size = this.#frontier.size;
    return {
      appended: size,
      stored: size,
      pending: 0,
      refused: 0,
      treeSize: size,
      root: this.root(),
      publishedSize: 0,
      shard: 0,
      commits: 0,
      commitMsMax: 0,
      bytes: this.#bytes,
      anchors: [],
    };
  }
}
