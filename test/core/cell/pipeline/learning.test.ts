import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_ITEMS_PER_RUN } from "../../../../src/core/domain/index.ts";
import { spawnRoot } from "../../../../src/core/cell/pipeline/index.ts";
import { calmMove, EVIDENCE, FakeHost, freshId, NO_DEFERRAL } from "./fake-host.ts";

const now = (host: FakeHost, usAgo = 0): number => 1_700_000_000_000_000 + host.nowUs - usAgo;

describe("C26 loops", () => {
  test("the fifth time without an end is RED and written; the tenth halts until a person lifts it", () => {
    const host = new FakeHost({
      stage: 3,
      gate: NO_DEFERRAL,
      trials: () => ({ kind: "failed", reason: "crash", detail: "" }),
    });
    const ids = Array.from({ length: 12 }, freshId);
    for (const id of ids) {
      host.propose(calmMove(id)).pass(300);
      if (host.pipeline.view().approvals.length > 0) host.approve(id, { granted: false });
    }
    expect(host.story(ids[3]!)).toEqual(["block TRIALS_CRASHED", "approval denied"]);
    expect(host.story(ids[4]!)[0]).toBe("convergence");
    expect(host.story(ids[8]!)).toEqual(["convergence", "spawn", "block LOOP_DETECTED", "approval denied"]);
    expect(host.story(ids[9]!)).toEqual(["convergence", "block LOOP_HALTED"]);
    expect(host.typed("convergence").map((c) => c.repeats)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    expect(host.typed("stoprule").filter((s) => s.rule === "convergence_repeats")).toMatchObject([
      { measured: 10, limit: 10, action: "halt" },
    ]);
    expect(host.raised).toMatchObject([{ code: "LOOP_HALT", source: "test:bot" }]);
    host.pass(700_000).propose(calmMove("later")).pass(50);
    expect(host.story("later").at(-1)).toBe("block LOOP_HALTED");
    host.pipeline.acknowledged("LOOP_HALT", "test:bot", "anna", "planner restarted");
    expect(host.typed("lift")).toMatchObject([
      {
        code: "LOOP_HALT",
        source: "test:bot",
        by: "anna",
        terms: { callers: ["test:bot"], halted_questions: 1 },
      },
    ]);
    host.propose(calmMove("lifted")).pass(50);
    expect(host.story("lifted").at(-1)).toBe("block TRIALS_CRASHED");
  });
  test("a refusal of the moment is no answer to a question: blocked, busy or without a pose it does not count", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    const often = (): void => {
      for (let i = 0; i < 15; i++) host.propose(calmMove(freshId())).pass(100);
    };
    host.world.forbidden = "KILLED";
    often();
    host.world.forbidden = null;
    host.world.frozen = true;
    host.pass(300);
    often();
    host.world.frozen = false;
    host
      .pass(20)
      .propose(calmMove("runs", {}, 0.1))
      .pass(50)
      .report("runs", "accepted");
    for (let i = 0; i < 15; i++) host.propose(calmMove(freshId())).pass(100);
    expect(
      host
        .typed("block")
        .slice(-3)
        .map((b) => b.code),
    ).toEqual(Array(3).fill("TARGET_BUSY"));
    host.report("runs", "completed").pass(20).propose(calmMove("at-last")).pass(50);
    expect(host.typed("convergence")).toEqual([]);
    expect(host.story("at-last")[0]).toMatch(/^gate_decision/);
  });
  test("a hard no about the action itself is an answer: asking it again and again is a loop", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    const far = (id: string) =>
      calmMove(id, {
        args: {
          joint_names: ["j1", "j2", "j3", "j4", "j5", "j6"],
          points: [{ positions_rad: [6.3, -1.5, 1.5, -1.5, -1.5, 0], time_from_start_ms: 20_000 }],
        },
      });
    for (let i = 0; i < 11; i++) host.propose(far(`far-${i}`)).pass(100);
    expect(host.story("far-0")).toEqual(["block JOINT_LIMIT_EXCEEDED"]);
    expect(host.story("far-9")).toEqual(["convergence", "block JOINT_LIMIT_EXCEEDED"]);
    expect(host.typed("convergence").map((c) => c.repeats)).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(host.raised.map((r) => r.code)).toEqual(["LOOP_HALT"]);
  });
  test("a loop is RED even with perfect trials", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    host
      .propose(
        calmMove("loopy", { evidence: { questions: Array.from({ length: 6 }, () => "Is it  SAFE?") } }),
      )
      .pass(50);
    expect(host.story("loopy")).toEqual(["convergence", "spawn", "block LOOP_DETECTED"]);
  });
  test("case and spaces make no new question; an action that ends well answers it", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    for (let i = 0; i < 12; i++) {
      const id = freshId();
      host
        .propose(
          calmMove(id, {
            evidence: { questions: [i % 2 === 0 ? "Is the gripper empty?" : "is the  gripper EMPTY? "] },
          }),
        )
        .pass(50);
      host.report(id, "accepted").pass(50).report(id, "completed").pass(50);
    }
    expect(host.typed("convergence")).toEqual([]);
  });
  test("another proposer's loop costs nobody else", () => {
    const host = new FakeHost({
      stage: 3,
      gate: NO_DEFERRAL,
      trials: () => ({ kind: "failed", reason: "crash", detail: "" }),
    });
    for (let i = 0; i < 11; i++) host.propose(calmMove(freshId()), "stuck").pass(300);
    host.propose(calmMove("other"), "other").pass(50);
    expect(host.story("other")).toEqual(["block TRIALS_CRASHED"]);
  });
});

