import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { canonicalText } from "../../../src/core/base/canonical.ts";
import { dualHash, pureHasher } from "../../../src/core/base/hash.ts";
import { MAX_PENDING_RECEIPTS, type Receipt, type ReceiptId } from "../../../src/core/domain/index.ts";
import { createLedgerCrypto, dualOf } from "../../../src/edge/ledger/crypto.ts";
import {
  checkProof,
  ledgerOverview,
  openLedger,
  openMemoryLedger,
  proveReceipt,
  readReceipts,
  rotateKey,
  verifyLedger,
} from "../../../src/edge/ledger/index.ts";
import { openShardForWriting } from "../../../src/edge/ledger/shard-file.ts";
import { leafText, treeHasherOf } from "../../../src/core/receipts/index.ts";
import {
  cause,
  gateDecision,
  ledgerSettings,
  makeFolder,
  open,
  receiptOf,
  removeFolders,
  shardPath,
  takenIntoUse,
  tamper,
  until,
  writeLedger,
} from "./fixture.ts";

afterAll(removeFolders);
const good = async (dir: string) =>
  expect(await verifyLedger({ dir, full: true })).toMatchObject({ ok: true, findings: [] });
const ids = (dir: string): string[] => [...readReceipts(dir)].map((receipt) => receipt.id);

describe("E30 stored", () => {
  it("append says at once whether the receipt was taken; stored comes when a power cut cannot lose it", async () => {
    const dir = makeFolder();
    const { ledger, append, stored } = await open(dir);
    expect(append(1)).toBe(true);
    expect(stored.size).toBe(0);
    expect(await ledger.whenStored("r1.1.0" as ReceiptId)).toBe(true);
    expect(stored.get("r1.1.0" as ReceiptId)).toBe(true);
    expect(ledger.stats()).toMatchObject({ appended: 1, stored: 1, pending: 0, treeSize: 2 });
    await ledger.close();
    await good(dir);
  });

  it("every connection that writes syncs fully, whatever the build's default is", () => {
    const dir = makeFolder();
    const path = join(dir, "x.sqlite");
    new Database(path).pragma("application_id = 1128746033");
    const made = new Database(path);
    made.pragma("user_version = 1");
    made.close();
    const db = openShardForWriting(path);
    expect(db.pragma("synchronous", { simple: true })).toBe(2);
    expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(db.pragma("wal_autocheckpoint", { simple: true })).toBe(0);
    db.close();
  });

  it("holds the canonical bytes, both hashes and the tree of what was appended", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 5);
    const rows = [...readReceipts(dir)].slice(1);
    expect(rows.map((row) => row.text)).toEqual(
      Array.from({ length: 5 }, (_, n) => canonicalText(receiptOf(1, n))),
    );
    const db = new Database(shardPath(dir), { readonly: true });
    const hashes = (db.prepare("SELECT hashes FROM entry WHERE idx = 3").get() as { hashes: Buffer }).hashes;
    expect(dualOf(hashes)).toBe(dualHash(Buffer.from(rows[2]!.text!), pureHasher));
    db.close();
  });

  it("one receipt with one id is stored once; another one under that id is refused and told", async () => {
    const dir = makeFolder();
    const { ledger, append, stored, health } = await open(dir);
    append(1);
    await ledger.flush();
    append(1);
    await ledger.flush();
    expect(stored.get("r1.1.0" as ReceiptId)).toBe(true);
    expect(health).toEqual([]);
    append(1, gateDecision(2));
    await ledger.flush();
    expect(stored.get("r1.1.0" as ReceiptId)).toBe(false);
    expect(health).toMatchObject([{ code: "LEDGER_CONFLICT", active: true }]);
    await ledger.close();
    expect(ids(dir)).toEqual(["opening.0", "r1.1.0"]);
    await good(dir);
  });

  it("a receipt that its schema refuses is not stored, and a fault receipt says so", async () => {
    const dir = makeFolder();
    const { ledger, stored, health } = await open(dir);
    const bad = { ...receiptOf(1, 1), extra: 1 } as unknown as Receipt;
    ledger.append(bad);
    ledger.append(receiptOf(1, 2));
    await ledger.flush();
    expect(stored.get("r1.1.0" as ReceiptId)).toBe(false);
    expect(stored.get("r1.2.0" as ReceiptId)).toBe(true);
    expect(health).toMatchObject([{ code: "LEDGER_RECEIPT_INVALID", active: true }]);
    await ledger.close();
    expect(ids(dir)).toEqual(["opening.0", "a1.0", "r1.2.0"]);
  });

  it("the queue is bounded: what does not fit is refused, told, and taken again later", async () => {
    const { ledger, append, health } = await open(makeFolder());
    let taken = 0;
    while (append(taken)) taken++;
    expect(taken).toBe(MAX_PENDING_RECEIPTS);
    expect(health).toMatchObject([{ code: "LEDGER_QUEUE_FULL", active: true }]);
    await ledger.flush();
    expect(health.at(-1)).toMatchObject({ code: "LEDGER_QUEUE_FULL", active: false });
    expect(append(taken)).toBe(true);
    expect(ledger.stats().refused).toBe(1);
    await ledger.close();
    expect(append(taken + 1)).toBe(false);
  });

  it("a second writer is refused", async () => {
    const dir = makeFolder();
    const { ledger } = await open(dir);
    await expect(open(dir)).rejects.toThrow(/another node/);
    await ledger.close();
    await (await open(dir)).ledger.close();
  });
});

