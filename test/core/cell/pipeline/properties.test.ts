import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Code, TrialOutcome, TrialSummary } from "../../../../src/core/domain/index.ts";
import { calmMove, EVIDENCE, FakeHost, freshId, HOME } from "./fake-host.ts";
import { count } from "../../../count.ts";

const RUNS = { numRuns: count(50, 150), seed: 20_260_715 };
const perfect: TrialSummary = {
  n: 100,
  safe: 100,
  meanOutcome: 1,
  variance: 0,
  minSeparationM: 9,
  maxForceN: 0,
  maxEnergy: 0,
  worstTrial: 0,
  worstCause: "none",
  outcomes: [],
};
const flattering = (): TrialOutcome => ({ kind: "done", summary: perfect });

/** Worlds and actions in which a hard rule is broken, whatever anybody scores. */
const HARD: readonly (readonly [string, (host: FakeHost) => void, Readonly<Record<string, unknown>>])[] = [
  [
    "the cell is blocked",
    (h) => {
      h.world.forbidden = "KILLED";
    },
    {},
  ],
  [
    "V_s is missing",
    (h) => {
      h.world.energy = null;
    },
    {},
  ],
  [
    "V_s is NaN",
    (h) => {
      h.world.energy = Number.NaN;
    },
    {},
  ],
  [
    "V_s is negative",
    (h) => {
      h.world.energy = -1;
    },
    {},
  ],
  [
    "V_s is infinite",
    (h) => {
      h.world.energy = Number.POSITIVE_INFINITY;
    },
    {},
  ],
  [
    "V_s is above its limit",
    (h) => {
      h.world.energy = 1.01;
    },
    {},
  ],
  [
    "somebody is close",
    (h) => {
      h.world.near = 0.2;
    },
    {},
  ],
  [
    "the pose is old",
    (h) => {
      h.world.frozen = true;
      h.pass(300);
    },
    {},
  ],
  [
    "a joint's range ends",
    () => {},
    {
      args: {
        joint_names: ["j1", "j2", "j3", "j4", "j5", "j6"],
        points: [{ positions_rad: [6.3, ...HOME.slice(1)], time_from_start_ms: 20_000 }],
      },
    },
  ],
  ["the target is unknown", () => {}, { target: "/elsewhere" }],
];

const stageAnd = fc.record({
  stage: fc.integer({ min: 0, max: 4 }),
  hard: fc.integer({ min: 0, max: HARD.length - 1 }),
  certainty: fc.double({ min: 0, max: 1, noNaN: true }),
  roles: fc.subarray(["approve", "configure", "reset", "resume", "kill"] as const),
  moves: fc.array(fc.constantFrom("approve", "stage", "stored", "pass", "again"), { maxLength: 8 }),
});

describe("C24 hard rules dominate", () => {
  test("no V_s, confidence, approval or switch turns a hard block GREEN", () => {
    fc.assert(
      fc.property(stageAnd, ({ stage, hard, certainty, roles, moves }) => {
        const [, breakIt, more] = HARD[hard]!;
        const host = new FakeHost({ stage, trials: flattering });
        breakIt(host);
        const evidence = { ...EVIDENCE, confidence_trajectory: [certainty, 1, 1, 1] };
        const id = freshId();
        host.propose(calmMove(id, { ...more, evidence }));
        for (const move of moves) {
          if (move === "approve") host.approve(id, { roles });
          if (move === "stage") host.stage((stage + 1) % 5, roles);
          if (move === "pass") host.pass(60);
          if (move === "again") host.propose(calmMove(freshId(), { ...more, evidence }));
          if (move === "stored") host.report(id, "completed");
        }
        host.pass(500);
        expect(host.of("permit")).toEqual([]);
        expect(host.typed("gate_decision")).toEqual([]);
        expect(host.typed("block").every((b) => !b.requires_approval)).toBe(true);
      }),
      RUNS,
    );
  });
  test("a hard rule that breaks at any moment before release keeps the permit back", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (hard, after, stage) => {
          const host = new FakeHost({ stage, trials: flattering, trialsUs: 60_000, storedUs: 60_000 });
          host.propose(calmMove(freshId())).pass(after * 10);
          if (host.of("permit").length > 0) return;
          HARD[hard]![1](host);
          host.pass(1_000);
          expect(host.of("permit")).toEqual([]);
        },
      ),
      RUNS,
    );
  });
});