const DEEP = { kind: "deep", shareLower: 0.99 };
const CROSS = { kind: "cross", conflicts: [], compared: 0 };
const kindsOf = (host: FakeHost): string[] => host.of("helper").map((h) => (h.task as { kind: string }).kind);

describe("wounds and helpers", () => {
  const falling = [1, 0.8, 0.6, 0.4, 0.2, 0];
  const wounded = (stage = 4) =>
    new FakeHost({ stage, gate: NO_DEFERRAL })
      .propose(calmMove("w", { evidence: { confidence_trajectory: falling } }))
      .pass(20);
  test("five drops start helpers before the verdict, with the formula of the specification", () => {
    const host = wounded();
    expect(host.typed("wound").map((w) => w.wound_index)).toEqual([1, 2, 3, 4, 5]);
    expect(kindsOf(host)).toEqual(["deep", "cross", "variant"]);
    expect(host.story("w")).toEqual(Array(5).fill("wound"));
    expect(host.pipeline.view()).toMatchObject({ counts: { wounds: 5 }, open: [{ state: "helping" }] });
    const [deep, cross, variant] = host.of("helper");
    host.finding(deep!, DEEP).finding(cross!, CROSS);
    host.finding(variant!, { kind: "variant", best: "slower ×2", args: { a: 1 }, tried: [] }).pass(30);
    expect(host.story("w").slice(5)).toEqual([
      ...Array(3).fill("finding found"),
      "spawn",
      expect.stringMatching(/^gate_decision/),
      "permit_used released",
    ]);
    expect(host.typed("spawn")[0]).toMatchObject({
      wound_count: 5,
      helpers_spawned: 3,
      convergence_proof: 0,
      reason: "wounds",
    });
  });
  test("the root of a spawn stands over the wounds and everything that came back, and anybody can make it again", () => {
    const host = wounded();
    for (const helper of host.of("helper").slice(0, 2))
      host.finding(helper, (helper.task as { kind: string }).kind === "deep" ? DEEP : CROSS);
    host.pass(1_100);
    const spawned = host.typed("spawn")[0]!;
    const leaves = host.receipts.filter((r) => r.receipt_type === "wound" || r.receipt_type === "finding");
    expect(leaves.map((l) => (l.receipt_type === "finding" ? l.outcome : l.receipt_type))).toEqual([
      ...Array(5).fill("wound"),
      "found",
      "found",
      "late",
    ]);
    expect(spawned.leaves).toHaveLength(8);
    expect(spawnRoot(leaves)).toBe(spawned.merkle_root);
    expect(spawnRoot(leaves.slice(1))).not.toBe(spawned.merkle_root);
  });
  test("a loop that is found starts helpers too, half as many again", () => {
    const host = new FakeHost({ stage: 4, gate: NO_DEFERRAL });
    const evidence = { questions: Array.from({ length: 6 }, () => "Is it safe?") };
    host.propose(calmMove("loopy", { evidence })).pass(20);
    expect(kindsOf(host)).toEqual(["deep"]);
    host.finding(host.of("helper")[0]!, DEEP).pass(20);
    expect(host.typed("spawn")).toMatchObject([{ reason: "loop", wound_count: 0, helpers_spawned: 1 }]);
    const proven = new FakeHost({
      stage: 4,
      gate: NO_DEFERRAL,
      trials: () => ({ kind: "failed", reason: "crash", detail: "" }),
    });
    for (let i = 0; i < 5; i++) proven.propose(calmMove(`p-${i}`)).pass(50);
    proven.pass(1_100);
    expect(proven.typed("spawn")).toMatchObject([
      { reason: "loop", helpers_spawned: 2, convergence_proof: 1 },
    ]);
  });
  test("an unstable outcome starts helpers, and what they find decides", () => {
    const outcomes = Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? -1 : 0.9));
    const unstable = () =>
      new FakeHost({
        stage: 4,
        gate: NO_DEFERRAL,
        trials: () => ({
          kind: "done",
          summary: {
            n: 100,
            safe: 90,
            meanOutcome: 0.71,
            variance: 0.325,
            minSeparationM: 1,
            maxForceN: 1,
            maxEnergy: 0.1,
            worstTrial: 0,
            worstCause: "separation",
            outcomes,
          },
        }),
      })
        .propose(calmMove("u", { evidence: { ...EVIDENCE } }))
        .pass(20);
    const fine = unstable();
    fine.finding(fine.of("helper")[0]!, DEEP).pass(20);
    expect(fine.typed("monte_carlo")[0]).toMatchObject({ is_stable: false });
    expect(fine.typed("spawn")).toMatchObject([{ reason: "unstable", helpers_spawned: 1 }]);
    const bad = unstable();
    bad.finding(bad.of("helper")[0]!, { kind: "deep", shareLower: 0.5 }).pass(20);
    expect(bad.story("u").slice(0, 3)).toEqual(["finding found", "spawn", "block HELPER_WARNED"]);
  });
  test("what helpers find only lowers: a warning is RED, silence and failure are never GREEN", () => {
    const verdictAfter = (act: (host: FakeHost) => void): string => {
      const host = wounded();
      act(host);
      host.pass(1_200);
      return host.story("w").find((s) => s.startsWith("gate_decision") || s.startsWith("block"))!;
    };
    const all = (finding: (kind: string) => unknown) => (host: FakeHost) => {
      for (const helper of host.of("helper"))
        host.finding(helper, finding((helper.task as { kind: string }).kind));
    };
    const good = (kind: string): unknown =>
      kind === "deep"
        ? DEEP
        : kind === "cross"
          ? CROSS
          : { kind: "variant", best: null, args: null, tried: [] };
    expect(verdictAfter(all(good))).toBe("gate_decision YELLOW");
    expect(verdictAfter(all((k) => (k === "deep" ? { kind: "deep", shareLower: 0.4 } : good(k))))).toBe(
      "block HELPER_WARNED",
    );
    expect(
      verdictAfter(all((k) => (k === "cross" ? { kind: "cross", conflicts: [{}], compared: 1 } : good(k)))),
    ).toBe("block HELPER_WARNED");
    expect(verdictAfter(() => undefined)).toBe("gate_decision YELLOW");
    expect(verdictAfter(all(() => ({ kind: "failed", detail: "boom" })))).toBe("gate_decision YELLOW");
  });
  test("18.6 what a helper offered counts a generation more when it is proposed, and starts no helpers", () => {
    const host = wounded();
    const offered = calmMove("w", {}, 0.1)["args"];
    for (const helper of host.of("helper")) {
      const { kind } = helper.task as { kind: string };
      host.finding(
        helper,
        kind === "variant"
          ? { kind, best: "half", args: offered, tried: [] }
          : kind === "deep"
            ? DEEP
            : CROSS,
      );
    }
    host.pass(50).report("w", "accepted").report("w", "completed").pass(20);
    expect(host.answers("w").find((a) => a["verdict"] === "OFFER")).toMatchObject({ generation: 1 });
    const helpers = host.of("helper").length;
    const again = { args: offered, evidence: { ...EVIDENCE, confidence_trajectory: falling } };
    host.propose(calmMove("taken", again)).pass(50);
    expect(host.of("helper")).toHaveLength(helpers);
    const judged = host
      .about("taken")
      .find((r) => r.receipt_type === "gate_decision" || r.receipt_type === "block");
    expect(judged !== undefined && "terms" in judged && judged.terms["generation"]).toBe(1);
    expect(host.typed("spawn").filter((r) => r.action_id === "taken" && r.helpers_spawned > 0)).toEqual([]);
  });
  test("before stage 4 the spawn is written and no helper starts", () => {
    const host = wounded(3);
    expect(host.typed("spawn")[0]!.helpers_spawned).toBe(0);
    expect(host.of("helper")).toEqual([]);
    expect(host.story("w").at(-1)).toBe("permit_used released");
  });
  test("ten drops escalate: the proposer is RED until a person approved", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    host.propose(calmMove("w1", { evidence: { confidence_trajectory: [...falling, ...falling] } })).pass(50);
    expect(host.typed("stoprule")).toContainEqual(
      expect.objectContaining({ rule: "wounds", action: "escalate", measured: 10, limit: 10 }),
    );
    expect(host.raised.map((r) => [r.code, r.source])).toEqual([["WOUNDS_MANY", "test:bot"]]);
    host.report("w1", "accepted").report("w1", "completed");
    host.propose(calmMove("w2", {}, 0.25)).pass(50);
    expect(host.story("w2")).toEqual(["block WOUNDS_ESCALATED"]);
    host.approve("w2").pass(50).report("w2", "accepted").report("w2", "completed");
    expect(host.lowered).toEqual([{ code: "WOUNDS_MANY", source: "test:bot" }]);
    host.propose(calmMove("w3", {}, 0.3)).pass(50);
    expect(host.story("w3")[0]).toMatch(/^gate_decision/);
  });
  test("or until a person acknowledged it", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    host.propose(calmMove("w1", { evidence: { confidence_trajectory: [...falling, ...falling] } })).pass(50);
    host.report("w1", "accepted").report("w1", "completed");
    host.pipeline.acknowledged("WOUNDS_MANY", "test:bot", "anna", "looked at it");
    expect(host.typed("lift")).toMatchObject([{ code: "WOUNDS_MANY", terms: { callers: ["test:bot"] } }]);
    host.propose(calmMove("w2", {}, 0.25)).pass(50);
    expect(host.story("w2")[0]).toMatch(/^gate_decision/);
  });
  test("a hard action after an easy one is no drop of confidence", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    const unsure = { decision_probabilities: [0.8, 0.2], confidence_trajectory: [0.5, 0.5, 0.5] };
    for (let i = 0; i < 12; i++) {
      const id = freshId();
      host.propose(calmMove(id, { evidence: i % 2 === 0 ? EVIDENCE : unsure }, 0.1 + i / 100)).pass(50);
      host.report(id, "accepted").pass(20).report(id, "completed").pass(20);
    }
    const scores = host.typed("gate_decision").map((d) => d.confidence_score);
    expect(Math.max(...scores) - Math.min(...scores)).toBeGreaterThan(0.15);
    expect(host.typed("wound")).toEqual([]);
  });
  test("a trajectory of four thousand drops leaves a handful of receipts", () => {
    const host = new FakeHost({ stage: 4, gate: NO_DEFERRAL });
    host
      .propose(
        calmMove("w", {
          evidence: { confidence_trajectory: Array.from({ length: 4_000 }, (_, i) => i % 2) },
        }),
      )
      .pass(50);
    expect(host.typed("wound").length).toBeLessThanOrEqual(10);
    expect(host.of("helper").length).toBeLessThanOrEqual(MAX_ITEMS_PER_RUN);
  });
  test("a warning that comes late takes a running permit back, and is written", () => {
    const host = wounded();
    host.pass(1_100);
    expect(host.of("permit")).toHaveLength(1);
    host.finding(host.of("helper")[0]!, { kind: "deep", shareLower: 0.4 });
    expect(host.of("revoke").map((r) => r.code)).toEqual(["HELPER_WARNED"]);
    expect(host.typed("finding").at(-1)).toMatchObject({ outcome: "late", kind: "deep" });
  });
  test("a stop while helpers are at work voids the action, with the root over what is there", () => {
    const host = wounded();
    host.finding(host.of("helper")[0]!, DEEP);
    host.pipeline.stopped("KILLED");
    expect(host.story("w").slice(5)).toEqual([
      "finding found",
      "finding late",
      "finding late",
      "spawn",
      "block ACTION_VOID",
    ]);
  });
  test("a finding nobody asked for is not believed", () => {
    const host = new FakeHost({ stage: 4, gate: NO_DEFERRAL });
    host.finding(
      { kind: "helper", helperId: 99, actionId: "x" as never, task: {} },
      { kind: "deep", shareLower: 1 },
    );
    expect(host.pipeline.view().counts["findings_unexpected"]).toBe(1);
  });
});

