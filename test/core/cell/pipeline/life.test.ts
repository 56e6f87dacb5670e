import { describe, expect, test } from "vitest";
import { calmMove, EVIDENCE, FakeHost, freshId, NO_DEFERRAL } from "./fake-host.ts";

const calm = (id: string, host: FakeHost) =>
  calmMove(id, { evidence: { ...EVIDENCE, reasoning_started_at: 1_700_000_000_000_000 + host.nowUs } });
const passed = (setting = {}) => {
  const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL, ...setting });
  const id = freshId();
  return { host, id };
};

describe("life of a proposal", () => {
  test("GREEN: judged, stored, permitted, completed, one receipt each", () => {
    const { host, id } = passed();
    host.propose(calm(id, host)).pass(20);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used released"]);
    const permit = host.of("permit")[0]!;
    expect(permit.watched).toBe(false);
    host.report(id, "accepted").pass(100).report(id, "completed").pass(50);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used released", "permit_used completed"]);
    expect(host.typed("monte_carlo")).toHaveLength(1);
    expect(host.pipeline.view().open).toEqual([]);
  });
  test("C20 the score is capped by the lower bound on the safe share, with n and k in the receipt", () => {
    const { host, id } = passed();
    host.propose(calm(id, host)).pass(20);
    const decision = host.typed("gate_decision")[0]!;
    expect(decision.confidence_score).toBeCloseTo(0.05 ** (1 / 100), 6);
    expect(decision.terms["trials"]).toMatchObject({ n: 100, safe: 100 });
  });
  test("C23 no permit before its receipt is durable; a receipt that is refused lets nothing through", () => {
    const { host, id } = passed({ storedUs: 50_000 });
    host.propose(calm(id, host)).pass(40);
    expect(host.of("permit")).toEqual([]);
    host.pass(30);
    expect(host.of("permit")).toHaveLength(1);
    const other = new FakeHost({ stage: 3, gate: NO_DEFERRAL, stores: false });
    other.propose(calm("x1", other)).pass(100);
    expect(other.of("permit")).toEqual([]);
    expect(other.story("x1")).toEqual([
      "gate_decision GREEN",
      "permit_used withheld",
      "block RECEIPT_NOT_STORED",
    ]);
  });
  test("a ledger that never answers withholds", () => {
    const { host, id } = passed({ storedUs: 60_000_000 });
    host.propose(calm(id, host)).pass(1_500);
    expect(host.story(id)).toEqual([
      "gate_decision GREEN",
      "permit_used withheld",
      "block RECEIPT_NOT_STORED",
    ]);
    host.pass(61_000);
    expect(host.of("permit")).toEqual([]);
  });
  test("A3 a stop between judgement and release voids the action", () => {
    const { host, id } = passed({ storedUs: 50_000 });
    host.propose(calm(id, host)).pass(10);
    host.world.forbidden = "KILLED";
    host.pipeline.stopped("KILLED");
    host.pass(200);
    host.world.forbidden = null;
    host.pass(500);
    expect(host.of("permit")).toEqual([]);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used withheld", "block ACTION_VOID"]);
  });
  test("the latch is looked at again at release, even when nobody said that it fell", () => {
    const { host, id } = passed({ storedUs: 50_000 });
    host.propose(calm(id, host)).pass(20);
    host.world.forbidden = "KILLED";
    host.pass(100);
    expect(host.of("permit")).toEqual([]);
    expect(host.typed("permit_used").map((r) => r.code)).toEqual(["GATE_CELL_BLOCKED"]);
  });
  test("C23 readings that aged until release are judged again, once", () => {
    const { host, id } = passed({ storedUs: 250_000 });
    host.propose(calm(id, host)).pass(258);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used withheld"]);
    host.pass(400);
    expect(host.story(id)).toEqual([
      "gate_decision GREEN",
      "permit_used withheld",
      "gate_decision GREEN",
      "permit_used withheld",
      "block SNAPSHOT_AGED",
    ]);
    expect(host.of("permit")).toEqual([]);
    expect(host.pipeline.view().open).toEqual([]);
  });
  test("a permit that nobody takes up expires and is taken back", () => {
    const { host, id } = passed();
    host.propose(calm(id, host)).pass(700);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used released", "permit_used expired"]);
    expect(host.of("revoke")).toHaveLength(1);
  });
  test("an action that overruns is taken back", () => {
    const { host, id } = passed();
    host.propose(calm(id, host)).pass(20);
    host.report(id, "accepted").pass(4_000);
    expect(host.story(id).at(-1)).toBe("permit_used expired");
    expect(host.of("revoke")[0]!.code).toBe("ACTION_OVERRAN");
  });
  test("one action at a time on a target", () => {
    const { host, id } = passed();
    host.propose(calm(id, host)).pass(20);
    const second = freshId();
    host.propose(calm(second, host)).pass(20);
    expect(host.story(second)).toEqual(["block TARGET_BUSY"]);
  });
  test("two judged at the same time: only one is released", () => {
    const { host, id } = passed();
    const second = freshId();
    host.propose(calm(id, host)).propose(calm(second, host)).pass(30);
    expect(host.of("permit")).toHaveLength(1);
    expect(host.story(second)).toEqual(["gate_decision YELLOW", "permit_used withheld", "block TARGET_BUSY"]);
    expect(host.typed("permit_used").at(-1)!.code).toBe("TARGET_BUSY");
  });
  test("the permit is bound to the checked proposal and carries what was judged", () => {
    const { host, id } = passed();
    host.propose(calm(id, host)).pass(20);
    const permit = host.of("permit")[0]!;
    expect(permit.proposalHash).toBe(host.typed("permit_used")[0]!.proposal_hash);
    expect(permit.action).toMatchObject({ target: "/cell/arm", verb: "trajectory", action_id: id });
    expect(permit.action).not.toHaveProperty("evidence");
    expect(permit.expires - host.nowUs).toBeLessThanOrEqual(500_000);
  });
});

