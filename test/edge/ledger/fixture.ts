import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Code, LatchedCause, Receipt, ReceiptBody, ReceiptId } from "../../../src/core/domain/index.ts";
import { deploymentSchema, type LedgerConfig } from "../../../src/core/domain/index.ts";
import { type Ledger, openLedger } from "../../../src/edge/ledger/index.ts";

export const ledgerSettings = (over: Partial<LedgerConfig> = {}): LedgerConfig =>
  deploymentSchema.shape.ledger.parse(over);

const folders: string[] = [];
/** a folder that `removeFolders` removes */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-ledger-"));
  folders.push(folder);
  return folder;
}
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
export function copyFolder(dir: string): string {
  const copy = makeFolder();
  cpSync(dir, copy, { recursive: true });
  return copy;
}

export const EPOCH_US = 1_790_000_000_000_000;
export const gateDecision = (n: number): ReceiptBody => ({
  receipt_type: "gate_decision",
  action_id: `move-${n}`,
  confidence_score: 0.92 + (n % 7) / 100,
  decision: "GREEN",
  context_drift: 0.05,
  reasoning_entropy: 0.12,
  enforced: true,
  terms: { lower_bound: 0.96, trials: 100 },
});
export const takenIntoUse: ReceiptBody = {
  receipt_type: "promotion",
  candidate: "a".repeat(64),
  baseline: "built-in",
  step: "decide",
  outcome: "promoted",
  code: "PROMOTION_PASSED",
  terms: { kind: "head", swapped: true },
};
export const receiptOf = (
  boot: number,
  n: number,
  body: ReceiptBody = gateDecision(n),
  at = EPOCH_US + boot * 1e9 + n * 1_000,
): Receipt => ({
  receipt_id: `r${boot}.${n}.0`,
  at,
  cell: "demo",
  config_hash: "0".repeat(64),
  body,
});

export interface Opened {
  readonly ledger: Ledger;
  readonly health: { code: Code; active: boolean; detail: string }[];
  readonly stored: Map<ReceiptId, boolean>;
  append(n: number, body?: ReceiptBody, at?: number): boolean;
  fill(from: number, to: number): Promise<void>;
}
export async function open(dir: string, over: Partial<LedgerConfig> = {}): Promise<Opened> {
  const health: Opened["health"] = [];
  const stored: Opened["stored"] = new Map();
  const ledger = await openLedger({
    dir,
    cell: "demo",
    configHash: "0".repeat(64),
    settings: ledgerSettings(over),
    onStored: (ids, ok) => {
      for (const id of ids) stored.set(id, ok);
    },
    onHealth: (code, active, detail) => void health.push({ code, active, detail }),
  });
  const { boot } = ledger.recovered;
  const append = (n: number, body?: ReceiptBody, at?: number): boolean =>
    ledger.append(receiptOf(boot, n, body, at));
  return {
    ledger,
    health,
    stored,
    append,
    async fill(from, to) {
      for (let n = from; n < to; n++) if (!append(n)) throw new Error(`receipt ${n} was refused`);
      await ledger.flush();
    },
  };
}

/** Opens, writes `count` receipts, closes. */
export async function writeLedger(
  dir: string,
  count: number,
  over: Partial<LedgerConfig> = {},
): Promise<void> {
  const { ledger, fill } = await open(dir, over);
  await fill(0, count);
  await ledger.close();
}

export const shardPath = (dir: string, shard = 0): string =>
  join(dir, "ledger", `shard-${String(shard).padStart(6, "0")}.sqlite`);

/** Changes a closed ledger's file the way an intruder with a database tool would. */
export function tamper(dir: string, change: (db: Database.Database) => void, shard = 0): void {
  const db = new Database(shardPath(dir, shard));
  try {
    change(db);
  } finally {
    db.close();
  }
}

export const cause = (detail: string): LatchedCause => ({ code: "LEDGER_UNTRUSTED", source: "test", detail });
export const until = async (check: () => boolean, what: string, ms = 10_000): Promise<void> => {
  for (let waited = 0; !check(); waited += 10) {
    if (waited > ms) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
