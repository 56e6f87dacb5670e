import { z } from "zod";
import { ms } from "./units.ts";

const second = (min: number, max: number) => z.number().min(min).max(max);
const days = (min: number, max: number) => z.number().min(min).max(max);
const bytes = (min: number, max: number) => z.number().int().min(min).max(max);

/** A folder on another medium: a stick, a share. One file per shard, to which checkpoints are added. */
const directoryAnchor = z.strictObject({
  kind: z.literal("directory"),
  path: z.string().min(1).max(1_024).describe("existing folder on another medium; never created by the node"),
});
/** A retained message on a broker on another machine. */
const mqttAnchor = z.strictObject({
  kind: z.literal("mqtt"),
  url: z
    .string()
    .max(1_024)
    .regex(/^(mqtts?|wss?|tls|tcp):\/\/[^@]*$/, "a broker's address without a password: mqtt://host:1883"),
  topic: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^+#]+$/, "a topic without wildcards"),
  username: z.string().max(256).optional(),
  passwordEnv: z
    .string()
    .max(128)
    .optional()
    .describe("name of the environment variable that holds the password"),
});
/** A witness that checks how the ledger grew and cosigns it (c2sp.org/tlog-witness). */
const witnessAnchor = z.strictObject({
  kind: z.literal("witness"),
  url: z
    .string()
    .max(1_024)
    .regex(/^https?:\/\//, "the submission prefix: https://witness.example"),
  key: z.string().max(1_024).describe("the witness's key as name+keyid+base64"),
});

export const anchorSchema = z.discriminatedUnion("kind", [directoryAnchor, mqttAnchor, witnessAnchor]);
export type AnchorConfig = z.infer<typeof anchorSchema>;

export const ledgerSchema = z
  .strictObject({
    groupCommitMs: ms(1, 100).default(2).describe("longest wait to commit receipts together"),
    shardMaxReceipts: z
      .number()
      .int()
      .min(100)
      .max(100_000_000)
      .default(1_000_000)
      .describe("a shard is sealed at this many receipts"),
    shardMaxDays: days(0.01, 3_650).default(30).describe("a shard is sealed at this age"),
    keepBodiesDays: days(1, 36_500)
      .default(365)
      .describe("older receipts keep only their hashes; proofs still verify"),
    maxBytes: bytes(1_000_000, 1e13)
      .default(10_000_000_000)
      .describe("beyond: bodies of the oldest shards are dropped, then the cell is blocked"),
    diskLowBytes: bytes(1_000_000, 1e12).default(500_000_000).describe("less free space: degraded"),
    diskStopBytes: bytes(100_000, 1e12).default(100_000_000).describe("less free space: blocked"),
    anchors: z
      .array(anchorSchema)
      .max(8)
      .default([])
      .describe("where signed checkpoints are kept outside this machine"),
    anchorEverySeconds: second(1, 86_400).default(60),
  })
  .refine((ledger) => ledger.diskStopBytes <= ledger.diskLowBytes, {
    message: "diskStopBytes must not lie above diskLowBytes",
    path: ["diskStopBytes"],
  });
export type LedgerConfig = z.infer<typeof ledgerSchema>;
