import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLedgerCrypto, type LedgerCrypto } from "../../../src/edge/ledger/crypto.ts";
import { type VerifyOptions, type VerifyReport, verifyLedger } from "../../../src/edge/ledger/index.ts";
import { type FindingKind, Frontier, NO_PREVIOUS } from "../../../src/core/receipts/index.ts";
import { copyFolder, makeFolder, open, removeFolders, shardPath, tamper, writeLedger } from "./fixture.ts";

/** E31: every way of changing the ledger is found by somebody who trusts neither the node nor us. */
const ROWS = 700;
let original: string;
let sharded: string;
let crypto: LedgerCrypto;

beforeAll(async () => {
  crypto = await createLedgerCrypto();
  original = makeFolder();
  await writeLedger(original, ROWS);
  sharded = makeFolder();
  await writeLedger(sharded, 250, { shardMaxReceipts: 100 });
});
afterAll(removeFolders);

const verify = (dir: string, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> =>
  verifyLedger({ dir, full: true, ...options });
const kinds = (report: VerifyReport): FindingKind[] => [...new Set(report.findings.map((f) => f.kind))];
const at = (report: VerifyReport, kind: FindingKind): (number | null)[] =>
  report.findings.filter((f) => f.kind === kind).map((f) => f.index);
const noteOf = (dir: string): string => readFileSync(join(dir, "ledger", "checkpoint"), "utf8");
const bodyAt = (db: Database.Database, idx: number): string =>
  (db.prepare("SELECT body FROM entry WHERE idx = ?").get(idx) as { body: Buffer }).body.toString();

/** What an intruder without the key can do at most: derive every hash, node and root anew. */
function forge(db: Database.Database): void {
  const rows = db.prepare("SELECT idx, body FROM entry ORDER BY idx").all() as {
    idx: number;
    body: Buffer;
  }[];
  const frontier = new Frontier(crypto.tree);
  let previous: Buffer = Buffer.from(NO_PREVIOUS, "hex");
  db.exec("DELETE FROM node");
  for (const { idx, body } of rows) {
    const { hashes, leafHash } = crypto.seal(body, previous);
    db.prepare("UPDATE entry SET hashes = ? WHERE idx = ?").run(hashes, idx);
    frontier.append(
      leafHash,
      (level, index, hash) =>
        level >= 8 && db.prepare("INSERT INTO node VALUES (?, ?, ?)").run(level, index, hash),
    );
    previous = leafHash;
  }
  db.prepare("UPDATE checkpoint SET root = ? WHERE size = ?").run(frontier.root(), rows.length);
}

describe("E31 the untouched ledger", () => {
  it("verifies, also with the second implementation and every schema", async () => {
    for (const dir of [original, sharded]) {
      expect(await verify(dir)).toMatchObject({ ok: true, findings: [], unsignedTail: 0 });
      expect(await verify(dir, { independent: true })).toMatchObject({ ok: true, findings: [] });
    }
    expect((await verify(sharded)).shards.length).toBeGreaterThan(2);
  });

  it("says how many rows no anchor covers", async () => {
    const dir = copyFolder(original);
    const note = noteOf(dir);
    const { ledger, fill } = await open(dir);
    await fill(0, 30);
    await ledger.close();
    const report = await verify(dir, { anchors: [{ from: "stick", note }] });
    expect(report).toMatchObject({ ok: true, unanchoredTail: 30 });
    expect((await verify(dir, { anchors: [] })).unanchoredTail).toBe(ROWS + 31);
  });
});

describe("E31 detected", () => {
  const altered = (change: (db: Database.Database) => void, from = original, shard = 0): string => {
    const dir = copyFolder(from);
    tamper(dir, change, shard);
    return dir;
  };
  const edit = (db: Database.Database, idx: number): void => {
    const body = bodyAt(db, idx).replace("GREEN", "GREET");
    db.prepare("UPDATE entry SET body = ? WHERE idx = ?").run(Buffer.from(body), idx);
  };

  it("edited body", async () => {
    const report = await verify(altered((db) => edit(db, 200)));
    expect(report.ok).toBe(false);
    expect(at(report, "body")).toEqual([200]);
  });

  it("bytes that are no text in place of a receipt", async () => {
    const report = await verify(
      altered((db) =>
        db
          .prepare(
            "UPDATE entry SET body = CAST(substr(body, 1, 40) || x'ff' || substr(body, 42) AS BLOB) WHERE idx = 77",
          )
          .run(),
      ),
    );
    expect(at(report, "body")).toEqual([77]);
  });

  it("edited body with all its hashes made to fit", async () => {
    const report = await verify(
      altered((db) => {
        edit(db, 200);
        const previous = (
          db.prepare("SELECT hashes FROM entry WHERE idx = 199").get() as { hashes: Buffer }
        ).hashes.subarray(0, 32);
        db.prepare("UPDATE entry SET hashes = ? WHERE idx = 200").run(
          crypto.seal(Buffer.from(bodyAt(db, 200)), previous).hashes,
        );
      }),
    );
    expect(at(report, "chain")).toEqual([201]);
    expect(kinds(report)).toContain("tree");
  });

  it("edited body with the whole tree derived anew", async () => {
    const report = await verify(
      altered((db) => {
        edit(db, 200);
        forge(db);
      }),
    );
    expect(kinds(report).some((kind) => kind === "checkpoint" || kind === "signature")).toBe(true);
  });

  it("edited hash column", async () => {
    const dir = altered((db) =>
      db
        .prepare(
          "UPDATE entry SET hashes = CAST(substr(hashes, 1, 64) || randomblob(32) AS BLOB) WHERE idx = 123",
        )
        .run(),
    );
    expect(at(await verify(dir), "hash")).toEqual([123]);
    const leaf = altered((db) =>
      db
        .prepare(
          "UPDATE entry SET hashes = CAST(randomblob(32) || substr(hashes, 33) AS BLOB) WHERE idx = 123",
        )
        .run(),
    );
    expect(kinds(await verify(leaf))).toContain("tree");
  });

  it("edited columns beside the receipt", async () => {
    for (const change of ["id = 'r9.9.9'", "type = 'block'", "at = at + 1"])
      expect(
        at(
          await verify(altered((db) => db.prepare(`UPDATE entry SET ${change} WHERE idx = 321`).run())),
          "columns",
        ),
      ).toEqual([321]);
  });

  it("deleted middle row", async () => {
    const report = await verify(altered((db) => db.prepare("DELETE FROM entry WHERE idx = 350").run()));
    expect(at(report, "missing")).toEqual([350]);
  });

  it("deleted middle row with the later ones moved up", async () => {
    const report = await verify(
      altered((db) => {
        db.prepare("DELETE FROM entry WHERE idx = 350").run();
        for (let idx = 351; idx <= ROWS; idx++)
          db.prepare("UPDATE entry SET idx = idx - 1 WHERE idx = ?").run(idx);
      }),
    );
    expect(at(report, "chain")).toEqual([350]);
    expect(kinds(report)).toContain("rollback");
  });

  it("dropped newest rows", async () => {
    const report = await verify(altered((db) => db.prepare("DELETE FROM entry WHERE idx > 600").run()));
    expect(kinds(report)).toContain("rollback");
    expect(report.unsignedTail).toBe(0);
  });

  it("dropped newest rows with tree and checkpoints cut to fit", async () => {
    const dir = altered((db) => {
      db.prepare("DELETE FROM entry WHERE idx > 600").run();
      db.exec("DELETE FROM checkpoint");
      db.prepare("INSERT INTO checkpoint VALUES (601, zeroblob(32), NULL)").run();
      forge(db);
    });
    expect(kinds(await verify(dir))).toContain("rollback");
    rmSync(join(dir, "ledger", "checkpoint"));
    const report = await verify(dir, { anchors: [{ from: "stick", note: noteOf(original) }] });
    expect(kinds(report)).toContain("rollback");
  });

  it("cut prefix", async () => {
    const report = await verify(altered((db) => db.prepare("DELETE FROM entry WHERE idx < 100").run()));
    expect(kinds(report)).toEqual(expect.arrayContaining(["missing", "opening"]));
    const dir = copyFolder(sharded);
    rmSync(shardPath(dir, 0));
    expect(kinds(await verify(dir))).toContain("missing");
  });

  it("reordered rows", async () => {
    const report = await verify(
      altered((db) => {
        db.prepare("UPDATE entry SET idx = 1000000 WHERE idx = 40").run();
        db.prepare("UPDATE entry SET idx = 40 WHERE idx = 41").run();
        db.prepare("UPDATE entry SET idx = 41 WHERE idx = 1000000").run();
      }),
    );
    expect(at(report, "chain")).toEqual(expect.arrayContaining([40, 41]));
    expect(kinds(report)).toContain("tree");
  });

  it("forked copy: two continuations of one ledger cannot both fit an anchor", async () => {
    const other = copyFolder(original);
    for (const [dir, shift] of [
      [original, 0],
      [other, 5_000],
    ] as const) {
      const { ledger, fill } = await open(dir);
      await fill(shift, shift + 20);
      await ledger.close();
    }
    expect(await verify(other)).toMatchObject({ ok: true });
    const report = await verify(other, { anchors: [{ from: "broker", note: noteOf(original) }] });
    expect(kinds(report)).toEqual(["rollback"]);
    expect(report.findings[0]?.detail).toMatch(/not those that were signed/);
  });

  it("rolled-back copy: the whole folder, against any one anchor", async () => {
    const old = copyFolder(original);
    const { ledger, fill } = await open(original);
    await fill(0, 15);
    await ledger.close();
    expect(await verify(old)).toMatchObject({ ok: true });
    const report = await verify(old, { anchors: [{ from: "stick", note: noteOf(original) }] });
    expect(kinds(report)).toEqual(["rollback"]);
  });

  it("rolled-back database alone: the checkpoint file beside it tells", async () => {
    const dir = copyFolder(original);
    const old = readFileSync(shardPath(dir));
    const { ledger, fill } = await open(dir);
    await fill(0, 15);
    await ledger.close();
    writeFileSync(shardPath(dir), old);
    expect(kinds(await verify(dir))).toContain("rollback");
    const again = await open(dir);
    expect(again.ledger.recovered.fault).toMatch(/only \d+ are there/);
    await again.ledger.close();
  });

  it("rolled-back to before a new shard", async () => {
    const dir = copyFolder(sharded);
    const note = noteOf(dir);
    const newest = readdirSync(join(dir, "ledger"))
      .filter((name) => name.endsWith(".sqlite"))
      .sort()
      .at(-1)!;
    rmSync(join(dir, "ledger", newest));
    expect(kinds(await verify(dir, { anchors: [{ from: "stick", note }] }))).toContain("rollback");
  });

  it("clock running backwards", async () => {
    const dir = makeFolder();
    const { ledger, append } = await open(dir);
    append(0, undefined, 2_000_000);
    append(1, undefined, 1_000_000);
    await ledger.close();
    const report = await verify(dir);
    expect(at(report, "clock")).toEqual([2]);
    expect(report.ok).toBe(false);
  });

  it("swapped shards", async () => {
    const dir = copyFolder(sharded);
    renameSync(shardPath(dir, 0), `${shardPath(dir, 0)}.x`);
    renameSync(shardPath(dir, 1), shardPath(dir, 0));
    renameSync(`${shardPath(dir, 0)}.x`, shardPath(dir, 1));
    expect(at(await verify(dir), "opening").length).toBe(2);
  });

  it("shard of another ledger put in place", async () => {
    const dir = copyFolder(sharded);
    const foreign = makeFolder();
    await writeLedger(foreign, 250, { shardMaxReceipts: 100 });
    writeFileSync(shardPath(dir, 1), readFileSync(shardPath(foreign, 1)));
    const report = await verify(dir);
    expect(kinds(report)).toEqual(expect.arrayContaining(["link", "key"]));
  });

  it("altered checkpoint: text, root or signature", async () => {
    const changes = [
      "note = replace(note, char(10) || size || char(10), char(10) || (size - 1) || char(10))",
      "root = randomblob(32)",
      "note = substr(note, 1, length(note) - 12) || 'AAAAAAAAAAA' || char(10)",
      "note = 'nothing'",
    ];
    for (const change of changes) {
      const report = await verify(
        altered((db) =>
          db.prepare(`UPDATE checkpoint SET ${change} WHERE size = (SELECT max(size) FROM checkpoint)`).run(),
        ),
      );
      expect(report.ok, change).toBe(false);
      expect(
        kinds(report).some((kind) => kind === "signature" || kind === "tree" || kind === "checkpoint"),
        change,
      ).toBe(true);
    }
  });

  it("altered anchor", async () => {
    const note = noteOf(original);
    const size = note.split("\n")[1]!;
    for (const wrong of [
      note.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`),
      note.slice(0, -10),
      "",
      note.replace("cellgate/", "cellgat/"),
    ]) {
      const report = await verify(original, { anchors: [{ from: "stick", note: wrong }] });
      expect(kinds(report)).toEqual(["anchor"]);
    }
  });

  it("a key that somebody trusts but the ledger does not know", async () => {
    const foreign = makeFolder();
    await writeLedger(foreign, 1);
    const [name = "", id = ""] = noteOf(foreign).split("\n");
    expect(name).toMatch(/^cellgate\/demo-/);
    expect(id).toBe("2");
    const { opened } = await keyOf(foreign);
    expect(kinds(await verify(original, { trusted: opened }))).toEqual(["key"]);
    expect(await verify(original, { trusted: (await keyOf(original)).opened })).toMatchObject({ ok: true });
  });
});

async function keyOf(dir: string) {
  const { ledgerKeyText } = await import("../../../src/edge/ledger/index.ts");
  const { parseVkey } = await import("../../../src/core/receipts/index.ts");
  const key = parseVkey(crypto, ledgerKeyText(dir));
  if (!key.ok) throw new Error(key.error);
  return { opened: key.value };
}
