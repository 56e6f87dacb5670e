import { assert } from "../../core/base/assert.ts";
import { canonicalText } from "../../core/base/canonical.ts";
import { HASH_BYTES } from "../../core/base/hash.ts";
import { type Receipt, receiptEnvelope } from "../../core/domain/index.ts";
import type { LedgerCrypto } from "./crypto.ts";
import { wordsOf } from "./health-board.ts";
import type { Incoming } from "./store.ts";

/** Words on what the schema refuses, or null. */
export function problemOf(receipt: Incoming): string | null {
  try {
    const parsed = receiptEnvelope.safeParse(JSON.parse(receipt.body.toString("utf8")));
    if (!parsed.success)
      return parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    const { receipt_id, at, body } = parsed.data;
    return receipt_id === receipt.id && at === receipt.at && body.receipt_type === receipt.type
      ? null
      : "id, time or type differ from the text";
  } catch (error) {
    return wordsOf(error);
  }
}

/** so often, and the machine has made code of it */
const REHEARSALS = 600;
const EXAMPLE: Receipt = {
  receipt_id: "1.1.0",
  at: 1,
  cell: "rehearsal",
  config_hash: "",
  body: {
    receipt_type: "gate_decision",
    action_id: "rehearsal",
    confidence_score: 0.97,
    decision: "GREEN",
    context_drift: 0,
    reasoning_entropy: 0,
    enforced: true,
    terms: Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [
        `term_${i}`,
        { value: i / 8, kind: "number", row: [i, 0.5, null] },
      ]),
    ),
  },
};

/** Before the ledger opens: a verdict waits for its receipt, and the first hundreds of them would wait twice as long. */
export function rehearseReceipts(crypto: LedgerCrypto): void {
  const body = Buffer.from(canonicalText(EXAMPLE));
  const receipt = { id: EXAMPLE.receipt_id, type: EXAMPLE.body.receipt_type, at: EXAMPLE.at, body };
  let previous: Uint8Array = Buffer.alloc(HASH_BYTES);
  for (let i = 0; i < REHEARSALS; i++) {
    assert(problemOf(receipt) === null, "the rehearsed receipt is one");
    previous = crypto.seal(body, previous).leafHash;
  }
}
