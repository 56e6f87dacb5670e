import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { canonicalText } from "../../../src/core/base/canonical.ts";
import {
  actionIdOf,
  type HelperEffect,
  type TrialOutcome,
  type TrialRequest,
} from "../../../src/core/domain/index.ts";
import {
  createInlineTrials,
  createTrialPool,
  type TrialPool,
  trialsHere,
} from "../../../src/node/threads/index.ts";
import { FakeHost, calmMove, freshId } from "../../core/cell/pipeline/fake-host.ts";

/** A request as the pipeline makes it. */
function realRequest(seed: number, near = 3): TrialRequest {
  const host = new FakeHost({ seed, trials: () => null });
  host.world.near = near;
  host.propose(calmMove(freshId(), {}, 0.3));
  const request = host.of("trials")[0]!.request;
  return { ...request, budgetMs: 120_000 };
}
const folder = mkdtempSync(join(tmpdir(), "cellgate-threads-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const open: TrialPool[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((pool) => pool.close()));
});
function pool(setting: Parameters<typeof createTrialPool>[0] = {}): TrialPool {
  const made = createTrialPool(setting);
  open.push(made);
  return made;
}
/** A pool whose threads do something else than trials. */
function rogue(name: string, body: string, setting: Parameters<typeof createTrialPool>[0] = {}): TrialPool {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { parentPort } from "node:worker_threads";\n${body}\nparentPort.postMessage({ kind: "ready" });\n`,
  );
  return pool({ size: 1, file: pathToFileURL(file), ...setting });
}
const helper = (task: unknown): HelperEffect => ({
  kind: "helper",
  helperId: 1,
  actionId: actionIdOf("x"),
  task,
});

/** Threads start slowly on a busy machine. */
vi.setConfig({ testTimeout: 180_000 });

describe("results do not depend on the threads", () => {
  test("C22 inline and pools of 1, 2 and 4 give the same bytes", async () => {
    const requests = Array.from({ length: 12 }, (_, i) => realRequest(i + 1, 1.2 + i * 0.15));
    const wanted = requests.map((r) => canonicalText(trialsHere(r)));
    for (const size of [1, 2, 4]) {
      const threads = pool({ size });
      await threads.ready();
      const got = await Promise.all(requests.map((r) => threads.run(r)));
      expect(got.map((o) => canonicalText(o))).toEqual(wanted);
    }
    const here = createInlineTrials();
    expect(canonicalText(await here.run(requests[0]!))).toBe(wanted[0]);
  });
  test("the seed matters, and the same seed gives the same trials", () => {
    const request = realRequest(1, 1.6);
    expect(trialsHere(request)).toEqual(trialsHere(request));
    expect(trialsHere({ ...request, seed: request.seed + 1 })).not.toEqual(trialsHere(request));
  });
});

describe("C21 what a thread may do wrong", () => {
  const failed = (outcome: TrialOutcome) => (outcome.kind === "failed" ? outcome.reason : outcome.kind);
  const again =
    'parentPort.on("message", (m) => { if (m.kind === "ping") parentPort.postMessage({ kind: "pong", job: m.job }); });';
  test("an endless loop is late, and the thread is replaced", async () => {
    const threads = rogue("loop", 'parentPort.on("message", () => { for (;;); });');
    await threads.ready();
    const outcome = await threads.run({ ...realRequest(1), budgetMs: 50 });
    expect(outcome).toMatchObject({ kind: "late", summary: { n: 0, safe: 0 } });
    await new Promise((wake) => setTimeout(wake, 200));
    expect(threads.stats()).toMatchObject({ restarts: 1, late: 1 });
  });
  test("a throw is a crash", async () => {
    const threads = rogue("throw", 'parentPort.on("message", () => { throw new Error("boom"); });');
    await threads.ready();
    expect(failed(await threads.run(realRequest(1)))).toBe("crash");
    await threads.ready();
    expect(failed(await threads.run(realRequest(1)))).toBe("crash");
    expect(threads.stats().restarts).toBe(2);
  });
  test("an exit is a crash", async () => {
    const threads = rogue("exit", 'parentPort.on("message", () => process.exit(3));');
    await threads.ready();
    expect(failed(await threads.run(realRequest(1)))).toBe("crash");
  });
  test("memory without end is its own failure and does not take the process along", async () => {
    const threads = rogue(
      "memory",
      'parentPort.on("message", () => { const all = []; for (;;) all.push({ a: all.length, b: [all.length] }); });',
    );
    await threads.ready();
    expect(failed(await threads.run({ ...realRequest(1), budgetMs: 60_000 }))).toBe("memory");
  });
  test("a thread that answers something else is late", async () => {
    const threads = rogue(
      "liar",
      'parentPort.on("message", (m) => parentPort.postMessage({ kind: "done", job: m.job + 1 }));',
    );
    await threads.ready();
    expect(failed(await threads.run({ ...realRequest(1), budgetMs: 50 }))).toBe("late");
  });
  test("a thread that claims to be done without trials is late", async () => {
    const threads = rogue(
      "lazy",
      'parentPort.on("message", (m) => parentPort.postMessage({ kind: "done", job: m.job }));',
    );
    await threads.ready();
    expect(await threads.run(realRequest(1))).toMatchObject({ kind: "late", summary: { n: 0 } });
  });
  /** two threads share a batch: the second one works, the first does what `body` says */
  const uneven = (name: string, body: string): TrialPool =>
    rogue(
      name,
      `import { threadId } from "node:worker_threads";
      const real = ${JSON.stringify(new URL("../../../src/node/threads/trial-worker.ts", import.meta.url).href)};
      if (threadId % 2 === 0) await import(real);
      else parentPort.on("message", (m) => { if (m.kind === "trials") { ${body} } });`,
      { size: 2 },
    );
  const TAKES_A_CHUNK = "Atomics.add(new Int32Array(m.control), 0, 1);";
  test("a thread that hangs on its share makes the batch late, and only it is replaced", async () => {
    const threads = uneven("uneven-loop", `${TAKES_A_CHUNK} for (;;);`);
    await threads.ready();
    const outcome = await threads.run({ ...realRequest(1), budgetMs: 1_000 });
    expect(outcome.kind).toBe("late");
    // what lies beyond the gap does not count
    expect(outcome.kind === "late" && outcome.summary!.n).toBeLessThan(100);
    await expect.poll(() => threads.stats().restarts, { timeout: 60_000 }).toBe(1);
  });
  test("a thread that dies on its share fails the batch, and the next one is whole again", async () => {
    const threads = uneven("uneven-crash", `${TAKES_A_CHUNK} process.exit(2);`);
    await threads.ready();
    expect(failed(await threads.run(realRequest(1)))).toBe("crash");
    await expect.poll(() => threads.stats().restarts, { timeout: 60_000 }).toBe(1);
  });
  test("a thread that takes nothing leaves the whole batch to the other", async () => {
    const threads = uneven("uneven-idle", 'parentPort.postMessage({ kind: "done", job: m.job });');
    await threads.ready();
    const request = realRequest(1, 1.4);
    expect(canonicalText(await threads.run(request))).toBe(canonicalText(trialsHere(request)));
  });
  test("a full queue says so at once", async () => {
    const threads = rogue("slow", again, { maxQueued: 2 });
    await threads.ready();
    const outcomes = [1, 2, 3, 4].map((i) => threads.run({ ...realRequest(i), budgetMs: 80 }));
    expect(failed(await outcomes[3]!)).toBe("overflow");
    expect(failed(await outcomes[0]!)).toBe("late");
  });
  test("what is no problem is refused", async () => {
    const threads = pool({ size: 1 });
    await threads.ready();
    expect(failed(await threads.run({ ...realRequest(1), problem: { hello: 1 } }))).toBe("refused");
    expect(failed(trialsHere({ ...realRequest(1), problem: null }))).toBe("refused");
  });
  test("a silent thread fails its ping; a good one answers", async () => {
    const silent = rogue("silent", 'parentPort.on("message", () => {});');
    await silent.ready();
    expect(await silent.ping()).toBe(false);
    const good = pool({ size: 2 });
    await good.ready();
    expect(await good.ping()).toBe(true);
  });
  test("a thread that cannot even start is tried again at leisure, and its batches are late", async () => {
    const threads = rogue("stillborn", "process.exit(1);");
    expect(failed(await threads.run({ ...realRequest(1), budgetMs: 300 }))).toMatch(/crash|late/);
    expect(threads.stats().restarts).toBeLessThanOrEqual(2);
  });
  test("a closed pool refuses", async () => {
    const threads = pool({ size: 1 });
    const waiting = threads.run(realRequest(1));
    await threads.close();
    expect(["failed", "done"]).toContain((await waiting).kind);
    expect(failed(await threads.run(realRequest(1)))).toBe("refused");
  });
  test("a batch that is too large for its budget keeps what has ended", async () => {
    const threads = pool({ size: 1 });
    await threads.ready();
    const outcome = await threads.run({ ...realRequest(1), sims: 2_000_000, budgetMs: 60 });
    expect(outcome.kind).toBe("late");
    const n = outcome.kind === "late" ? (outcome.summary?.n ?? 0) : 0;
    expect(n).toBeGreaterThan(0);
    expect(n).toBeLessThan(2_000_000);
    expect(failed(await threads.run(realRequest(2)))).toBe("done");
    expect(threads.stats().restarts).toBe(0);
  });
});

describe("helpers", () => {
  test("a deeper look, a cross-check and variants come back from their own thread", async () => {
    const threads = pool({ size: 1 });
    const { problem, seed, noise } = realRequest(3, 1.6);
    const deep = await threads.help(helper({ kind: "deep", problem, seed, noise, sims: 256 }));
    expect(deep).toMatchObject({ kind: "deep", n: 256 });
    expect(deep).toEqual(
      await createInlineTrials().help(helper({ kind: "deep", problem, seed, noise, sims: 256 })),
    );
    expect(await threads.help(helper({ kind: "cross", rows: [] }))).toEqual({
      kind: "cross",
      conflicts: [],
      compared: 0,
    });
    const variant = await threads.help(
      helper({ kind: "variant", seed, noise, sims: 60, variants: [{ name: "same", args: 1, problem }] }),
    );
    expect(variant).toMatchObject({ kind: "variant", best: "same" });
  });
  test("nonsense, unknown work and a throw are findings that failed", async () => {
    const here = createInlineTrials();
    for (const task of [
      null,
      7,
      {},
      { kind: "spawn" },
      { kind: "deep" },
      { kind: "variant", variants: [{}] },
    ])
      expect(await here.help(helper(task))).toMatchObject({ kind: "failed" });
  });
  test("a lost thread loses one helper, not the next", async () => {
    const threads = rogue(
      "help",
      'let n = 0; parentPort.on("message", (m) => { if (m.task === "die") process.exit(1); parentPort.postMessage({ kind: "finding", job: m.job, finding: { kind: "cross", conflicts: [], compared: 9 } }); });',
    );
    expect(await threads.help(helper("die"))).toMatchObject({ kind: "failed" });
    expect(await threads.help(helper("live"))).toMatchObject({ compared: 9 });
  });
  test("a robot that the simulator does not know cannot pass the sandbox", async () => {
    const { problem } = realRequest(3);
    expect(
      await createInlineTrials().help(
        helper({
          kind: "sandbox",
          seed: 1,
          budgetMs: 2_000,
          runs: 2,
          problem,
          dynamics: { missing: "robot.dynamics" },
        }),
      ),
    ).toMatchObject({ kind: "failed", noModel: true });
  });
});
