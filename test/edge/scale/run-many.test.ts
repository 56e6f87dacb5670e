import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { audit } from "../../../src/core/audit/index.ts";
import { graphOfMany, type ManyEnd, runMany, type RunManySetting } from "../../../src/edge/scale/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-many-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

interface Told {
  readonly end: ManyEnd;
  readonly batches: number[];
  readonly said: string[];
}
/** Runs so many; `fails`: which of them do, counted from 0. */
async function ran(
  count: number,
  fails: (i: number) => boolean = () => false,
  more: Partial<RunManySetting<number>> & {
    load?: (i: number) => number;
    answers?: (i: number) => boolean;
  } = {},
): Promise<Told> {
  const batches: number[] = [];
  const said: string[] = [];
  const { load = () => 1, answers = () => true, ...setting } = more;
  const end = await runMany<number>({
    what: "test run",
    items: Array.from({ length: count }, (_, i) => ({ name: `item ${i}`, item: i })),
    graph: graphOfMany({
      what: "test run",
      items: count,
      threads: 1,
      reads: [],
      writes: null,
      bytesPerItem: 0,
      memoryPerThread: 1,
    }),
    killFile: join(folder, `stop-${files++}`),
    say: (line) => said.push(line),
    async batch(batch, ended, signal) {
      batches.push(batch.length);
      for (const { name, item } of batch) {
        if (signal.aborted) return;
        if (answers(item)) ended(name, { failure: fails(item) ? "broken" : null, load: load(item) });
      }
    },
    ...setting,
  });
  return { end, batches, said };
}

describe("18.6 one geometric runner", () => {
  test("1 → 10 → 100 → all, at most 50 at a time; each step is verified and every safeguard worked", async () => {
    const { end, batches, said } = await ran(250);
    expect(end).toMatchObject({ state: "done", done: 250, failed: 0, steps: [1, 10, 100, 250] });
    expect(batches).toEqual([1, 9, 50, 40, 50, 50, 50]);
    expect(end.safeguards).toMatchObject({ verified: 4, admitted: 250, runs: 7 });
    expect(said).toEqual([expect.stringContaining("250 items make a plan: 1 → 10 → 100 → 250")]);
  });
  test("the first three are broken: it ends at the first step, after one item", async () => {
    const { end, batches } = await ran(995, (i) => i < 3);
    expect(batches).toEqual([1]);
    expect(end).toMatchObject({ state: "aborted", code: "ROLLOUT_ABORT_FAILURES", done: 1, failed: 1 });
    expect(end.why).toBe("ABORT at scale 1: 1 of 1 failed; first: item 0: broken");
  });
  test("one broken in a hundred is told and costs itself only; two of the first ten end it", async () => {
    expect((await ran(200, (i) => i === 57)).end).toMatchObject({ state: "done", failed: 1 });
    const early = await ran(200, (i) => i === 4 || i === 5);
    expect(early.end).toMatchObject({ state: "aborted", done: 10, steps: [1] });
  });
  test("more than a thousand are refused before the first, whoever says all at once", async () => {
    for (const allAtOnce of [undefined, { by: "anna", because: "hurry" }]) {
      const { end, batches } = await ran(1_005, undefined, { allAtOnce });
      expect([end.state, end.code, batches]).toEqual(["refused", "CAP_TOTAL", []]);
    }
  });
  test("all at once: no steps, and caps and kill file hold all the same", async () => {
    const { end, batches } = await ran(120, (i) => i < 3, { allAtOnce: { by: "anna", because: "hurry" } });
    expect(batches).toEqual([50, 50, 20]);
    expect(end).toMatchObject({ state: "done", failed: 3, steps: [] });
  });
  test("what costs more and more per item is stopped", async () => {
    const { end } = await ran(500, undefined, { load: (i) => (i < 10 ? 1 : 40) });
    expect(end).toMatchObject({ state: "aborted", code: "ROLLOUT_ABORT_GROWTH", done: 100 });
    expect(end.why).toContain("an item costs 40 times as much as before");
  });
  test("an item that does not answer has failed", async () => {
    const { end } = await ran(20, undefined, { answers: (i) => i !== 0 });
    expect(end).toMatchObject({ state: "aborted", code: "ROLLOUT_ABORT_FAILURES" });
  });
  test("the kill file ends it before it begins, and in the midst of a batch", async () => {
    const killFile = join(folder, "stop");
    const late = await ran(
      300,
      (i) => {
        if (i === 40) writeFileSync(killFile, "");
        return false;
      },
      { killFile },
    );
    expect(late.end).toMatchObject({ state: "killed", code: "ROLLOUT_KILLED" });
    expect(late.end.done).toBeLessThan(300);
    expect((await ran(5, undefined, { killFile })).batches).toEqual([]);
  });
  test("a run of many that a run of many started is refused", async () => {
    const { end, batches } = await ran(5, undefined, { generation: 2 });
    expect([end.state, end.code, batches]).toEqual(["refused", "CAP_GENERATIONS", []]);
    let inner: ManyEnd | null = null;
    await runMany<number>({
      what: "outer",
      items: [{ name: "a", item: 1 }],
      graph: graphOfMany({
        what: "outer",
        items: 1,
        threads: 1,
        reads: [],
        writes: null,
        bytesPerItem: 0,
        memoryPerThread: 1,
      }),
      killFile: join(folder, "outer"),
      async batch(_, ended) {
        inner = (await ran(2)).end;
        ended("a", { failure: null });
      },
    });
    expect(inner).toMatchObject({ state: "refused", code: "CAP_GENERATIONS" });
  });
  test("the audit of a run asks the machine, and sees output that is input", async () => {
    const graph = (more: object) =>
      graphOfMany({
        what: "replay",
        items: 100,
        threads: 2,
        reads: ["/x/in/a.mcap"],
        writes: "/x/in",
        bytesPerItem: 1,
        memoryPerThread: 1,
        ...more,
      });
    expect(audit(graph({})).findings.map((f) => f.code)).toContain("AUDIT_FEEDBACK_GUARDED");
    expect(audit(graph({ writes: "/x/out" })).findings).toEqual([]);
    const { end } = await ran(3, undefined, { graph: graph({ bytesPerItem: 1e15 }) });
    expect([end.state, end.code]).toEqual(["refused", "AUDIT_OVERCOMMITTED"]);
  });
});
