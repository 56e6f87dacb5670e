import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Outbox } from "../../../../src/edge/transports/mqtt/outbox.ts";

const PROGRAM = new URL("../../../../src/edge/transports/mqtt/outbox-worker.ts", import.meta.url);
const ROOMY = 100_000;

describe("the outbox waits for no disk", () => {
  let folder: string;
  let path: string;
  let open: Outbox[];
  const words: (string | null)[] = [];

  const start = async (options: { rows?: number; program?: URL; least?: number } = {}): Promise<Outbox> => {
    const outbox = await Outbox.open({
      path,
      rows: options.rows ?? ROOMY,
      leastSession: options.least ?? 1,
      onBehind: (word) => void words.push(word),
      ...(options.program && { program: options.program }),
    });
    open.push(outbox);
    return outbox;
  };
  const until = async (fits: () => boolean): Promise<void> => {
    while (!fits()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  /** the same program on a disk that takes this long for each write */
  const slowDisk = (ms: number): URL => {
    const file = join(folder, "slow.mjs");
    writeFileSync(
      file,
      `import Database from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "../../../../node_modules/better-sqlite3/lib/index.js")).href)};
const transaction = Database.prototype.transaction;
Database.prototype.transaction = function (act) {
  const wait = new Int32Array(new SharedArrayBuffer(4));
  return transaction.call(this, (...all) => { Atomics.wait(wait, 0, 0, ${ms}); return act(...all); });
};
await import(${JSON.stringify(PROGRAM.href)});\n`,
    );
    return pathToFileURL(file);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cellgate-outbox-"));
    path = join(folder, "plant.outbox.db");
    open = [];
    words.length = 0;
  });
  afterEach(async () => {
    for (const outbox of open) await outbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("keeps what the broker has not taken over a restart, in order", async () => {
    const first = await start();
    for (let i = 0; i < 50; i++) first.add("receipt", `r${i}`, false);
    first.delete([1, 2, 50]);
    await first.close();
    const second = await start();
    expect(second.after(0, ROOMY).map((row) => row.payload)).toEqual(
      Array.from({ length: 47 }, (_, i) => `r${i + 2}`),
    );
    second.add("receipt", "new", false);
    expect(second.after(0, ROOMY).at(-1)).toMatchObject({ payload: "new" });
  });

  it("state replaces the state of its topic, here and in the file", async () => {
    const first = await start();
    for (let i = 0; i < 20; i++) {
      first.add("state", `s${i}`, true);
      first.add("other", `o${i}`, true);
    }
    expect(first.after(0, ROOMY).map((row) => row.payload)).toEqual(["s19", "o19"]);
    await first.close();
    expect((await start()).after(0, ROOMY).map((row) => row.payload)).toEqual(["s19", "o19"]);
  });

  it("each run has a larger session, also when the clock went back", async () => {
    const sessions: number[] = [];
    for (const least of [1_000, 5, 900]) {
      const outbox = await start({ least });
      sessions.push(outbox.session);
      await outbox.close();
    }
    expect(sessions).toEqual([1_000, 1_001, 1_002]);
  });

  it("a disk that takes 200 ms for each write holds nobody up: every message is in hand before the first is written", async () => {
    const outbox = await start({ program: slowDisk(200) });
    let turns = 0;
    for (; turns < 100; turns++) {
      expect(outbox.add("receipt", `r${turns}`, false)).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // a hundred turns of the loop, and at most the first write has begun
    expect(outbox.unwritten).toBeGreaterThanOrEqual(90);
    expect(outbox.after(0, ROOMY)).toHaveLength(100);
    await until(() => outbox.unwritten === 0);
  });

  it("what came and went between two writes is never written: a slow disk catches up", async () => {
    const outbox = await start({ program: slowDisk(100) });
    for (let i = 1; i <= 5_000; i++) {
      outbox.add("receipt", "x".repeat(1_000), false);
      if (i > 10) outbox.delete([i - 10]);
    }
    expect(outbox.unwritten).toBeLessThanOrEqual(10);
    await until(() => outbox.unwritten === 0);
    await outbox.close();
    expect((await start()).size).toBe(10);
  });

  it("full: nothing more is taken; state still finds room", async () => {
    const outbox = await start({ rows: 100 });
    for (let i = 0; i < 100; i++) expect(outbox.add("receipt", `${i}`, false)).toBe(true);
    expect(outbox.add("receipt", "one more", false)).toBe(false);
    expect(outbox.add("state", "stopped", true)).toBe(true);
    expect(outbox.isFull).toBe(true);
  });

  it("another program holds the file: that is told, and written when it lets go", async () => {
    const outbox = await start();
    const other = new Database(path);
    other.exec("BEGIN IMMEDIATE");
    outbox.add("receipt", "r", false);
    await until(() => words.length > 0);
    expect(words[0]).toMatch(/locked/);
    outbox.add("receipt", "another", false);
    other.exec("COMMIT");
    other.close();
    await until(() => words.at(-1) === null && outbox.unwritten === 0);
    await outbox.close();
    expect((await start()).size).toBe(2);
  });

  it("a damaged file is set aside whole, and a new one begun", async () => {
    writeFileSync(path, "not a database, and long enough to be looked at".repeat(100));
    const outbox = await start();
    expect(outbox.setAside).toContain(".damaged-");
    expect(readFileSync(outbox.setAside, "utf8")).toContain("not a database");
    expect(outbox.add("receipt", "r", false)).toBe(true);
    expect(words).toEqual([]);
  });

  it("a file that cannot be opened at all: messages are kept in memory, and that is told", async () => {
    mkdirSync(path);
    const outbox = await start({ least: 77 });
    expect(outbox.memoryOnly).not.toBe("");
    expect(words).toHaveLength(1);
    expect(outbox.session).toBe(77);
    for (let i = 0; i < 100; i++) outbox.add("receipt", `${i}`, false);
    expect(outbox.after(0, ROOMY)).toHaveLength(100);
    outbox.delete([1]);
    expect(outbox.size).toBe(99);
  });
});
