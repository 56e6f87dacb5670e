import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canonicalText } from "../../../src/core/base/canonical.ts";
import type { CellState, ReceiptBody } from "../../../src/core/domain/index.ts";
import { promotedByLedger, stageByLedger } from "../../../src/edge/ledger/index.ts";
import { makeFolder, open, removeFolders, takenIntoUse } from "./fixture.ts";

afterAll(removeFolders);

const ESTOP = { code: "ESTOP_PRESSED", source: "panel", detail: "input reads 0" } as const;
const changed = (to: CellState, latched: boolean): ReceiptBody => ({
  receipt_type: "state_change",
  from: "RUNNING",
  to,
  code: "ESTOP_PRESSED",
  reason: "",
  by: "cell",
  causes: [{ ...ESTOP, severity: "stop", active: false, latched }],
});
const switched = (to: number, outcome = "switched"): ReceiptBody => ({
  receipt_type: "config_change",
  what: "gate.stage",
  before_hash: "",
  after_hash: "",
  by: "anna",
  reason: "test",
  details: { outcome, to },
});
const names = (causes: readonly { code: string; source: string }[]): string[] =>
  causes.map(({ code, source }) => `${code} ${source}`);

/** A node that was stopped by its e-stop, and ended. */
async function stopped(bodies: readonly ReceiptBody[] = [changed("STOPPED", true)]): Promise<string> {
  const dir = makeFolder();
  const { ledger, append, fill } = await open(dir);
  bodies.forEach((body, i) => append(i, body));
  ledger.persistLatched([ESTOP]);
  // receipts of other kinds lie above it
  await fill(10, 60);
  await ledger.close();
  return dir;
}
async function found(dir: string): Promise<string[]> {
  const { ledger } = await open(dir);
  await ledger.close();
  return names(ledger.recovered.latched);
}
const BOTH = ["LEDGER_STATE_LOST latches", "ESTOP_PRESSED panel"];

describe("A7 a latched stop is never forgotten in silence", () => {
  it("all is well: what was latched is latched, and nothing else", async () => {
    expect(await found(await stopped())).toEqual(["ESTOP_PRESSED panel"]);
  });

  it.each(["flip", "truncate", "empty", "another version"])("%s of the newest slot", async (how) => {
    const dir = await stopped();
    const path = join(dir, "ledger", "latched");
    const bytes = readFileSync(path);
    const at = bytes.indexOf("ESTOP_PRESSED");
    expect(at).toBeGreaterThan(0);
    if (how === "flip") bytes[at]! ^= 1;
    if (how === "empty")
      bytes.fill(0, Math.floor(at / 65_536) * 65_536, Math.floor(at / 65_536) * 65_536 + 65_536);
    if (how === "another version") bytes.write("ESTOP_OF_LATER", at);
    writeFileSync(path, how === "truncate" ? bytes.subarray(0, Math.floor(at / 65_536) * 65_536) : bytes);
    expect(await found(dir)).toEqual(expect.arrayContaining(["ESTOP_PRESSED panel"]));
    expect((await found(dir)).join()).toContain("LEDGER_STATE_LOST");
  });

  it("an older file was put back: the newest change of state of the ledger counts", async () => {
    const dir = await stopped();
    const path = join(dir, "ledger", "latched");
    const { ledger } = await open(dir);
    ledger.persistLatched([]);
    await ledger.close();
    expect(existsSync(path)).toBe(true);
    expect(await found(dir)).toEqual(BOTH);
  });

  it("a stop that a person reset, and one that latches nothing, do not come back", async () => {
    for (const last of [changed("READY_BLOCKED", false), changed("STOPPED", false)]) {
      const dir = await stopped([changed("STOPPED", true), last]);
      const { ledger } = await open(dir);
      ledger.persistLatched([]);
      await ledger.close();
      expect(await found(dir)).toEqual([]);
    }
  });

  it("the change of state lies in a shard before the newest", async () => {
    const dir = makeFolder();
    const { ledger, append, fill } = await open(dir, { shardMaxReceipts: 100 });
    append(1, changed("STOPPED", true));
    await fill(10, 400);
    await ledger.close();
    expect(await found(dir)).toEqual(BOTH);
  });
});