describe("A7 start-up", () => {
  it("counts starts, also when the small file is lost", async () => {
    const dir = makeFolder();
    for (const boot of [1, 2, 3]) {
      const { ledger } = await open(dir);
      expect(ledger.recovered).toMatchObject({ boot, latched: [], fault: null });
      expect(ledger.recovered.instance).toMatch(new RegExp(`^cellgate/demo-[0-9a-f]{8}#${boot}$`));
      await ledger.close();
    }
    rmSync(join(dir, "ledger", "boot"));
    const { ledger } = await open(dir);
    expect(ledger.recovered.boot).toBe(4);
    await ledger.close();
  });

  it("brings latched causes back, the newest write counting", async () => {
    const dir = makeFolder();
    const first = await open(dir);
    for (let i = 0; i < 50; i++) expect(first.ledger.persistLatched([cause(`${i}`)])).toBe(true);
    await first.ledger.close();
    const second = await open(dir);
    expect(second.ledger.recovered.latched).toEqual([cause("49")]);
    second.ledger.persistLatched([]);
    await second.ledger.close();
    const third = await open(dir);
    expect(third.ledger.recovered.latched).toEqual([]);
    await third.ledger.close();
  });

  it("a torn slot of latched causes is told, and the one before counts; none readable is a cause itself", async () => {
    const dir = makeFolder();
    const { ledger } = await open(dir);
    ledger.persistLatched([cause("a")]);
    await ledger.whenLatched();
    ledger.persistLatched([cause("b")]);
    await ledger.close();
    const path = join(dir, "ledger", "latched");
    const bytes = readFileSync(path);
    const at = bytes.indexOf('"detail":"b"');
    bytes.write("X", at + 10);
    writeFileSync(path, bytes);
    const torn = await open(dir);
    expect(torn.ledger.recovered.latched).toMatchObject([cause("a"), { code: "LEDGER_STATE_LOST" }]);
    await torn.ledger.close();
    writeFileSync(path, Buffer.alloc(bytes.length));
    const lost = await open(dir);
    expect(lost.ledger.recovered.latched).toMatchObject([{ code: "LEDGER_STATE_LOST" }]);
    await lost.ledger.close();
    rmSync(path);
    const missing = await open(dir);
    expect(missing.ledger.recovered.latched).toMatchObject([{ code: "LEDGER_STATE_LOST" }]);
    await missing.ledger.close();
  });

  it("more latched causes than fit still leave a latch", async () => {
    const dir = makeFolder();
    const { ledger } = await open(dir);
    expect(
      ledger.persistLatched(
        Array.from({ length: 2_000 }, (_, i) => ({ ...cause("x".repeat(500)), source: `source ${i}` })),
      ),
    ).toBe(true);
    await ledger.close();
    const again = await open(dir);
    expect(again.ledger.recovered.latched.length).toBeGreaterThan(100);
    await again.ledger.close();
  });

  const damages: readonly (readonly [string, (db: Database.Database) => void, RegExp])[] = [
    [
      "edited tail",
      (db) =>
        db
          .prepare(
            "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'GREEN', 'GREET') AS BLOB) WHERE idx = 90",
          )
          .run(),
      /row 90 does not match/,
    ],
    ["dropped tail", (db) => db.prepare("DELETE FROM entry WHERE idx > 80").run(), /81 rows are there/],
    ["missing row", (db) => db.prepare("DELETE FROM entry WHERE idx = 50").run(), /rows are missing/],
    [
      "altered opening",
      (db) =>
        db
          .prepare(
            "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'demo', 'demi') AS BLOB) WHERE idx = 0",
          )
          .run(),
      /opening names/,
    ],
    ["altered root", (db) => db.prepare("UPDATE checkpoint SET root = randomblob(32)").run(), /root/],
    [
      "altered signature",
      (db) => db.prepare("UPDATE checkpoint SET note = replace(note, '— cellgate', '— cellgat')").run(),
      /signature/,
    ],
  ];
  it.each(damages)(
    "%s: starts blocked with the reason, keeps the evidence, goes on in a new shard",
    async (_name, damage, reason) => {
      const dir = makeFolder();
      await writeLedger(dir, 100);
      tamper(dir, damage);
      const evidence = readFileSync(shardPath(dir));
      const { ledger, append } = await open(dir);
      expect(ledger.recovered.fault).toMatch(reason);
      expect(ledger.recovered.latched).toMatchObject([{ code: "LEDGER_UNTRUSTED" }]);
      append(1);
      expect(await ledger.whenStored("r2.1.0" as ReceiptId)).toBe(true);
      await ledger.close();
      expect(readFileSync(shardPath(dir)).equals(evidence)).toBe(true);
      const again = await open(dir);
      expect(again.ledger.recovered).toMatchObject({
        boot: 3,
        fault: null,
        latched: [{ code: "LEDGER_UNTRUSTED" }],
      });
      again.ledger.persistLatched([]);
      await again.ledger.close();
      const third = await open(dir);
      expect(third.ledger.recovered).toMatchObject({ boot: 4, fault: null, latched: [] });
      await third.ledger.close();
      const report = await verifyLedger({ dir });
      expect(report.ok).toBe(false);
      expect(report.findings.some((f) => f.kind === "recorded")).toBe(true);
    },
  );

  it("a file that is no database, and a ledger whose shards are all gone, start blocked too", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 10);
    writeFileSync(shardPath(dir), "not a database");
    for (const suffix of ["-wal", "-shm"]) rmSync(shardPath(dir) + suffix, { force: true });
    const garbage = await open(dir);
    expect(garbage.ledger.recovered.fault).toMatch(/not a database|not a shard/);
    await garbage.ledger.close();
    rmSync(shardPath(dir, 0));
    rmSync(shardPath(dir, 1));
    const gone = await open(dir);
    expect(gone.ledger.recovered.fault).toMatch(/every shard is missing/);
    await gone.ledger.close();
  });

  it("a lost private key is a fault, and a readable one is not used", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 3);
    const key = join(dir, "ledger", "keys", "ed25519-000.pem");
    expect(statSync(key).mode & 0o777).toBe(0o600);
    rmSync(key);
    const { ledger } = await open(dir);
    expect(ledger.recovered.fault).toMatch(/private key/);
    await ledger.close();
  });

  it("an unfinished first creation is taken up again", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 3);
    rmSync(shardPath(dir));
    rmSync(join(dir, "ledger", "checkpoint"));
    writeFileSync(`${shardPath(dir)}.tmp`, "half");
    const { ledger } = await open(dir);
    expect(ledger.recovered.fault).toBeNull();
    await ledger.close();
    expect(existsSync(`${shardPath(dir)}.tmp`)).toBe(false);
    await good(dir);
  });
});