describe("where the actuator tells nothing", () => {
  const measured = (reports: string) =>
    passed({
      yaml: (text: string) => text.replace("address: drive,", `address: drive, reports: ${reports},`),
    });
  /** the arm goes the permitted way, turned by this much at its end */
  const move = (host: FakeHost, ms: number, stray = 0): void => {
    const from = [...host.world.q];
    for (let at = 10; at <= ms; at += 10) {
      host.world.q = from.map((v, j) => (j === 0 ? v + (0.2 * at) / 2_000 : j === 1 ? v + stray * at : v));
      host.pass(10);
    }
  };
  test("begin and end are read off the joints", () => {
    const { host, id } = measured("motion");
    host.propose(calm(id, host)).pass(20);
    host.pass(300);
    move(host, 2_000);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used released"]);
    host.pass(500);
    expect(host.story(id)).toEqual(["gate_decision GREEN", "permit_used released", "permit_used completed"]);
    expect(host.of("revoke")).toEqual([]);
  });
  test("an arm that does not begin loses its permit, and is told so with the measured pose", () => {
    const { host, id } = measured("motion");
    host.propose(calm(id, host)).pass(700);
    expect(host.typed("permit_used").at(-1)!.code).toBe("PERMIT_EXPIRED");
    expect(host.of("revoke")[0]!.pose).toEqual(host.world.q);
  });
  test("an arm that leaves the way is stopped", () => {
    const { host, id } = measured("motion");
    host.propose(calm(id, host)).pass(20);
    move(host, 600, 0.0005);
    expect(host.story(id).at(-1)).toBe("permit_used aborted");
    expect(host.of("revoke")[0]!.code).toBe("PATH_LEFT");
    expect(host.raised.map((r) => r.code)).toEqual(["PATH_LEFT"]);
  });
  test("at a quarter of the speed the same way has the time that it takes", () => {
    const { host, id } = measured("motion");
    host.propose(calm(id, host)).pass(20);
    host.world.pace = 0.25;
    const from = [...host.world.q];
    for (let at = 10; at <= 8_000; at += 10) {
      host.world.q = from.map((v, j) => (j === 0 ? v + (0.2 * at) / 8_000 : v));
      host.pass(10);
    }
    host.pass(500);
    expect(host.story(id).at(-1)).toBe("permit_used completed");
  });
  test("what lasts a stated time is ended when it is over", () => {
    const { host, id } = measured("duration");
    host.propose(calm(id, host)).pass(1_900);
    expect(host.of("revoke")).toEqual([]);
    host.pass(200);
    expect(host.of("revoke").map((r) => r.code)).toEqual(["ACTION_COMPLETED"]);
    expect(host.story(id).at(-1)).toBe("permit_used completed");
  });
});

