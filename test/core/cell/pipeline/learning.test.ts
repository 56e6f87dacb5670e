import { describe, expect, test } from "vitest";
import { MAX_ITEMS_PER_RUN } from "../../../../src/core/domain/index.ts";
import { calmMove, EVIDENCE, FakeHost, freshId, NO_DEFERRAL } from "./fake-host.ts";

const now = (host: FakeHost, usAgo = 0): number => 1_700_000_000_000_000 + host.nowUs - usAgo;

describe("C26 loops", () => {
  test("the fifth time without an end is RED and written; the tenth halts for good", () => {
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
    expect(host.story(ids[9]!)).toEqual(["convergence", "block LOOP_HALTED"]);
    expect(host.typed("convergence").map((c) => c.repeats)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    expect(host.typed("stoprule").filter((s) => s.rule === "convergence_repeats")).toHaveLength(1);
    host.pass(700_000).propose(calmMove("later")).pass(50);
    expect(host.story("later").at(-1)).toBe("block LOOP_HALTED");
  });
  test("a loop is RED even with perfect trials", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    host
      .propose(
        calmMove("loopy", { evidence: { questions: Array.from({ length: 6 }, () => "Is it  SAFE?") } }),
      )
      .pass(50);
    expect(host.story("loopy")).toEqual(["convergence", "block LOOP_DETECTED"]);
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

describe("wounds and helpers", () => {
  const falling = [1, 0.8, 0.6, 0.4, 0.2, 0];
  test("five drops spawn helpers at stage 4, with the formula of the specification", () => {
    const host = new FakeHost({ stage: 4, gate: NO_DEFERRAL });
    host.propose(calmMove("w", { evidence: { confidence_trajectory: falling } })).pass(50);
    expect(host.typed("wound").map((w) => w.wound_index)).toEqual([1, 2, 3, 4, 5]);
    expect(host.typed("spawn")[0]).toMatchObject({
      wound_count: 5,
      helpers_spawned: 5,
      convergence_proof: 1,
    });
    expect(host.typed("spawn")[0]!.merkle_root).toMatch(/^[0-9a-f]{64}$/);
    expect(host.of("helper").map((h) => (h.task as { kind: string }).kind)).toEqual([
      "deep",
      "cross",
      "variant",
      "deep",
      "cross",
    ]);
  });
  test("before stage 4 the spawn is written and no helper starts", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    host.propose(calmMove("w", { evidence: { confidence_trajectory: falling } })).pass(50);
    expect(host.typed("spawn")[0]!.helpers_spawned).toBe(0);
    expect(host.of("helper")).toEqual([]);
  });
  test("ten drops escalate: the proposer is RED until a person approved", () => {
    const host = new FakeHost({ stage: 3, gate: NO_DEFERRAL });
    host.propose(calmMove("w1", { evidence: { confidence_trajectory: [...falling, ...falling] } })).pass(50);
    expect(host.typed("stoprule").map((s) => [s.rule, s.action])).toContainEqual(["wounds", "escalate"]);
    host.report("w1", "accepted").report("w1", "completed");
    host.propose(calmMove("w2", {}, 0.25)).pass(50);
    expect(host.story("w2")).toEqual(["block WOUNDS_ESCALATED"]);
    host.approve("w2").pass(50).report("w2", "accepted").report("w2", "completed");
    host.propose(calmMove("w3", {}, 0.3)).pass(50);
    expect(host.story("w3")[0]).toMatch(/^gate_decision/);
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
  test("a variant is offered and changes no verdict; a warning takes a running permit back", () => {
    const host = new FakeHost({ stage: 4, gate: NO_DEFERRAL });
    host.propose(calmMove("w", { evidence: { confidence_trajectory: falling } })).pass(50);
    const before = host.story("w").filter((s) => s.startsWith("gate_decision") || s.startsWith("block"));
    const [deep, , variant] = host.of("helper");
    host.finding(variant!, { kind: "variant", best: "slower ×2", args: { a: 1 }, tried: [] });
    expect(host.answers("w").some((a) => a["verdict"] === "OFFER")).toBe(true);
    expect(host.story("w").filter((s) => s.startsWith("gate_decision") || s.startsWith("block"))).toEqual(
      before,
    );
    expect(host.of("permit")).toHaveLength(1);
    host.finding(deep!, { kind: "deep", shareLower: 0.4 });
    expect(host.of("revoke").map((r) => r.code)).toEqual(["HELPER_WARNED"]);
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
    train(host, 30);
    expect(new Set(host.typed("gate_decision").map((d) => d.decision))).toEqual(new Set(["YELLOW"]));
    host
      .propose(calmMove("known", { evidence: { ...EVIDENCE, reasoning_started_at: now(host) } }, 0.25))
      .pass(30);
    expect(host.story("known")[0]).toBe("gate_decision GREEN");
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
  test("a known context that still holds is no drift; a moved person is", () => {
    const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL }).pass(500);
    const seen = host.pipeline.view().context!.hash;
    host.propose(calmMove("same", { evidence: { ...EVIDENCE, context_hash: seen } })).pass(20);
    expect(decisionOf(host, "same")).toMatchObject({ decision: "GREEN" });
    host.world.near = 6;
    host
      .pass(20)
      .propose(calmMove("moved", { evidence: { ...EVIDENCE, context_hash: seen } }, 0.3))
      .pass(20);
    expect(decisionOf(host, "moved")).toMatchObject({ decision: "YELLOW" });
  });
  test("a context that nobody remembers counts as fully drifted", () => {
    const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL }).pass(500);
    host.propose(calmMove("ghost", { evidence: { ...EVIDENCE, context_hash: "f00" } })).pass(20);
    expect(decisionOf(host, "ghost")).toMatchObject({ receipt_type: "block", code: "CONFIDENCE_LOW" });
  });
  test("reasoning that took too long costs confidence", () => {
    const host = new FakeHost({ stage: 0, gate: NO_DEFERRAL }).pass(20_000);
    host
      .propose(calmMove("slow", { evidence: { ...EVIDENCE, reasoning_started_at: now(host, 9_000_000) } }))
      .pass(20);
    expect(decisionOf(host, "slow")).toMatchObject({ receipt_type: "block", code: "CONFIDENCE_LOW" });
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
