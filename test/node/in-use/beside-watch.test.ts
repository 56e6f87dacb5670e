import { expect, test } from "vitest";
import type { CellEvent, Code, Effect, Micros, Receipt } from "../../../src/core/domain/index.ts";
import { type BesideWatchSetting, createBesideWatch } from "../../../src/node/in-use/beside-watch.ts";
import type { ShadowFeed } from "../../../src/node/in-use/shadow/shadow-feed.ts";
import type { ShadowLook } from "../../../src/node/in-use/shadow/shadow-words.ts";

const SECOND = 1_000_000;
function rig(kind: BesideWatchSetting["kind"], failed: string | null = null) {
  const said: string[] = [];
  const receipts: Receipt[] = [];
  const opened: number[] = [];
  const status = { state: "hearing" as ShadowFeed["status"]["state"], dropped: 0, trouble: "" };
  let stage = 1;
  let tell: (look: ShadowLook) => void = () => {};
  let closed = 0;
  const watch = createBesideWatch({
    kind,
    from: "new",
    to: "old",
    rates: {},
    cell: "cell",
    configHash: "c",
    boot: 3,
    timed: true,
    wall: (t) => t,
    health: (code: Code) => void said.push(code),
    append: (receipt) => receipts.push(receipt) > 0,
    soon: (act) => act(),
    rollback: async ({ code }) => {
      said.push(`store ${code}`);
      return failed;
    },
    restart: (why) => void said.push(`restart ${why.split(" ")[0]}`),
    blind: (active) => void said.push(active ? "blind" : "seeing"),
    stage: () => stage,
    open(fromUs, onLook) {
      opened.push(fromUs);
      tell = onLook;
      return {
        get status() {
          return { candidate: "old", waiting: 0, ...status };
        },
        record: () => {},
        observe: () => {},
        close: async () => void closed++,
      };
    },
  });
  let t = 0;
  /** a second in the life of the cell: a reading each, and what the artefact before says of it */
  const second = (look: Partial<ShadowLook> = {}, tookUs = 50, looks = true): void => {
    t += SECOND;
    for (let i = 0; i < 100; i++)
      watch.record({ kind: "sample", t: (t - SECOND + i * 10_000) as Micros } as CellEvent, tookUs);
    if (looks && status.state === "hearing")
      tell({
        t,
        liveMoved: 100,
        liveStops: 0,
        shadowStops: 0,
        alike: 0,
        liveReds: 0,
        shadowReds: 0,
        stepP99Us: 50,
        ...look,
      });
  };
  const seconds = (n: number, of: (i: number) => Partial<ShadowLook>, tookUs = 50): void => {
    for (let i = 0; i < n && watch.rolledBack === null; i++) second(of(i), tookUs);
  };
  return {
    watch,
    second,
    seconds,
    said,
    receipts,
    opened,
    status,
    setStage: (to: number) => (stage = to),
    closed: () => closed,
  };
}

test("F35 what agrees with the artefact before stays, and a stop of its own now and then", () => {
  for (const kind of ["rules", "gate", "policy"] as const) {
    const { watch, seconds, said } = rig(kind);
    seconds(2_000, (i) => ({
      alike: 1,
      liveStops: i % 200 === 199 ? 1 : 0,
      shadowStops: i % 300 === 299 ? 1 : 0,
    }));
    expect(watch.rolledBack).toBeNull();
    expect(said).toEqual([]);
  }
});

