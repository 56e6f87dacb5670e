import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import { ArtefactStore, BUILT_IN } from "../../../src/node/in-use/index.ts";
import {
  CANDIDATE_KINDS,
  type CandidateKind,
  freeze,
  type Manifest,
} from "../../../src/core/promotion/index.ts";
import { PowerCut, PowerCutDisk } from "../../lab/promotion/power-cut-disk.ts";

const note = { code: "PROMOTION_PROMOTED", detail: "test", by: "lead", at: 1 } as const;
const parts = (text: string) => ({
  "head.json": new TextEncoder().encode(`{"head":"${text.repeat(50)}"}`),
  "calibration.json": new TextEncoder().encode(text),
});
const frozen = (text: string, kind: CandidateKind): Manifest => {
  const made = freeze(kind, parts(text));
  if (!made.ok) throw new Error(made.error.detail);
  return made.value;
};
function install(store: ArtefactStore, text: string, kind: CandidateKind = "head"): string {
  const kept = store.keep(frozen(text, kind), parts(text));
  if (!kept.ok) throw new Error(kept.error.detail);
  expect(store.promote(kept.value, note).ok).toBe(true);
  return kept.value;
}
const folders: string[] = [];
const folder = () => {
  folders.push(mkdtempSync(join(tmpdir(), "cellgate-promote-")));
  return folders.at(-1)!;
};
afterEach(() => {
  for (const f of folders.splice(0)) rmSync(f, { recursive: true, force: true });
});

describe("F35 last good artefact kept, verified at start", () => {
  test("promote, restart, roll back, restart", () => {
    const dir = folder();
    const store = new ArtefactStore(dir);
    const a = install(store, "a");
    const b = install(store, "b");
    const again = new ArtefactStore(dir);
    expect(again.boot("head", 2).artefact?.hash).toBe(b);
    expect(again.rollback("head", { ...note, code: "ROLLBACK_BY_PERSON" })).toEqual({ ok: true, value: a });
    expect(new ArtefactStore(dir).boot("head", 3).artefact?.hash).toBe(a);
    expect(again.refusedBefore(b)).toMatch(/ROLLBACK_BY_PERSON/);
    expect(again.history.map((h) => h.what)).toEqual(["promoted", "promoted", "rolled-back"]);
    again.forgive("head", b, note);
    expect(again.refusedBefore(b)).toBeNull();
  });
  test("a flipped bit at start: the last good one comes back by itself", () => {
    const dir = folder();
    const store = new ArtefactStore(dir);
    const a = install(store, "a");
    const b = install(store, "b");
    const file = join(dir, "promotion/artefacts", b.split(":")[0]!, "head.json");
    const bytes = readFileSync(file);
    bytes[10]! ^= 1;
    writeFileSync(file, bytes);
    const started = new ArtefactStore(dir).boot("head", 2);
    expect(started.artefact?.hash).toBe(a);
    expect(started.trouble?.code).toBe("ROLLBACK_HASH_MISMATCH");
    expect(new ArtefactStore(dir).active("head")).toBe(a);
  });
  test("both damaged: none, never an unverified one", () => {
    const dir = folder();
    const store = new ArtefactStore(dir);
    for (const text of ["a", "b"])
      writeFileSync(
        join(dir, "promotion/artefacts", install(store, text).split(":")[0]!, "calibration.json"),
        "x",
      );
    const started = new ArtefactStore(dir).boot("head", 2);
    expect(started.artefact).toBeNull();
    expect(started.trouble?.code).toBe("ARTEFACT_NONE_GOOD");
  });
  test("promoted twice, the last good one is still the one before", () => {
    const store = new ArtefactStore(folder());
    const a = install(store, "a");
    const b = install(store, "b");
    install(store, "b");
    expect(store.lastGood("head")).toBe(a);
    expect(store.active("head")).toBe(b);
    expect(store.rollback("head", note, BUILT_IN)).toEqual({ ok: true, value: BUILT_IN });
  });
  test("rollback without a predecessor leads to what the program brings, once", () => {
    const store = new ArtefactStore(folder());
    expect(store.rollback("head", note).ok).toBe(false);
    install(store, "a");
    expect(store.rollback("head", note)).toEqual({ ok: true, value: BUILT_IN });
    expect(store.boot("head", 1)).toEqual({ artefact: null, trouble: null });
  });
});

describe("power cut in the middle of a swap", () => {
  const bothWays = CANDIDATE_KINDS.flatMap((kind) => [[kind, "forward"] as const, [kind, "back"] as const]);
  test.each(bothWays)("%s, %s: at every step the old or the new one, verified, never none", (kind, way) => {
    const base = new PowerCutDisk(Number.POSITIVE_INFINITY);
    const a = install(new ArtefactStore("/d", base), "a", kind);
    if (way === "back") install(new ArtefactStore("/d", base), "b", kind);
    const start = base.after(() => false);
    const whole = new PowerCutDisk(Number.POSITIVE_INFINITY, start);
    const swap = (disk: PowerCutDisk): void => {
      const store = new ArtefactStore("/d", disk);
      if (way === "forward") install(store, "b", kind);
      else expect(store.rollback(kind, note).ok).toBe(true);
    };
    swap(whole);
    const ended = new ArtefactStore("/d", whole).active(kind);
    const started0 = new ArtefactStore("/d", new PowerCutDisk(Number.POSITIVE_INFINITY, start)).active(kind);
    expect(way === "back" ? ended : started0).toBe(a);
    const seen = new Set<string>();
    let states = 0;
    for (let at = 0; at <= whole.steps; at++)
      for (let draw = 0; draw < 12; draw++) {
        const disk = new PowerCutDisk(at, start);
        let finished = false;
        try {
          swap(disk);
          finished = true;
        } catch (cause) {
          expect(cause).toBeInstanceOf(PowerCut);
        }
        const prng = createPrng(draw).split(at);
        const left = disk.after((path) =>
          draw === 0 ? false : draw === 1 ? true : prng.split(path).nextFloat() < 0.5,
        );
        const started = new ArtefactStore("/d", new PowerCutDisk(Number.POSITIVE_INFINITY, left)).boot(
          kind,
          2,
        );
        expect([started0, ended], `step ${at}, draw ${draw}`).toContain(started.artefact?.hash);
        expect(started.trouble).toBeNull();
        if (finished) expect(started.artefact?.hash).toBe(ended);
        seen.add(started.artefact!.hash);
        states++;
      }
    expect(seen.size).toBe(2);
    expect(states).toBeGreaterThan(60);
  });
  test("the model can fail: without the sync of the file, a cut loses the head", () => {
    const careless = (disk: PowerCutDisk) => {
      disk.write("/d/x.tmp", new Uint8Array([1, 2]));
      disk.rename("/d/x.tmp", "/d/x");
      disk.syncFolder("/d");
    };
    const disk = new PowerCutDisk(Number.POSITIVE_INFINITY);
    careless(disk);
    expect(disk.after(() => false).get("/d/x")).toEqual(new Uint8Array());
  });
});