describe("what decides motion is sealed with a key and bound to receipts", () => {
  const seal = (record: object): string => {
    const text = canonicalText(record);
    return `${createHash("sha256").update(text).digest("hex")} ${text}\n`;
  };
  const stage = async (dir: string) => {
    const { ledger } = await open(dir);
    await ledger.close();
    return ledger.recovered.stage;
  };

  it("an empty list that somebody without the key wrote takes no stop away", async () => {
    const dir = await stopped([changed("STOPPED", true)]);
    // a second stop came while the cell stood already: no change of state says so
    const { ledger } = await open(dir);
    ledger.persistLatched([ESTOP, { code: "KILLED", source: "operator", detail: "by anna" }]);
    await ledger.close();
    const forged = Buffer.alloc(4 * 65_536);
    forged.write(seal({ n: 900, latched: [] }));
    writeFileSync(join(dir, "ledger", "latched"), forged);
    expect(await found(dir)).toEqual([
      "LEDGER_STATE_LOST ledger",
      "LEDGER_STATE_LOST latches",
      "ESTOP_PRESSED panel",
    ]);
  });

  it("an older file of this node, whole and sealed, is told", async () => {
    const dir = makeFolder();
    await (await open(dir)).ledger.close();
    const path = join(dir, "ledger", "latched");
    const older = readFileSync(path);
    const { ledger } = await open(dir);
    ledger.persistLatched([{ code: "KILLED", source: "operator", detail: "by anna" }]);
    await ledger.close();
    writeFileSync(path, older);
    expect(await found(dir)).toEqual(["LEDGER_STATE_LOST ledger"]);
  });

  it("a stage that nobody was receipted for, or without the key, is shadow and held", async () => {
    const dir = await stopped([switched(2)]);
    mkdirSync(join(dir, "gate"));
    writeFileSync(join(dir, "gate", "stage"), seal({ boot: 1, configHash: "0".repeat(64), stage: 4 }));
    expect(await stage(dir)).toMatchObject({ kind: "damaged" });
    rmSync(join(dir, "gate"), { recursive: true });
    // and again at every start, until a person switches it
    for (let i = 0; i < 2; i++) expect(await stage(dir)).toMatchObject({ kind: "damaged" });
    expect(await found(dir)).toContain("LEDGER_STATE_LOST stage");
  });
});

describe("A7 what is missing is told", () => {
  it("the whole ledger is gone, and an earlier run left something beside it", async () => {
    const dir = await stopped();
    writeFileSync(join(dir, "plant.outbox.db"), "");
    rmSync(join(dir, "ledger"), { recursive: true });
    expect(await found(dir)).toEqual(["LEDGER_STATE_LOST ledger"]);
  });

  it("a folder that is new has lost nothing", async () => {
    expect(await found(makeFolder())).toEqual([]);
  });

  it("the ledger knows the stage that a person chose last, and what was promoted", async () => {
    const dir = await stopped([switched(3), switched(9, "refused"), switched(2), changed("HOLD", false)]);
    expect(stageByLedger(dir)).toEqual({ stage: 2, configHash: "0".repeat(64) });
    expect(promotedByLedger(dir)).toBe(false);
    expect(promotedByLedger(await stopped([takenIntoUse]))).toBe(true);
    // where the node went by itself is no choice of a person
    expect(stageByLedger(await stopped([switched(2), switched(0, "restored")]))?.stage).toBe(2);
    renameSync(join(dir, "ledger"), join(dir, "elsewhere"));
    expect(stageByLedger(dir)).toBeNull();
  });
});