describe("unfamiliar actions", () => {
  const train = (host: FakeHost, count: number) => {
    for (let i = 0; i < count; i++) {
      const id = freshId();
      host
        .propose(
          calmMove(id, { evidence: { ...EVIDENCE, reasoning_started_at: now(host) } }, 0.2 + (i % 10) / 100),
        )
        .pass(30);
      host.report(id, "accepted").pass(20).report(id, "completed").pass(20);
    }
  };
  test("nothing is GREEN before enough actions ended well, then familiar ones are", () => {
    const host = new FakeHost({ stage: 3 });
    train(host, 49);
    expect(new Set(host.typed("gate_decision").map((d) => d.decision))).toEqual(new Set(["YELLOW"]));
    expect(host.typed("gate_decision").at(-1)!.terms).toMatchObject({
      code: "FAMILIARITY_UNKNOWN",
      reason: "48 of 49 known for trajectory at /cell/arm",
      familiarity: { known: 48, needed: 49, calibrated: false, unfamiliar: true },
    });
    host
      .propose(calmMove("known", { evidence: { ...EVIDENCE, reasoning_started_at: now(host) } }, 0.25))
      .pass(30);
    expect(host.story("known")[0]).toBe("gate_decision GREEN");
  });
  test("many known parameters say nothing of a first trajectory, and never make the threshold infinite", () => {
    const host = new FakeHost({ stage: 3 });
    for (let i = 0; i < 60; i++) {
      const id = freshId();
      const args = { name: "speed_ratio", value: 0.1 + (i % 9) / 10 };
      host.propose(calmMove(id, { target: "settings", verb: "parameter", args })).pass(30);
      host.report(id, "accepted").pass(20).report(id, "completed").pass(20);
      if (i !== 35) continue;
      host.propose(calmMove("early", {}, 0.2)).pass(30);
      expect(host.about("early").at(1)).toMatchObject({
        decision: "YELLOW",
        terms: { code: "FAMILIARITY_UNKNOWN", familiarity: { known: 0, calibrated: false } },
      });
      host.pass(2_000);
    }
    expect(new Set(host.typed("gate_decision").map((d) => d.decision))).toEqual(new Set(["YELLOW", "GREEN"]));
    for (const { terms } of host.typed("gate_decision"))
      expect((terms["familiarity"] as { threshold: number }).threshold).toBeLessThan(1_000);
    host.propose(calmMove("late", {}, 0.2)).pass(30);
    expect(host.story("late")).toEqual(["block UNFAMILIAR"]);
  });
  test("an action of another kind is RED as unfamiliar, and learned when a person approves", () => {
    const host = new FakeHost({ stage: 3, gate: "  deferral: { minCalibration: 60 }\n" });
    train(host, 60);
    const strange = (id: string) =>
      calmMove(id, {
        verb: "twist",
        args: { linear_m_s: [0, 0, 0.3], angular_rad_s: [0, 0, 0.3], duration_ms: 700 },
      });
    host.propose(strange("odd")).pass(30);
    expect(host.story("odd")).toEqual(["block UNFAMILIAR"]);
    host.approve("odd").pass(30);
    expect(host.story("odd").at(-1)).toBe("permit_used released");
  });
});