describe("C25 what a block lets through", () => {
  const MOTIONS = [
    (v: number) => calmMove(freshId(), {}, v),
    (v: number) =>
      calmMove(freshId(), {
        verb: "twist",
        args: { linear_m_s: [v, -v, v], angular_rad_s: [0, 0, 0], duration_ms: 500 },
      }),
    () => calmMove(freshId(), { verb: "program", args: { tokens: ["open_hand"] } }),
    () => calmMove(freshId(), { target: "hand", verb: "gripper", args: { width_m: 0.05, force_n: 5 } }),
    () => calmMove(freshId(), { verb: "power", args: { on: true } }),
  ];
  test("no motion at all, whichever way it leads: a retreat that reduces separation cannot exist", () => {
    fc.assert(
      fc.property(
        fc.nat(MOTIONS.length - 1),
        fc.double({ min: -0.2, max: 0.2, noNaN: true }),
        fc.integer({ min: 0, max: 4 }),
        fc.constantFrom("PROXIMITY_MIN", "KILLED", "CELL_READY", "CELL_STARTING") as fc.Arbitrary<Code>,
        (kind, v, stage, code) => {
          const host = new FakeHost({ stage, trials: flattering });
          host.world.forbidden = code;
          const proposal = MOTIONS[kind]!(v);
          host.propose(proposal).pass(200);
          host.approve(String(proposal["action_id"])).pass(200);
          expect(host.of("permit")).toEqual([]);
          expect(host.typed("gate_decision")).toEqual([]);
          expect(host.typed("block").map((b) => b.code)).toEqual(["GATE_CELL_BLOCKED"]);
        },
      ),
      RUNS,
    );
  });
  test("the rule by its name: a blocked cell refuses a move that would be GREEN in a running one", () => {
    const host = new FakeHost({ stage: 3, trials: flattering });
    host.world.forbidden = "KILLED";
    host.propose(calmMove("retreat")).pass(100);
    expect(host.story("retreat")).toEqual(["block GATE_CELL_BLOCKED"]);
  });
});

describe("D29 every branch leaves exactly one receipt", () => {
  const outcomes: fc.Arbitrary<TrialOutcome | null> = fc.oneof(
    fc.constant(null),
    fc.record({
      kind: fc.constant("failed" as const),
      reason: fc.constantFrom("crash" as const, "memory" as const, "overflow" as const, "refused" as const),
      detail: fc.constant(""),
    }),
    fc
      .record({
        n: fc.integer({ min: 0, max: 100 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        late: fc.boolean(),
      })
      .map(({ n, share, late }): TrialOutcome => {
        const safe = Math.floor(n * share);
        const summary = {
          ...perfect,
          n,
          safe,
          variance: (safe / Math.max(1, n)) * (1 - safe / Math.max(1, n)),
        };
        return late || n < 100 ? { kind: "late", summary } : { kind: "done", summary };
      }),
  );
  const acts = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 80 }),
      act: fc.constantFrom(
        "approve",
        "deny",
        "stop",
        "accepted",
        "completed",
        "aborted",
        "failed",
        "breach",
        "back",
        "wrong",
      ),
    }),
    { maxLength: 8 },
  );
  test("decision, approval, release and end each at most once, in this order, and nothing stays open", () => {
    fc.assert(
      fc.property(
        outcomes,
        acts,
        fc.integer({ min: 0, max: 4 }),
        fc.boolean(),
        (outcome, script, stage, stores) => {
          const host = new FakeHost({ stage, trials: () => outcome, stores });
          const id = freshId();
          host.propose(calmMove(id));
          for (const { at, act } of [...script].sort((a, b) => a.at - b.at)) {
            host.pass(at);
            if (act === "approve") host.approve(id);
            if (act === "deny") host.approve(id, { granted: false });
            if (act === "wrong") host.approve(id, { roles: [] });
            if (act === "stop") host.pipeline.stopped("KILLED");
            if (act === "breach") host.world.force = 130;
            if (act === "back") host.stage(0);
            if (act === "accepted" || act === "completed" || act === "aborted" || act === "failed")
              host.report(id, act);
          }
          host.pass(125_000);
          const kinds = host.about(id).map((r) => r.receipt_type);
          const count = (kind: string) => kinds.filter((k) => k === kind).length;
          // readings that aged until release are a decision of their own, and so is what follows
          const again = host.typed("permit_used").filter((p) => p.detail.endsWith("judged again")).length;
          expect(again).toBeLessThanOrEqual(1);
          const withheld = host
            .typed("permit_used")
            .filter((p) => p.outcome === "withheld" && !p.detail.endsWith("judged again")).length;
          expect(count("gate_decision") + count("block")).toBe(1 + again + withheld);
          if (withheld > 0) expect(host.typed("block").at(-1)!.requires_approval).toBe(false);
          const answered = host.typed("approval").filter((a) => a.outcome !== "refused").length;
          expect(answered).toBe(host.typed("block")[0]?.requires_approval === true ? 1 : 0);
          const used = host
            .typed("permit_used")
            .filter((p) => !p.detail.endsWith("judged again"))
            .map((p) => p.outcome);
          expect(used.length).toBeLessThanOrEqual(2);
          expect(used.filter((o) => o === "released").length).toBe(host.of("permit").length);
          if (used.length === 2) expect(used[0]).toBe("released");
          if (used[0] === "released") expect(used).toHaveLength(2);
          expect(count("watcher")).toBe(host.of("permit").filter((p) => p.watched).length);
          expect(host.pipeline.view().open).toEqual([]);
        },
      ),
      { ...RUNS, numRuns: count(30, 80) },
    );
  });
});
