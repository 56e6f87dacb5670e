import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pureHasher } from "../../../src/core/base/hash.ts";
import { deploymentSchema } from "../../../src/core/domain/index.ts";
import {
  ledgerKeyText,
  ledgerOverview,
  readAnchors,
  readReceipts,
  verifyLedger,
} from "../../../src/edge/ledger/index.ts";
import { AnchorKeeper } from "../../../src/edge/ledger/anchors/keeper.ts";
import { parseVkey } from "../../../src/core/receipts/index.ts";
import { copyFolder, makeFolder, open, removeFolders, until, writeLedger } from "./fixture.ts";
import { startWitness, type Witness } from "./witness.ts";

afterAll(removeFolders);
const bodies = (dir: string, type: string) =>
  [...readReceipts(dir, { type })].map(
    (r) => (JSON.parse(r.text!) as { body: Record<string, unknown> }).body,
  );
const publicKey = (dir: string): Uint8Array => {
  const key = parseVkey(pureHasher, ledgerKeyText(dir));
  if (!key.ok) throw new Error(key.error);
  return key.value.publicKey;
};

describe("E31 anchor in a folder on another medium", () => {
  it("takes the newest checkpoint, with a receipt; an idle node stays quiet", async () => {
    const [dir, stick] = [makeFolder(), makeFolder()];
    const { ledger, fill } = await open(dir, {
      anchors: [{ kind: "directory", path: stick }],
      anchorEverySeconds: 1,
    });
    await fill(0, 10);
    await until(() => ledger.stats().anchors[0]!.size >= 11, "the anchor");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await ledger.close();
    const sent = bodies(dir, "anchor");
    expect(sent.length).toBeGreaterThanOrEqual(1);
    expect(sent.length).toBeLessThanOrEqual(3);
    expect(sent.at(-1)).toMatchObject({ outcome: "sent", sink: `directory:${stick}` });
    expect(readdirSync(stick).length).toBe(1);
    const report = await verifyLedger({ dir, anchors: readAnchors(stick) });
    expect(report).toMatchObject({ ok: true });
    expect(report.unanchoredTail).toBeLessThanOrEqual(3);
    expect(ledgerOverview(dir).shards[0]!.anchors).toMatchObject([{ sink: `directory:${stick}` }]);
  });

  it("what stands on the medium is never replaced: a forged head leaves the honest ones where they were", async () => {
    const [dir, stick] = [makeFolder(), makeFolder()];
    const settings = { anchors: [{ kind: "directory" as const, path: stick }], anchorEverySeconds: 3_600 };
    const { ledger, fill } = await open(dir, settings);
    for (const from of [0, 10, 20]) {
      await fill(from, from + 10);
      await ledger.anchorNow();
    }
    await ledger.close();
    const [name] = readdirSync(stick);
    const before = readFileSync(join(stick, name!), "utf8");
    const notes = readAnchors(stick).map(({ note }) => note);
    expect(notes.length).toBeGreaterThanOrEqual(3);
    expect(await verifyLedger({ dir, anchors: readAnchors(stick) })).toMatchObject({ ok: true });
    // a power cut tore the newest one: the others count, and the next stands behind it
    writeFileSync(join(stick, name!), before.slice(0, -40));
    expect(readAnchors(stick).map(({ note }) => note)).toEqual(notes.slice(0, -1));
    const again = await open(dir, settings);
    await again.fill(40, 50);
    await again.ledger.anchorNow();
    await again.ledger.close();
    expect(readFileSync(join(stick, name!), "utf8").startsWith(before.slice(0, -40))).toBe(true);
    const { findings } = await verifyLedger({ dir, anchors: readAnchors(stick) });
    // the torn one is named, since nobody can tell a power cut from a hand; the honest ones hold
    expect(findings.filter(({ kind }) => kind === "anchor" || kind === "rollback")).toMatchObject([
      { kind: "anchor", detail: expect.stringContaining("altered or damaged") },
    ]);
    // whoever replaced the head of the file has to answer the older notes
    expect(
      readAnchors(stick)
        .map(({ note }) => note)
        .slice(0, 2),
    ).toEqual(notes.slice(0, 2));
  });

  it("a medium that is not there is never made up: told once, late after three periods, caught up later", async () => {
    const dir = makeFolder();
    const stick = join(makeFolder(), "media", "stick");
    const { ledger, fill, health } = await open(dir, {
      anchors: [{ kind: "directory", path: stick }],
      anchorEverySeconds: 1,
    });
    await fill(0, 5);
    await until(
      () => health.some((h) => h.code === "LEDGER_ANCHOR_LATE" && h.active),
      "the late code",
      20_000,
    );
    mkdirSync(stick, { recursive: true });
    await until(
      () => health.at(-1)?.code === "LEDGER_ANCHOR_LATE" && !health.at(-1)!.active,
      "the end of it",
      20_000,
    );
    await ledger.close();
    expect(bodies(dir, "anchor").map((b) => b["outcome"])).toEqual(["failed", "sent"]);
    expect(await verifyLedger({ dir, anchors: readAnchors(stick) })).toMatchObject({ ok: true });
  });

  it("an older copy of the whole folder is found at start, and the cell starts blocked", async () => {
    const [dir, stick] = [makeFolder(), makeFolder()];
    const settings = { anchors: [{ kind: "directory" as const, path: stick }], anchorEverySeconds: 1 };
    await writeLedger(dir, 10);
    const old = copyFolder(dir);
    const { ledger, fill } = await open(dir, settings);
    await fill(0, 10);
    await ledger.anchorNow();
    await ledger.close();
    const back = await open(old, settings);
    expect(back.ledger.recovered.fault).toMatch(/older copy|not those that were signed/);
    expect(back.ledger.recovered.latched).toMatchObject([{ code: "LEDGER_UNTRUSTED" }]);
    await back.ledger.anchorNow();
    await back.ledger.close();
    // the evidence on the medium is kept: the new shard has a name of its own
    expect(readdirSync(stick).length).toBe(2);
    const again = await open(old, settings);
    expect(again.ledger.recovered.fault).toBeNull();
    await again.ledger.close();
  });

  it("an altered checkpoint on the medium is told and proves nothing against the rows", async () => {
    const [dir, stick] = [makeFolder(), makeFolder()];
    const settings = { anchors: [{ kind: "directory" as const, path: stick }], anchorEverySeconds: 60 };
    const first = await open(dir, settings);
    await first.fill(0, 10);
    await first.ledger.anchorNow();
    await first.ledger.close();
    const file = join(stick, readdirSync(stick)[0]!);
    writeFileSync(file, readFileSync(file, "utf8").replace(/\n\d+\n/, "\n9999\n"));
    expect((await verifyLedger({ dir, anchors: readAnchors(stick) })).findings.map((f) => f.kind)).toEqual([
      "anchor",
    ]);
    const again = await open(dir, settings);
    expect(again.ledger.recovered.fault).toBeNull();
    await again.ledger.close();
  });
});

