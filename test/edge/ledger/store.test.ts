import Database from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { canonicalText } from "../../../src/core/base/canonical.ts";
import { type ReceiptBody, receiptBody } from "../../../src/core/domain/index.ts";
import { createLedgerCrypto } from "../../../src/edge/ledger/crypto.ts";
import { readReceipts, receiptsNaming, verifyLedger } from "../../../src/edge/ledger/index.ts";
import { recover } from "../../../src/edge/ledger/recover.ts";
import type { Incoming, Store } from "../../../src/edge/ledger/store.ts";
import { gateDecision, makeFolder, receiptOf, removeFolders, shardPath } from "./fixture.ts";

afterAll(removeFolders);

const incoming = (n: number, body = gateDecision(n)): Incoming => {
  const receipt = receiptOf(1, n, body);
  return {
    id: receipt.receipt_id,
    type: receipt.body.receipt_type,
    at: receipt.at,
    body: Buffer.from(canonicalText(receipt)),
  };
};
const batch = (from: number, to: number): Incoming[] =>
  Array.from({ length: to - from }, (_, i) => incoming(from + i));
const idsOf = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `r1.${from + i}.0`);
const ids = (dir: string): string[] => [...readReceipts(dir)].slice(1).map((receipt) => receipt.id);

async function openStore(): Promise<{ dir: string; store: Store; verified(): Promise<void> }> {
  const dir = makeFolder();
  const { store } = recover(await createLedgerCrypto(), { dir, cell: "demo", at: 1, anchored: [] });
  return {
    dir,
    store,
    async verified() {
      store.publish(0);
      store.close();
      expect(await verifyLedger({ dir, full: true })).toMatchObject({ ok: true, findings: [] });
    },
  };
}

/** The next insert of this receipt fails, in whichever place of its batch it comes. */
function refuse(dir: string, id: string): () => void {
  const db = new Database(shardPath(dir));
  db.exec(
    `CREATE TRIGGER refusal BEFORE INSERT ON entry WHEN NEW.id = '${id}' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  );
  return () => {
    db.exec("DROP TRIGGER refusal");
    db.close();
  };
}

describe("E32 a batch is stored whole or not at all", () => {
  it.each(["r1.3.0", "r1.9.0", "r1.10.0", "r1.24.0"])(
    "an error at %s leaves nothing behind, and the same batch goes in afterwards",
    async (id) => {
      const { dir, store, verified } = await openStore();
      store.commit(batch(0, 2));
      const [size, root] = [store.size, Buffer.from(store.root)];
      const allow = refuse(dir, id);
      expect(() => store.commit(batch(2, 25))).toThrow("refused");
      expect(store.unsure).toBe(true);
      expect(() => store.commit(batch(30, 31))).toThrow(/read again/);
      expect(ids(dir)).toEqual(idsOf(0, 2));
      store.reread();
      allow();
      expect([store.size, root.equals(store.root)]).toEqual([size, true]);
      expect(store.commit(batch(2, 25))).toEqual({ conflicts: [] });
      expect(ids(dir)).toEqual(idsOf(0, 25));
      await verified();
    },
  );

  it("an error after everything was written: what is stored is not stored twice", async () => {
    const { dir, store, verified } = await openStore();
    const tables = store.tables;
    const commit = tables.commit;
    // the disk took the transaction, the caller was told otherwise
    tables.commit = () => {
      commit();
      throw new Error("unknown");
    };
    expect(() => store.commit(batch(0, 25))).toThrow("unknown");
    store.reread();
    expect(store.size).toBe(26);
    expect(store.commit(batch(0, 26))).toEqual({ conflicts: [] });
    expect(ids(dir)).toEqual(idsOf(0, 26));
    await verified();
  });

  it("one id twice in one batch: the same receipt once, another one refused", async () => {
    const { dir, store, verified } = await openStore();
    const other = incoming(3, gateDecision(99));
    expect(store.commit([...batch(0, 5), incoming(3), other, ...batch(5, 12), incoming(11)])).toEqual({
      conflicts: ["r1.3.0"],
    });
    expect(ids(dir)).toEqual(idsOf(0, 12));
    await verified();
  });

  it("ids that share their place in the index are still told apart", async () => {
    const { dir, store } = await openStore();
    const alias = { ...incoming(1), id: `r${1 + 2 ** 12}.1.0` };
    store.commit([incoming(1), alias]);
    expect(ids(dir)).toEqual(["r1.1.0", `r${1 + 2 ** 12}.1.0`]);
    store.close();
  });
});

describe("E30 receipts of one action", () => {
  it("are found in every shard, and only those", async () => {
    const { dir, store, verified } = await openStore();
    store.commit(batch(0, 1_200));
    await verified();
    expect([...receiptsNaming(dir, "move-7")].map((receipt) => receipt.id)).toEqual(["r1.7.0"]);
    expect([...receiptsNaming(dir, "move-70000")]).toEqual([]);
    expect([...receiptsNaming(dir, 'move-7","x":"')]).toEqual([]);
    expect([...receiptsNaming(dir, "move-1100", { type: "block" })]).toEqual([]);
    expect([...receiptsNaming(dir, "move-1100", { type: "gate_decision" })].length).toBe(1);
  });
  it("name it before anything long, whatever their type: the search looks at their beginning only", () => {
    for (const { shape } of receiptBody.options) {
      if (!("action_id" in shape)) continue;
      const before = Object.keys(shape).filter((key) => key < "action_id");
      // `action` of a stoprule is one of three short words
      expect(before).toEqual(shape.receipt_type.value === "stoprule" ? ["action"] : []);
    }
    const longest = `{"at":${Number.MAX_SAFE_INTEGER},"body":{"action":"escalate",`;
    expect(longest.length).toBeLessThan(160);
  });
  it("are found under the longest and the strangest ids", async () => {
    const { dir, store, verified } = await openStore();
    const names = ["x".repeat(256), "ä€😀".repeat(40), '"quoted\\"'.repeat(20)];
    store.commit(names.map((name, n) => incoming(n, { ...gateDecision(n), action_id: name } as ReceiptBody)));
    await verified();
    for (const [n, name] of names.entries())
      expect([...receiptsNaming(dir, name)].map((receipt) => receipt.id)).toEqual([`r1.${n}.0`]);
  });
});