describe("shards and retention", () => {
  it("seals by size; each shard begins with the last checkpoint of the one before; proofs verify over all", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 450, { shardMaxReceipts: 100 });
    const overview = ledgerOverview(dir);
    expect(overview.shards.map((s) => s.rows)).toEqual([100, 100, 100, 100, 55]);
    await good(dir);
    for (const id of ["r1.0.0", "r1.250.0", "r1.449.0"])
      expect(await proveReceipt(dir, id)).toMatchObject({ ok: true });
  });

  it("seals by age", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 3, { shardMaxDays: 0.01 });
    tamperClock(dir);
    const { ledger } = await open(dir, { shardMaxDays: 0.01 });
    await until(() => ledger.stats().shard === 1, "the second shard");
    await ledger.close();
  });

  it("drops bodies of old sealed shards; hashes, checkpoints and proofs stay", async () => {
    const dir = makeFolder();
    const first = await open(dir, { shardMaxReceipts: 100 });
    const in2001 = 1_000_000_000_000_000;
    for (let n = 0; n < 250; n++) first.append(n, n === 50 ? takenIntoUse : gateDecision(n), in2001 + n);
    await first.ledger.flush();
    const proof = await proveReceipt(dir, "r1.30.0");
    await first.ledger.close();
    const { ledger } = await open(dir, { shardMaxReceipts: 100, keepBodiesDays: 1 });
    await until(
      () =>
        ledgerOverview(dir)
          .shards.slice(0, 2)
          .every((s) => s.droppedBodies),
      "both sealed shards without bodies",
      30_000,
    );
    await ledger.close();
    const report = await verifyLedger({ dir, full: true });
    expect(report).toMatchObject({ ok: true });
    expect(report.shards.map((s) => s.droppedBodies)).toEqual([98, 99, 0]);
    // what came into use is asked for as long as it is in use
    expect([...readReceipts(dir, { type: "promotion" })].map(({ text }) => text)).toEqual([
      expect.stringContaining('"swapped":true'),
    ]);
    const key = report.shards[0]!.key;
    expect(proof.ok && (await checkProof(proof.value.text, key))).toMatchObject({
      ok: true,
      value: { index: 31n },
    });
    expect(await proveReceipt(dir, "r1.30.0")).toMatchObject({ ok: false });
    expect(ids(dir).length).toBe(250 + 3 + 2);
  });

  it("stays below its size limit by dropping bodies, and says so when that is not enough", async () => {
    const dir = makeFolder();
    const { ledger, fill, health } = await open(dir, { maxBytes: 1_000_000, shardMaxReceipts: 100 });
    for (let n = 0; n < 4_000; n += 500) await fill(n, n + 500);
    await until(
      () =>
        ledgerOverview(dir)
          .shards.slice(0, 10)
          .every((s) => s.droppedBodies),
      "bodies dropped",
      30_000,
    );
    await until(
      () => health.some((h) => h.code === "LEDGER_SIZE_STOP" && h.active),
      "the limit to be told",
      30_000,
    );
    await ledger.close();
    await good(dir);
  }, 120_000);

  it("a changed key is vouched for by the old one", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 5);
    expect(rotateKey(dir)).toBe(1);
    await writeLedger(dir, 5);
    const overview = ledgerOverview(dir);
    expect(overview.shards.length).toBe(2);
    await good(dir);
    const report = await verifyLedger({ dir });
    expect(new Set(report.shards.map((s) => s.key.split("+").at(-1))).size).toBe(2);
    tamper(
      dir,
      (db) =>
        db
          .prepare(
            "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'key change', 'key changf') AS BLOB) WHERE idx = 0",
          )
          .run(),
      1,
    );
    expect((await verifyLedger({ dir })).findings.map((f) => f.kind)).toContain("opening");
  });

  it("a running node changes over to a new key by itself", async () => {
    const dir = makeFolder();
    const { ledger, fill } = await open(dir);
    await fill(0, 5);
    rotateKey(dir);
    await until(() => ledger.stats().shard === 1, "the next shard");
    await fill(5, 10);
    await ledger.close();
    await good(dir);
  });

  it("little free space degrades, less blocks", async () => {
    const { ledger, health } = await open(makeFolder(), { diskLowBytes: 1e12, diskStopBytes: 1e12 });
    await until(() => health.length >= 2, "both codes");
    expect(health.map((h) => h.code)).toEqual(["LEDGER_DISK_LOW", "LEDGER_DISK_STOP"]);
    await ledger.close();
  });
});