describe("looking again", () => {
  const doubtful = (second: number) => {
    let batch = 0;
    return new FakeHost({
      stage: 3,
      gate: `${NO_DEFERRAL}  look: { cost: 0.0005 }\n`,
      trials: () => {
        const safe = batch++ === 0 ? 78 : second;
        return {
          kind: "done",
          summary: {
            n: 100,
            safe,
            meanOutcome: 0.7,
            variance: 0.05,
            minSeparationM: 1,
            maxForceN: 1,
            maxEnergy: 0.1,
            worstTrial: 0,
            worstCause: "separation",
            outcomes: [],
          },
        };
      },
    });
  };
  test("a close call reads the nearest channel once more and is decided on the new reading", () => {
    const host = doubtful(100).propose(calmMove("close")).pass(60);
    expect(host.answers("close")[0]).toMatchObject({ verdict: "LOOK", channel: "near" });
    expect(host.typed("monte_carlo")).toHaveLength(2);
    expect(host.story("close")[0]).toMatch(/^gate_decision/);
  });
  test("once only: a second close call is decided", () => {
    const host = doubtful(78).propose(calmMove("close")).pass(300);
    expect(host.answers("close").filter((a) => a["verdict"] === "LOOK")).toHaveLength(1);
    expect(host.typed("monte_carlo")).toHaveLength(2);
    expect(host.pipeline.view().open.every((o) => o.state !== "looking")).toBe(true);
  });
  test("no new reading in time: decided on what is there", () => {
    const host = doubtful(100);
    host.propose(calmMove("close"));
    host.world.frozen = true;
    host.pass(190);
    expect(host.typed("monte_carlo")).toHaveLength(1);
    expect(
      host.about("close").some((r) => r.receipt_type === "block" || r.receipt_type === "gate_decision"),
    ).toBe(true);
  });
});