describe("watchers", () => {
  const watched = () => {
    const host = new FakeHost({ stage: 1 });
    const id = freshId();
    host.propose(calm(id, host)).pass(20);
    host.report(id, "accepted");
    return { host, id };
  };
  test("YELLOW runs watched and ends with one watcher receipt", () => {
    const { host, id } = watched();
    expect(host.of("permit")[0]!.watched).toBe(true);
    expect(host.pipeline.view().watchers).toHaveLength(1);
    host.pass(100).report(id, "completed").pass(20);
    expect(host.story(id)).toEqual([
      "gate_decision YELLOW",
      "permit_used released",
      "permit_used completed",
      "watcher completed",
    ]);
  });
  for (const [name, breakIt] of [
    [
      "force",
      (h: FakeHost) => {
        h.world.force = 113;
      },
    ],
    [
      "separation",
      (h: FakeHost) => {
        h.world.near = 0.24;
      },
    ],
    [
      "V_s",
      (h: FakeHost) => {
        h.world.energy = 0.81;
      },
    ],
    [
      "V_s gone",
      (h: FakeHost) => {
        h.world.energy = null;
      },
    ],
    [
      "V_s NaN",
      (h: FakeHost) => {
        h.world.energy = Number.NaN;
      },
    ],
  ] as const)
    test(`a tightened limit on ${name} takes the permit back and blocks the cell`, () => {
      const { host, id } = watched();
      breakIt(host);
      host.pass(20);
      expect(host.of("revoke")).toHaveLength(1);
      expect(host.raised.map((r) => r.code)).toEqual(["WATCHER_BREACH"]);
      expect(host.story(id).slice(2)).toEqual(["permit_used revoked", "watcher breach"]);
    });
  test("a stop of the cell ends the watch with one receipt", () => {
    const { host, id } = watched();
    host.pipeline.stopped("KILLED");
    expect(host.story(id).slice(2)).toEqual(["permit_used revoked", "watcher aborted"]);
  });
  test("a time limit ends the watch with one receipt", () => {
    const { host, id } = watched();
    host.pass(4_000);
    expect(host.story(id).slice(2)).toEqual(["permit_used expired", "watcher timeout"]);
  });
});

describe("C21 trials that do not come back", () => {
  const outcome = (kind: string, n = 0) => {
    const host = new FakeHost({
      stage: 3,
      gate: NO_DEFERRAL,
      trials: (request) => {
        if (kind === "never") return null;
        if (kind !== "late") return { kind: "failed", reason: kind as "crash", detail: "test" };
        if (n === 0) return { kind: "late", summary: null };
        const summary = {
          n,
          safe: n,
          meanOutcome: 0.9,
          variance: 0,
          minSeparationM: 2,
          maxForceN: 10,
          maxEnergy: 0.1,
          worstTrial: 0,
          worstCause: "none",
          outcomes: Array.from({ length: n }, () => 0.9),
        };
        void request;
        return { kind: "late", summary };
      },
    });
    const id = freshId();
    host.propose(calm(id, host)).pass(800);
    return host.story(id)[0];
  };
  for (const [kind, code] of [
    ["crash", "TRIALS_CRASHED"],
    ["overflow", "TRIALS_OVERFLOW"],
    ["memory", "TRIALS_MEMORY"],
    ["refused", "TRIALS_REFUSED"],
    ["never", "TRIALS_LATE"],
  ] as const)
    test(`${kind} is RED with its own code`, () => expect(outcome(kind)).toBe(`block ${code}`));
  test("none finished: RED", () => expect(outcome("late")).toBe("block TRIALS_LATE"));
  test("29 finished: RED", () => expect(outcome("late", 29)).toBe("block TRIALS_LATE"));
  test("99 of 100 finished, all safe: never above YELLOW", () =>
    expect(outcome("late", 99)).toBe("gate_decision YELLOW"));
});