describe("two implementations", () => {
  it("the fast path and the pure one make the same leaf of every receipt", async () => {
    const crypto = await createLedgerCrypto();
    const pure = treeHasherOf(pureHasher);
    for (const size of [0, 1, 63, 64, 300, 4_096, 70_000]) {
      const text = canonicalText({ x: "é".repeat(size) });
      const previous = crypto.sha256(Buffer.from(String(size)));
      const { hashes, leafHash } = crypto.seal(Buffer.from(text), previous);
      const dual = dualHash(Buffer.from(text), pureHasher);
      expect(dualOf(hashes)).toBe(dual);
      expect(
        Buffer.from(
          pure.leaf(Buffer.from(leafText(text, dual, Buffer.from(previous).toString("hex")))),
        ).equals(leafHash),
      ).toBe(true);
    }
  });

  it("a replay's memory ledger gives the digest that an export of the same run gives", async () => {
    const texts: string[] = [];
    const memory = await openMemoryLedger({ onReceipt: (text) => void texts.push(text) });
    for (let n = 0; n < 20; n++) expect(memory.append(receiptOf(1, n))).toBe(true);
    expect(await memory.whenStored("r1.3.0" as ReceiptId)).toBe(true);
    const { createHash } = await import("node:crypto");
    expect(memory.digest()).toBe(
      createHash("sha256")
        .update(texts.map((t) => `${t}\n`).join(""))
        .digest("hex"),
    );
    const again = await openMemoryLedger();
    for (let n = 0; n < 20; n++) again.append(receiptOf(1, n));
    expect([again.digest(), again.root()]).toEqual([memory.digest(), memory.root()]);
    again.append(receiptOf(1, 21));
    expect(again.root()).not.toBe(memory.root());
  });
});

describe("the thread", () => {
  it("answers, closes, and takes nothing afterwards", async () => {
    const dir = makeFolder();
    const { ledger, append, health, stored } = await open(dir);
    append(1);
    await ledger.flush();
    await ledger.ping();
    expect(health).toEqual([]);
    expect(stored.size).toBe(1);
    await ledger.close();
    expect(append(2)).toBe(false);
  });

  it("refuses a folder that it cannot write to with words", async () => {
    const settings = ledgerSettings();
    await expect(
      openLedger({
        dir: "/proc/cellgate",
        cell: "demo",
        configHash: "",
        settings,
        onStored: () => undefined,
        onHealth: () => undefined,
      }),
    ).rejects.toThrow();
  });
});

function tamperClock(dir: string): void {
  // the opening is dated by the system's clock; the shard is aged by moving its column, which nothing is derived from
  tamper(dir, (db) => db.prepare("UPDATE entry SET at = 1 WHERE idx = 0").run());
}