describe("the sandbox", () => {
  const weld = (id: string) => calmMove(id, { verb: "program", args: { tokens: ["weld"] } });
  const inSandbox = () => new FakeHost({ stage: 3, gate: NO_DEFERRAL }).propose(weld("hot")).pass(30);
  test("a high-risk plan runs in the simulator before it may be more than RED", () => {
    const host = inSandbox();
    expect(host.of("permit")).toEqual([]);
    expect(host.of("helper").map((h) => (h.task as { kind: string }).kind)).toEqual(["sandbox"]);
    host
      .finding(host.of("helper")[0]!, {
        kind: "sandbox",
        safe: true,
        runs: 8,
        nearestM: 1,
        peakForceN: 2,
        detail: "",
      })
      .pass(30);
    expect(host.story("hot").at(-1)).toBe("permit_used released");
  });
  test("danger in the simulator is RED", () => {
    const host = inSandbox();
    host
      .finding(host.of("helper")[0]!, {
        kind: "sandbox",
        safe: false,
        runs: 8,
        nearestM: 0,
        peakForceN: 900,
        detail: "contact",
      })
      .pass(30);
    expect(host.story("hot")).toEqual(["block SANDBOX_UNSAFE"]);
  });
  for (const [name, finding] of [
    ["nonsense", { hello: 1 }],
    ["a failure", { kind: "failed", detail: "boom" }],
    ["somebody else's finding", { kind: "deep", shareLower: 1 }],
  ] as const)
    test(`${name} instead of an answer is RED`, () => {
      const host = inSandbox();
      host.finding(host.of("helper")[0]!, finding).pass(30);
      expect(host.story("hot")).toEqual(["block SANDBOX_FAILED"]);
    });
  test("a robot that the simulator does not know is RED under its own code, and a person may answer", () => {
    const host = inSandbox();
    host.finding(host.of("helper")[0]!, { kind: "failed", noModel: true, detail: "another arm" }).pass(30);
    expect(host.story("hot")).toEqual(["block SANDBOX_NO_MODEL"]);
    expect(host.pipeline.view().approvals.map((a) => a.actionId)).toEqual(["hot"]);
  });
  test("a simulator that says nothing is RED", () => {
    const host = inSandbox().pass(3_000);
    expect(host.story("hot")).toEqual(["block SANDBOX_FAILED"]);
  });
});

