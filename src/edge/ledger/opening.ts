import { existsSync } from "node:fs";
import { canonicalText } from "../../core/base/canonical.ts";
import { hexOf } from "../../core/base/hash.ts";
import {
  endorsementText,
  Frontier,
  NO_PREVIOUS,
  openingText,
  parseNote,
  parseVkey,
  type NoteKey,
  type ShardOpening,
  shardOpening,
  signNote,
  vkeyOf,
} from "../../core/receipts/index.ts";
import type { LedgerCrypto } from "./crypto.ts";
import { idOrder } from "./id-order.ts";
import { type LedgerKey, signerOf } from "./keys.ts";
import { shardFile } from "./layout.ts";
import { createShard, type ShardTables, shardTables } from "./shard-file.ts";

/** `cellgate/<cell>-<id>/<shard>`: two ledgers of equally named cells never share an origin. */
export const originOf = (ledger: string, shard: number): string => `${ledger}/${shard}`;
export const ledgerName = (crypto: LedgerCrypto, cell: string, key: LedgerKey): string =>
  `cellgate/${cell}-${hexOf(crypto.sha256(key.publicKey).subarray(0, 4))}`;

export interface ParsedOrigin {
  readonly ledger: string;
  readonly shard: number;
}
export function parseOrigin(origin: string): ParsedOrigin | null {
  const match = /^(cellgate\/[^/]+)\/(0|[1-9][0-9]{0,8})$/.exec(origin);
  return match === null ? null : { ledger: match[1]!, shard: Number(match[2]) };
}

export interface ShardStart {
  readonly dir: string;
  readonly ledger: string;
  readonly shard: number;
  readonly cell: string;
  readonly at: number;
  readonly key: LedgerKey;
  /** key of the shard before, when it is another one and still here */
  readonly oldKey: LedgerKey | null;
  readonly previous: { readonly checkpoint: string; readonly fault: string | null } | null;
}

/** Makes a shard whose first leaf says how the one before it ended. */
export function startShard(crypto: LedgerCrypto, start: ShardStart): void {
  const origin = originOf(start.ledger, start.shard);
  const signer = signerOf(crypto, origin, start.key);
  const key = vkeyOf(signer.key);
  const opening: ShardOpening = {
    receipt_type: "shard_opening",
    origin,
    cell: start.cell,
    shard: start.shard,
    opened_at: start.at,
    key,
    previous:
      start.previous === null
        ? null
        : {
            checkpoint: start.previous.checkpoint,
            fault: start.previous.fault,
            endorsement: start.oldKey === null ? null : endorse(crypto, start, key),
          },
  };
  const body = Buffer.from(openingText(opening));
  const sealed = crypto.seal(body, Buffer.from(NO_PREVIOUS, "hex"));
  const frontier = new Frontier(crypto.tree);
  frontier.append(sealed.leafHash);
  createShard(shardFile(start.dir, start.shard), (db) => {
    const tables = shardTables(db);
    tables.insertEntry({
      idx: 0,
      id: openingId(start.shard),
      ord: idOrder(openingId(start.shard)),
      type: opening.receipt_type,
      at: start.at,
      hashes: sealed.hashes,
      body,
    });
    tables.setHead(1, frontier.root());
  });
}

export const openingId = (shard: number): string => `opening.${shard}`;

/** The old key vouches for the new one under the old shard's name. */
function endorse(crypto: LedgerCrypto, start: ShardStart, vkey: string): string {
  return signNote(endorsementText(vkey), [
    signerOf(crypto, originOf(start.ledger, start.shard - 1), start.oldKey!),
  ]);
}

export interface ReadOpening {
  readonly opening: ShardOpening;
  readonly key: NoteKey;
}

/** Throws with the reason when row 0 is not the opening of this shard. */
export function readOpening(crypto: LedgerCrypto, tables: ShardTables, shard: number): ReadOpening {
  const row = tables.entriesFrom(0, 1)[0];
  if (row === undefined || row.idx !== 0 || row.body === null) throw new Error("row 0 is missing");
  const text = row.body.toString("utf8");
  const parsed = shardOpening.safeParse(JSON.parse(text));
  if (!parsed.success || canonicalText(parsed.data) !== text) throw new Error("row 0 is not a shard opening");
  const opening = parsed.data;
  const origin = parseOrigin(opening.origin);
  if (opening.shard !== shard || origin?.shard !== shard)
    throw new Error(`this is shard ${opening.shard}, not ${shard}: shards were swapped`);
  const key = parseVkey(crypto, opening.key);
  if (!key.ok || key.value.name !== opening.origin) throw new Error("the opening names no usable key");
  const leaf = crypto.seal(row.body, Buffer.from(NO_PREVIOUS, "hex"));
  if (!leaf.hashes.equals(row.hashes)) throw new Error("row 0 does not match its hashes");
  return { opening, key: key.value };
}

/** Shard number that a signed note speaks of; null when it is no note of a ledger. */
export function originOfNote(note: string): string | null {
  const parsed = parseNote(note);
  return parsed.ok ? (parsed.value.text.split("\n")[0] ?? null) : null;
}

export const shardExists = (dir: string, shard: number): boolean => existsSync(shardFile(dir, shard));