describe("E31 anchor at a broker", () => {
  const hasBroker = spawnSync("mosquitto", ["-h"]).error === undefined;
  let broker: ChildProcess;
  let url: string;
  beforeAll(async () => {
    if (!hasBroker) return;
    const port = await freePort();
    const config = join(makeFolder(), "broker.conf");
    writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
    broker = spawn("mosquitto", ["-c", config], { stdio: "ignore" });
    for (let i = 0; i < 100 && !(await answers(port)); i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    url = `mqtt://127.0.0.1:${port}`;
  });
  afterAll(() => void broker?.kill());

  it.skipIf(!hasBroker)(
    `a retained message outlives the node and finds an older copy at start${hasBroker ? "" : " (skipped: mosquitto is not installed)"}`,
    async () => {
      const dir = makeFolder();
      const settings = {
        anchors: [{ kind: "mqtt" as const, url, topic: "cellgate/demo/ledger" }],
        anchorEverySeconds: 60,
      };
      await writeLedger(dir, 10);
      const old = copyFolder(dir);
      const { ledger, fill } = await open(dir, settings);
      await fill(0, 10);
      expect(await ledger.anchorNow()).toMatchObject([{ failures: 0, detail: "" }]);
      await ledger.close();
      const kept = spawnSync(
        "mosquitto_sub",
        [
          "-h",
          "127.0.0.1",
          "-p",
          url.split(":").at(-1)!,
          "-t",
          "cellgate/demo/ledger",
          "-C",
          "1",
          "-W",
          "5",
          "-N",
        ],
        { encoding: "utf8" },
      );
      if (kept.status === 0)
        expect(await verifyLedger({ dir, anchors: [{ from: "broker", note: kept.stdout }] })).toMatchObject({
          ok: true,
        });
      const back = await open(old, settings);
      expect(back.ledger.recovered.fault).not.toBeNull();
      await back.ledger.close();
    },
  );

  it("a broker that is not there is told and holds nothing up", async () => {
    const port = await freePort();
    const { ledger, fill } = await open(makeFolder(), {
      anchors: [{ kind: "mqtt", url: `mqtt://127.0.0.1:${port}`, topic: "t" }],
    });
    await fill(0, 5);
    expect((await ledger.anchorNow())[0]!.failures).toBeGreaterThan(0);
    expect(ledger.stats().stored).toBe(5);
    await ledger.close();
  });
});

describe("E31 anchor at a witness", () => {
  let witness: Witness;
  beforeAll(async () => {
    witness = await startWitness();
  });
  afterAll(() => witness.close());
  const settings = () => ({
    anchors: [{ kind: "witness" as const, url: witness.url, key: witness.key }],
    anchorEverySeconds: 60,
  });

  it("cosigns every step that continues what it has seen, also when the node forgot where it was", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 3);
    witness.trust(publicKey(dir));
    for (let round = 0; round < 3; round++) {
      const { ledger, fill } = await open(dir, settings());
      await fill(round * 50, round * 50 + 37);
      expect(await ledger.anchorNow()).toMatchObject([{ failures: 0 }]);
      await ledger.close();
    }
    expect(witness.answers).toEqual([200, 200, 200]);
    const { tamper } = await import("./fixture.ts");
    tamper(dir, (db) => db.exec("DELETE FROM anchor"));
    const { ledger, fill } = await open(dir, settings());
    await fill(500, 510);
    expect(await ledger.anchorNow()).toMatchObject([{ failures: 0 }]);
    await ledger.close();
    expect(witness.answers.slice(3)).toEqual([409, 200]);
    await expect(verifyLedger({ dir, full: true })).resolves.toMatchObject({ ok: true });
  });

  it("refuses a fork, and the cell is blocked", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 3);
    witness.trust(publicKey(dir));
    const fork = copyFolder(dir);
    const first = await open(dir, settings());
    await first.fill(0, 20);
    await first.ledger.anchorNow();
    await first.ledger.close();
    for (const count of [5, 60]) {
      const other = await open(fork, settings());
      await other.fill(1_000, 1_000 + count);
      await other.ledger.anchorNow();
      expect(other.health).toContainEqual(
        expect.objectContaining({ code: "LEDGER_ANCHOR_CONFLICT", active: true }),
      );
      await other.ledger.close();
    }
  });

  it("does not take an answer without the witness's signature", async () => {
    const dir = makeFolder();
    await writeLedger(dir, 3);
    witness.trust(publicKey(dir));
    const other = await startWitness();
    const { ledger, fill } = await open(dir, {
      anchors: [{ kind: "witness", url: witness.url, key: other.key }],
    });
    await fill(0, 3);
    expect((await ledger.anchorNow())[0]).toMatchObject({
      failures: 1,
      detail: expect.stringMatching(/signature/) as string,
    });
    await ledger.close();
    await other.close();
  });
});

