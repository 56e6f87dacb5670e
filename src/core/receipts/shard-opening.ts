import { z } from "zod";
import { canonicalText } from "../base/canonical.ts";

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
