import { expect, test } from "vitest";
import type { Code, Micros, Receipt } from "../../../src/core/domain/index.ts";
import { createLiveWatch } from "../../../src/node/in-use/index.ts";

const TICK_US = 10_000;
function rig(timed = true, failed: string | null = null, isReady = true) {
  const said: Code[] = [];
  const receipts: Receipt[] = [];
  const notes: string[] = [];
  const soon: (() => void)[] = [];
  const watch = createLiveWatch({
    kind: "head",
    from: "new",
    to: "old",
    rates: {},
    cell: "cell",
    configHash: "c",
    boot: 3,
    timed,
    wall: (t) => t,
    health: (code) => void said.push(code),
    append: (receipt) => receipts.push(receipt) > 0,
    soon: (act) => void soon.push(act),
    rollback: async ({ code }) => {
      notes.push(code);
      return failed;
    },
  });
  const ready = (): void => watch.observe({ kind: "heartbeat", state: "READY_BLOCKED" } as never);
  if (isReady) ready();
  /** ticks of ten seconds; what both heads say at each of them, as shares of their thresholds */
  const run = (of: (i: number) => [now: number, before: number, tookUs: number], seconds = 300): void => {
    for (let i = 0; i < seconds * 100 && watch.rolledBack === null; i++) {
      const [now, before, tookUs] = of(i);
      watch.look((i * TICK_US) as Micros, now, before, tookUs);
    }
    // whatever it decided is done after the step, never in the midst of it
    expect(said).toEqual([]);
    for (const act of soon.splice(0)) act();
  };
  return { watch, run, ready, said, receipts, notes };
}
const wave = (i: number): number => 0.3 + 0.2 * (((i * 37) % 100) / 100);

test("F35 a good head stays: alarms that the old one raises too, and a look now and then that is slow", () => {
  const { watch, run, said } = rig();
  run(
    (i) => [i % 9_000 < 50 ? 1.2 : wave(i), i % 9_000 < 50 ? 1.1 : wave(i), i % 5_000 === 0 ? 3_000 : 40],
    900,
  );
  expect(watch.rolledBack).toBeNull();
  expect(said).toEqual([]);
});

test.each<[Code, (i: number) => [number, number, number]]>([
  ["ROLLBACK_FALSE_STOPS", (i) => [i % 500 < 20 ? 1.2 : wave(i), wave(i), 40]],
  ["ROLLBACK_LATENCY", (i) => [wave(i), wave(i), 4_000]],
  ["ROLLBACK_ENERGY_DRIFT", (i) => [wave(i) + 0.2, wave(i), 40]],
])("%s: word, receipt and store, once", async (code, of) => {
  const { watch, run, said, receipts, notes } = rig();
  run(of);
  await watch.written();
  expect(watch.rolledBack?.code).toBe(code);
  expect([said, notes]).toEqual([[code], [code]]);
  expect(receipts.map((r) => r.body)).toMatchObject([
    { receipt_type: "rollback", from: "new", to: "old", code },
  ]);
});

test("an alarm that a stop follows was not needless", () => {
  const { watch, run } = rig();
  run((i) => {
    const phase = i % 500;
    if (phase === 60) watch.observe({ kind: "block", first: true } as never);
    return [phase >= 10 && phase < 50 ? 1.2 : wave(i), wave(i), 40];
  });
  expect(watch.rolledBack).toBeNull();
});

test("a smell of the new head alone goes back at once; simulated time knows no latency", async () => {
  const slow = rig(false);
  slow.run((i) => [wave(i), wave(i), 4_000]);
  expect(slow.watch.rolledBack).toBeNull();
  slow.watch.smell("VS_CONSTANT", "V_s stands still");
  slow.run(() => [0, 0, 0]);
  await slow.watch.written();
  expect(slow.said).toEqual(["ROLLBACK_SMELL"]);
});

test("no last good artefact: the cell is told to hold", async () => {
  const { watch, run, said } = rig(true, "nothing there");
  watch.smell("VS_UNKNOWN", "");
  run(() => [0, 0, 0]);
  await watch.written();
  expect(said).toEqual(["ROLLBACK_SMELL", "ARTEFACT_NONE_GOOD"]);
});

test("a head that waits for a slow source at the start stays; one that still knows nothing when the cell is ready goes", async () => {
  const good = rig(true, null, false);
  good.watch.observe({ kind: "heartbeat", state: "STARTING" } as never);
  good.watch.smell("VS_UNKNOWN", "the scanner has not spoken");
  good.run((i) => [wave(i), wave(i), 40], 1);
  good.watch.smellGone("VS_UNKNOWN");
  good.ready();
  good.run((i) => [wave(i), wave(i), 40]);
  expect(good.watch.rolledBack).toBeNull();

  const bad = rig(true, null, false);
  bad.watch.smell("VS_UNKNOWN", "the cell has no such source");
  bad.ready();
  bad.run((i) => [wave(i), wave(i), 40]);
  await bad.watch.written();
  expect(bad.said).toEqual(["ROLLBACK_SMELL"]);

  const never = rig(true, null, false);
  never.watch.smell("VS_UNKNOWN", "nothing gets ready");
  never.run((i) => [wave(i), wave(i), 40], 40);
  await never.watch.written();
  expect(never.said).toEqual(["ROLLBACK_SMELL"]);
});
