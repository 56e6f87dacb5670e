import { z } from "zod";
import { canonicalText } from "../base/canonical.ts";

/**
 * What a leaf of the tree holds: the canonical receipt, its dual hash and the hash of the leaf before it.
 * The last one is the linear chain, a redundant local check; no proof ever takes it as an input.
 */
export const leafText = (receiptText: string, dual: string, previous: string): string =>
  `{"dual_hash":"${dual}","previous":"${previous}","receipt":${receiptText}}`;

/** `previous` of the first leaf of a tree */
export const NO_PREVIOUS = "0".repeat(64);

/**
 * Entry 0 of every shard: which ledger this is, which key signs it and how the shard before it ended. It
 * takes the place of a receipt in its leaf, so that shard N's last checkpoint is the first thing N+1 holds.
 */
export const shardOpening = z.strictObject({
  receipt_type: z.literal("shard_opening"),
  origin: z.string().min(1).max(512),
  cell: z.string().min(1).max(256),
  shard: z.number().int().nonnegative(),
  opened_at: z.number().int().nonnegative(),
  /** vkey of the key that signs this shard's checkpoints */
  key: z.string().max(1_024),
  previous: z.union([
    z.null(),
    z.strictObject({
      /** last signed checkpoint of the shard before, verbatim; empty when it had none */
      checkpoint: z.string().max(4_096),
      /** why that shard could not be trusted when this one was opened, or null */
      fault: z.union([z.null(), z.string().max(4_096)]),
      /** when the key changed: a note in which the old key names the new one */
      endorsement: z.union([z.null(), z.string().max(4_096)]),
    }),
  ]),
});
export type ShardOpening = z.infer<typeof shardOpening>;
export const openingText = (opening: ShardOpening): string => canonicalText(opening);

/** The text that the old key signs when a new key takes over. */
export const endorsementText = (vkey: string): string => `cellgate ledger key change\n${vkey}\n`;

/** Reads the parts of a leaf again; null when the bytes are not the canonical leaf that this node writes. */
export interface Leaf {
  readonly receiptText: string;
  readonly dual: string;
  readonly previous: string;
}
const HEAD = /^\{"dual_hash":"([0-9a-f]{64}:[0-9a-f]{64})","previous":"([0-9a-f]{64})","receipt":/;

export function parseLeaf(text: string): Leaf | null {
  const head = HEAD.exec(text);
  if (head === null || !text.endsWith("}")) return null;
  const receiptText = text.slice(head[0].length, -1);
  try {
    return canonicalText(JSON.parse(receiptText)) === receiptText
      ? { receiptText, dual: head[1]!, previous: head[2]! }
      : null;
  } catch {
    return null;
  }
}
