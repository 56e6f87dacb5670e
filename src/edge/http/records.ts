import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { CODES, RECEIPT_SCHEMAS } from "../../core/domain/index.ts";
import {
  hasLedger,
  ledgerKeyText,
  newestReceipts,
  proveReceipt,
  type StoredReceipt,
} from "../ledger/index.ts";
import { parseLeaf, parseTlogProof } from "../../core/receipts/index.ts";

/** What the page asks of the ledger. Read from disk on the page's thread; a running node is never held up. */
const ROWS_MAX = 200;
const SEARCH_ROWS_MAX = 20_000;
const UNSIGNED_ROWS_MAX = 2_000;
const STATES_MAX = 5_000;
/** starts of runs whose last word is looked up, each a question of its own */
const STARTS_MAX = 40;

const receiptType = z.enum(Object.keys(RECEIPT_SCHEMAS) as [string, ...string[]]);
const query = z.object({
  type: receiptType.optional(),
  /** a type that is left out: digests come every second and would fill the list */
  without: receiptType.optional(),
  search: z.string().max(200).optional(),
  since: z.coerce.number().int().nonnegative().optional(),
  until: z.coerce.number().int().nonnegative().optional(),
});

export interface RecordRow {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly shard: number;
  readonly index: number;
  readonly body: unknown;
}
const rowOf = (stored: StoredReceipt): RecordRow => ({
  id: stored.id,
  type: stored.type,
  at: stored.at,
  shard: stored.shard,
  index: stored.index,
  body: stored.text === null ? null : ((JSON.parse(stored.text) as { body?: unknown }).body ?? null),
});

/** A centre of rollouts that keeps its folder beside this one: what only it writes is read from its ledger too. */
const centreOf = (dataDir: string): string => join(dirname(resolve(dataDir)), "rollouts");
const CENTRE_TYPES: ReadonlySet<string | undefined> = new Set(["rollout", "audit"]);
const placesOf = (dataDir: string, type: string | undefined): string[] =>
  [dataDir, ...(CENTRE_TYPES.has(type) ? [centreOf(dataDir)] : [])].filter(hasLedger);

/** Newest first. With a search the newest part of the ledger is looked through, and the answer says how much. */
export function findReceipts(
  dataDir: string,
  params: URLSearchParams,
): { rows: RecordRow[]; looked: number } {
  const asked = query.parse(Object.fromEntries(params));
  const filter = {
    ...(asked.type !== undefined && { type: asked.type }),
    ...(asked.since !== undefined && { since: asked.since }),
    ...(asked.until !== undefined && { until: asked.until }),
  };
  const needle = asked.search?.toLowerCase();
  const all = needle === undefined && asked.without === undefined;
  const places = placesOf(dataDir, asked.type);
  const newest = places.flatMap((dir) => newestReceipts(dir, all ? ROWS_MAX : SEARCH_ROWS_MAX, filter));
  if (places.length > 1) newest.sort((a, b) => b.at - a.at);
  const found = newest.filter(
    (r) =>
      r.type !== asked.without &&
      (needle === undefined || r.id === needle || (r.text ?? r.id).toLowerCase().includes(needle)),
  );
  return { rows: found.slice(0, ROWS_MAX).map(rowOf), looked: newest.length };
}

export interface StateChange {
  readonly at: number;
  readonly to: string;
  readonly code: string;
  /** when the run before had its last word; what was between is not known. null: no start of a run */
  readonly last_word: number | null;
}
/** States from the ledger, oldest first: what the page's memory of an hour does not reach. */
export function stateChanges(dataDir: string, params: URLSearchParams): StateChange[] {
  const { since = 0 } = query.parse(Object.fromEntries(params));
  if (!hasLedger(dataDir)) return [];
  const rows = newestReceipts(dataDir, STATES_MAX, { type: "state_change", since }).map(rowOf);
  let starts = 0;
  const changes = rows.flatMap(({ at, body }): StateChange[] => {
    const { from, to, code } = (body ?? {}) as { from?: string; to?: string; code?: string };
    if (to === undefined || code === undefined) return [];
    const asks = from === "OFF" && starts++ < STARTS_MAX;
    return [{ at, to, code, last_word: asks ? lastWordBefore(dataDir, at) : null }];
  });
  return changes.reverse();
}
const lastWordBefore = (dataDir: string, at: number): number =>
  newestReceipts(dataDir, 1, { until: at - 1 })[0]?.at ?? at;

export interface OneReceipt {
  readonly text: string | null;
  readonly proof: string | null;
  readonly key: string | null;
  readonly why: string;
}
/** One receipt with its text, and the proof that it stands in the signed tree. */
export async function oneReceipt(dataDir: string, id: string): Promise<OneReceipt> {
  const own = await receiptOf(dataDir, id);
  return own.text === null && hasLedger(centreOf(dataDir)) ? receiptOf(centreOf(dataDir), id) : own;
}
async function receiptOf(dataDir: string, id: string): Promise<OneReceipt> {
  if (!hasLedger(dataDir)) return { text: null, proof: null, key: null, why: "no ledger here yet" };
  const key = ledgerKeyText(dataDir);
  const proof = await proveReceipt(dataDir, id);
  if (!proof.ok) return { text: newestTextOf(dataDir, id), proof: null, key, why: proof.error };
  const parsed = parseTlogProof(proof.value.text);
  const leaf =
    parsed.ok && parsed.value.extra !== null
      ? parseLeaf(Buffer.from(parsed.value.extra).toString("utf8"))
      : null;
  return { text: leaf?.receiptText ?? null, proof: proof.value.text, key, why: "" };
}
/** what no signed root covers yet is among the newest */
const newestTextOf = (dataDir: string, id: string): string | null =>
  newestReceipts(dataDir, UNSIGNED_ROWS_MAX).find((stored) => stored.id === id)?.text ?? null;

export const codesTable = (): unknown => CODES;
