import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LatchedCause } from "../../core/domain/index.ts";
import { listShards, shardFile } from "./layout.ts";
import { type KeptMark, KEPT_MARKS, readBody } from "./kept-mark.ts";
import { openShardForReading, shardTables } from "./shard-file.ts";

/** The newest receipt that carries the mark, from the newest shard that has one; null: there is none, or it cannot be read. */
function newest(dir: string, mark: KeptMark): Record<string, unknown> | null {
  try {
    for (const shard of listShards(dir).reverse()) {
      const db = openShardForReading(shardFile(dir, shard));
      try {
        const tables = shardTables(db);
        const index = tables.mark(mark);
        if (index === undefined) continue;
        const row = tables.entriesFrom(Number(index), 1)[0];
        return row === undefined || row.body === null ? null : readBody(row.body);
      } finally {
        db.close();
      }
    }
  } catch {
    // what cannot be read is a fault that the check of the shards reports
  }
  return null;
}

/**
 * Stops that were latched when the newest change of state was receipted. A cell leaves STOPPED only by an act of a person,
 * which is a change of state of its own; so these are latched still, whatever the small file beside the ledger says.
 */
export function latchedByLedger(dir: string): readonly LatchedCause[] {
  const body = newest(dir, KEPT_MARKS.state);
  if (body?.["to"] !== "STOPPED") return [];
  const causes = (body["causes"] ?? []) as (LatchedCause & { severity: string; latched: boolean })[];
  return causes
    .filter((cause) => cause.latched && cause.severity === "stop")
    .map(({ code, source, detail }) => ({ code, source, detail }));
}

/** What a person switched the gate to last, and under which configuration; null: it was never switched. */
export function stageByLedger(dir: string): { readonly stage: number; readonly configHash: string } | null {
  const body = newest(dir, KEPT_MARKS.stage);
  const stage = (body?.["details"] as { to?: unknown } | undefined)?.to;
  const configHash = body?.["config_hash"];
  return typeof stage === "number" && typeof configHash === "string" ? { stage, configHash } : null;
}

/** True when a receipt says that something was promoted here. */
export const promotedByLedger = (dir: string): boolean => newest(dir, KEPT_MARKS.promoted) !== null;

/** What only a node that ran before leaves in its folder; null: nothing of that is there. */
export function traceOfRuns(dir: string): string | null {
  for (const name of ["control-tokens.json", join("gate", "stage")])
    if (existsSync(join(dir, name))) return name;
  try {
    const outbox = readdirSync(dir).find((name) => name.endsWith(".outbox.db"));
    if (outbox !== undefined) return outbox;
    return readdirSync(join(dir, "black-box")).length > 0 ? "black-box" : null;
  } catch {
    return null;
  }
}