describe("drift", () => {
  const decisionOf = (host: FakeHost, id: string) =>
    host.about(id).find((r) => r.receipt_type === "gate_decision" || r.receipt_type === "block")!;
  const factorOf = (host: FakeHost, id: string): number => {
    const body = decisionOf(host, id) as { terms: Record<string, unknown> };
    return (body.terms["factors"] as { drift: { factor: number } }).drift.factor;
  };
  const seenBy = (host: FakeHost): string => host.pipeline.view().context!.hash;
  test("a known context that still holds is no drift; a person who came near is", () => {
    const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL }).pass(500);
    const seen = seenBy(host);
    host.propose(calmMove("same", { evidence: { ...EVIDENCE, context_hash: seen } })).pass(20);
    expect(decisionOf(host, "same")).toMatchObject({ decision: "GREEN", context_drift: 0 });
    host.world.near = 1.6;
    host
      .pass(20)
      .propose(calmMove("nearer", { evidence: { ...EVIDENCE, context_hash: seen } }, 0.3))
      .pass(20);
    expect(factorOf(host, "nearer")).toBeLessThan(0.95);
  });
  test("what changes no judgement is no drift: somebody far away moved, the wrist hums, the arm stands elsewhere", () => {
    const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL }).pass(500);
    const seen = seenBy(host);
    host.world.near = 7;
    host.world.force = 6;
    host.world.q = host.world.q.map((q) => q + 0.01);
    host
      .pass(20)
      .propose(calmMove("same", { evidence: { ...EVIDENCE, context_hash: seen } }))
      .pass(20);
    expect(decisionOf(host, "same")).toMatchObject({ decision: "GREEN", context_drift: 0 });
  });
  test("a lock, a cause that slows the cell, and V_s count", () => {
    for (const change of [
      (h: FakeHost) => h.world.causes.push("ZONE_SLOW approach"),
      (h: FakeHost) => {
        h.world.energy = 0.5;
      },
    ]) {
      const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL }).pass(500);
      const seen = seenBy(host);
      change(host);
      host
        .pass(20)
        .propose(calmMove("x", { evidence: { ...EVIDENCE, context_hash: seen } }))
        .pass(20);
      expect(factorOf(host, "x")).toBeLessThan(0.9);
    }
  });
  test("a context that nobody remembers counts as fully drifted", () => {
    const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL }).pass(500);
    host.propose(calmMove("ghost", { evidence: { ...EVIDENCE, context_hash: "f00" } })).pass(20);
    expect(decisionOf(host, "ghost")).toMatchObject({ receipt_type: "block", code: "CONFIDENCE_LOW" });
  });
  test("reasoning older than it may be counts as fully drifted; younger costs what changed meanwhile", () => {
    const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL }).pass(20_000);
    const since = (us: number) => ({ evidence: { ...EVIDENCE, reasoning_started_at: now(host, us) } });
    host.propose(calmMove("slow", since(10_500_000))).pass(20);
    expect(decisionOf(host, "slow")).toMatchObject({ receipt_type: "block", code: "CONFIDENCE_LOW" });
    host.propose(calmMove("calm", since(9_000_000), 0.3)).pass(20);
    expect(decisionOf(host, "calm")).toMatchObject({ decision: "GREEN", context_drift: 0 });
  });
  test("saying what was known never costs more than not saying it, whatever happened in the cell", () => {
    const step = fc.record({
      near: fc.double({ min: 1.8, max: 8, noNaN: true }),
      force: fc.double({ min: 0, max: 60, noNaN: true }),
      energy: fc.double({ min: 0, max: 0.9, noNaN: true }),
      slowed: fc.boolean(),
      ms: fc.integer({ min: 1, max: 2_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), fc.nat(200), (steps, pick) => {
        const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL });
        const hashes: string[] = [];
        for (const { near, force, energy, slowed, ms } of steps) {
          Object.assign(host.world, { near, force, energy, causes: slowed ? ["ZONE_SLOW approach"] : [] });
          for (let passed = 0; passed < ms; passed += 250) {
            host.pass(Math.min(250, ms - passed));
            hashes.push(seenBy(host));
          }
        }
        const evidence = { ...EVIDENCE, context_hash: hashes[pick % hashes.length]! };
        host
          .propose(calmMove("said", { evidence }), "one")
          .propose(calmMove("silent", { evidence: EVIDENCE }), "two");
        host.pass(50);
        const [said, silent] = [decisionOf(host, "said"), decisionOf(host, "silent")];
        // a hard no knows no factors, and is the same for both
        if (!("terms" in said && "factors" in said.terms))
          return void expect(silent).toMatchObject({ code: (said as { code: string }).code });
        expect(factorOf(host, "said")).toBeGreaterThanOrEqual(factorOf(host, "silent"));
      }),
      { numRuns: 60, seed: 20_261_201 },
    );
  });
});

describe("stoprules trip on measured values", () => {
  test("a slow verdict and slow trials alert, at most once a second each", () => {
    const host = new FakeHost({ stage: 3, trialsUs: 230_000 });
    for (let i = 0; i < 5; i++) host.propose(calmMove(freshId(), {}, 0.1 + i / 50));
    host.pass(400);
    const rules = host.typed("stoprule").map((s) => [s.rule, s.action, s.limit]);
    expect(rules).toContainEqual(["gate_latency_ms", "alert", 50]);
    expect(rules).toContainEqual(["monte_carlo_latency_ms", "alert", 200]);
    expect(rules.length).toBe(2);
    expect(
      host
        .of("alarm")
        .map((a) => a.code)
        .sort(),
    ).toEqual(["GATE_SLOW", "TRIALS_SLOW"]);
    expect(host.pipeline.view().counts["stoprule_gate_latency_ms"]).toBe(5);
  });
});
