import { createHash } from "node:crypto";
import { canonicalText } from "../core/base/canonical.ts";
import type { LatchedCause, Receipt, ReceiptId } from "../core/domain/index.ts";
import type { ReceiptSink } from "./carrier.ts";

/** A ledger as a digest needs it: it may take the canonical text that was made already. */
export interface TextSink {
  append(receipt: Receipt, text?: string): boolean;
  whenStored(id: ReceiptId): Promise<boolean>;
  persistLatched(latched: readonly LatchedCause[]): boolean;
  whenLatched(): Promise<boolean>;
}

/**
 * The digest of a run: SHA-256 over the canonical bytes of every receipt, each followed by a newline, in
 * order. Two runs with the same digest decided the same.
 */
export function withDigest(sink: TextSink): ReceiptSink & { digest(): string; readonly count: number } {
  const hash = createHash("sha256");
  let count = 0;
  return {
    append(receipt) {
      const text = canonicalText(receipt);
      hash.update(text).update("\n");
      count++;
      return sink.append(receipt, text);
    },
    whenStored: (id) => sink.whenStored(id),
    persistLatched: (latched) => sink.persistLatched(latched),
    whenLatched: () => sink.whenLatched(),
    digest: () => hash.copy().digest("hex"),
    get count() {
      return count;
    },
  };
}