test.each<[BesideWatchSetting["kind"], Code, Partial<ShadowLook>, number]>([
  ["rules", "ROLLBACK_FALSE_STOPS", { liveStops: 1 }, 50],
  ["rules", "ROLLBACK_LETS_THROUGH", { shadowStops: 1 }, 50],
  ["rules", "ROLLBACK_LATENCY", {}, 4_000],
  ["gate", "ROLLBACK_FALSE_STOPS", { liveReds: 1 }, 50],
  ["gate", "ROLLBACK_LETS_THROUGH", { shadowReds: 1 }, 50],
  ["policy", "ROLLBACK_FALSE_STOPS", { liveReds: 1 }, 50],
])("%s → %s: word, receipt, store and a new start, once", async (kind, code, differs, tookUs) => {
  const { watch, seconds, said, receipts } = rig(kind);
  seconds(300, (i) => (i % 4 === 0 ? differs : { alike: 1 }), tookUs);
  seconds(10, () => differs);
  await watch.close();
  expect(watch.rolledBack?.code).toBe(code);
  expect(said).toEqual([code, `store ${code}`, `restart ${kind}`]);
  expect(receipts.map((r) => r.body)).toMatchObject([
    { receipt_type: "rollback", from: "new", to: "old", code, terms: { kind } },
  ]);
});

test("who stands cannot stop: seconds without motion are no evidence for either", () => {
  const { watch, seconds } = rig("rules");
  seconds(1, () => ({ liveStops: 1 }));
  seconds(500, () => ({ liveMoved: 0 }));
  expect(watch.rolledBack).toBeNull();
  // had they counted, three more stops would be few
  seconds(4, () => ({ liveStops: 1 }));
  expect(watch.rolledBack?.code).toBe("ROLLBACK_FALSE_STOPS");
});

test("a machine that is slow for both speaks against nobody; an adapter's other action neither", () => {
  const slow = rig("rules");
  slow.seconds(300, () => ({ stepP99Us: 3_000 }), 4_000);
  expect(slow.watch.rolledBack).toBeNull();
  const adapter = rig("policy");
  adapter.seconds(300, () => ({ shadowReds: 1 }));
  expect(adapter.watch.rolledBack).toBeNull();
});

test("an adapter that makes no action goes back at once; slow verdicts of a gate are late", async () => {
  const adapter = rig("policy");
  adapter.second();
  adapter.watch.record(
    { kind: "proposal", t: 2 * SECOND, raw: null, refused: "POLICY_ADAPTER_FAILED" } as unknown as CellEvent,
    0,
  );
  expect(adapter.watch.rolledBack).toMatchObject({ code: "ROLLBACK_SMELL" });
  const gate = rig("gate");
  gate.second();
  const verdict = { kind: "receipt", receipt: { body: { receipt_type: "gate_decision", action_id: "a" } } };
  const now = performance.now;
  for (let i = 0; i < 20 && gate.watch.rolledBack === null; i++) {
    gate.watch.record(
      { kind: "proposal", t: 0, raw: { action_id: "a" }, refused: null } as unknown as CellEvent,
      0,
    );
    const asked = now.call(performance);
    performance.now = () => asked + 80;
    gate.watch.observe(verdict as Effect, 0 as Micros);
    performance.now = now;
  }
  expect(gate.watch.rolledBack).toMatchObject({ code: "ROLLBACK_LATENCY" });
});

test("a watch that hears nothing says so, tries again, and follows the gate's stage", async () => {
  const { second, said, opened, status, setStage, closed } = rig("gate");
  second();
  expect(opened).toEqual([0]);
  setStage(2);
  second();
  second();
  await Promise.resolve();
  expect([opened.length, closed()]).toEqual([2, 1]);
  expect(said).toEqual([]);
  status.dropped = 7;
  second({}, 50, false);
  second({}, 50, false);
  status.dropped = 0;
  expect(said).toEqual(["blind"]);
  for (let i = 0; i < 12; i++) second({}, 50, false);
  expect(opened.length).toBe(3);
  second();
  expect(said).toEqual(["blind", "seeing"]);
});

test("nothing to go back to: the cell is told to hold, and does not begin again", async () => {
  const { watch, seconds, said } = rig("rules", "nothing there");
  seconds(60, () => ({ liveStops: 1 }));
  await watch.close();
  expect(said).toEqual(["ROLLBACK_FALSE_STOPS", "store ROLLBACK_FALSE_STOPS", "ARTEFACT_NONE_GOOD"]);
});