describe("settings", () => {
  const ledger = deploymentSchema.shape.ledger;
  it.each([
    [{ anchors: [{ kind: "directory" }] }],
    [{ anchors: [{ kind: "directory", path: "/x", more: 1 }] }],
    [{ anchors: [{ kind: "mqtt", url: "mqtt://user:secret@host", topic: "t" }] }],
    [{ anchors: [{ kind: "mqtt", url: "mqtt://host", topic: "a/#" }] }],
    [{ anchors: [{ kind: "pigeon" }] }],
    [{ groupCommitMs: 0 }],
    [{ diskLowBytes: 1_000_000, diskStopBytes: 2_000_000 }],
    [{ unknown: 1 }],
  ])("refuses %j", (settings) => expect(ledger.safeParse(settings).success).toBe(false));
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}

describe("E31 one visit to a sink at a time", () => {
  const keeperOf = (rows: { size: number }, sent: number[], sending: () => Promise<void>) =>
    new AnchorKeeper(
      {
        next: (taken) =>
          rows.size === taken
            ? null
            : { origin: "o", size: rows.size, takenSize: taken, note: "", proofFrom: () => [] },
        check: () => null,
        taken: (_sink, _origin, size) => sent.push(size),
        receipt: () => undefined,
        late: () => undefined,
        conflict: () => undefined,
        now: () => 0,
      },
      [
        {
          name: "slow",
          last: async () => [],
          async send({ note }) {
            await sending();
            return note;
          },
        },
      ],
      0,
      new Map(),
    );

  it("who asks while one is under way is answered when the newest rows are there", async () => {
    const [rows, sent]: [{ size: number }, number[]] = [{ size: 3 }, []];
    const { promise, resolve } = Promise.withResolvers<void>();
    const keeper = keeperOf(rows, sent, () => promise);
    void keeper.tick();
    await Promise.resolve();
    rows.size = 5;
    let answered = false;
    const asked = keeper.tick(true).then(() => void (answered = true));
    await new Promise((done) => setImmediate(done));
    expect([answered, sent]).toEqual([false, []]);
    resolve();
    await asked;
    expect(sent.at(-1)).toBe(5);
  });

  it("a visit with nothing to carry does not end them", async () => {
    const [rows, sent]: [{ size: number }, number[]] = [{ size: 3 }, []];
    const keeper = keeperOf(rows, sent, async () => undefined);
    await keeper.tick();
    await keeper.tick();
    rows.size = 4;
    await keeper.tick();
    expect(sent).toEqual([3, 4]);
  });
});
