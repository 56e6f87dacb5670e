import { describe, expect, test } from "vitest";
import type { PermitEffect } from "../../../../src/core/domain/index.ts";
import { calmMove, FakeHost, HOME, NO_DEFERRAL } from "./fake-host.ts";

const REACH = HOME.map((v, i) => (i === 0 ? v + 0.2 : v));
const skills = `
    reach: { durationMs: 2200, waypoints: [{ atMs: 2000, positionsRad: [${REACH.join(", ")}] }] }
    back: { durationMs: 2200, waypoints: [{ atMs: 2000, positionsRad: [${HOME.join(", ")}] }] }
    close_hand: { durationMs: 500, gripper: { target: /cell/hand, widthM: 0.02, forceN: 20 } }
    settle: { durationMs: 200, pause: true }
`;
const cell = (gate = "", more: { stage?: number; yaml?: (text: string) => string } = {}): FakeHost =>
  new FakeHost({
    stage: 3,
    gate: NO_DEFERRAL + gate,
    ...more,
    yaml: (text) =>
      (more.yaml ?? ((t) => t))(text).replace(/ {4}open_hand: .*\n/, (line) => line + skills.slice(1)),
  }).pass(50);

const STEPS = [
  { id: "go", skill: "reach", acquires: ["table"] },
  { id: "grip", skill: "close_hand" },
  { id: "rest", skill: "settle" },
  { id: "home", skill: "back", releases: ["table"] },
];
const plan = (id: string, nodes: readonly object[] = STEPS) =>
  calmMove(id, {
    verb: "plan",
    args: {
      nodes,
      edges: nodes.slice(1).map((node, i) => [(nodes[i] as { id: string }).id, (node as { id: string }).id]),
    },
  });
const permits = (host: FakeHost) => host.of("permit").map((p) => [p.actionId, p.actuator]);
/** an arm that goes where the permit of the last step says, and reports it */
function carryOut(host: FakeHost, id: string): FakeHost {
  const last = host.of("permit").at(-1) as PermitEffect;
  host.claim(id, "accepted", last.actuator).pass(50);
  const { args } = last.action as { args: { points?: { positions_rad: number[] }[] } };
  const goal = args.points?.at(-1)?.positions_rad;
  if (goal !== undefined) host.world.q = [...goal];
  return host.pass(20).claim(id, "completed", last.actuator).pass(80);
}

describe("a plan runs step by step", () => {
  test("each step is judged and permitted by itself, one after the other, each at the actuator of its target", () => {
    const host = cell();
    host.propose(plan("p")).pass(100);
    expect(permits(host)).toEqual([["p~1", 0]]);
    expect(host.of("permit")[0]!.action).toMatchObject({ verb: "trajectory", target: "/cell/arm" });
    carryOut(host, "p~1");
    expect(permits(host)).toEqual([
      ["p~1", 0],
      ["p~2", 1],
    ]);
    expect(host.of("permit")[1]!.action).toMatchObject({
      verb: "gripper",
      target: "/cell/hand",
      args: { width_m: 0.02, force_n: 20 },
    });
    carryOut(host, "p~2");
    // in the third step nothing is commanded: the arm stands for its time
    expect(permits(host)).toHaveLength(2);
    host.pass(300);
    expect(permits(host).at(-1)).toEqual(["p~4", 0]);
    carryOut(host, "p~4");
    expect(host.story("p")).toEqual([
      expect.stringMatching(/^gate_decision (GREEN|YELLOW)$/),
      "permit_used released",
      "permit_used completed",
    ]);
    for (const step of ["p~1", "p~2", "p~4"])
      expect(host.story(step)).toEqual([
        expect.stringMatching(/^gate_decision (GREEN|YELLOW)$/),
        "permit_used released",
        "permit_used completed",
      ]);
    expect(host.answers("p").at(-1)).toMatchObject({ verdict: "COMPLETED", reason: "4 steps" });
    expect(host.pipeline.view().open).toEqual([]);
  });
  test("every permit is bound to its own step, and the receipt of the step names plan, place and locks", () => {
    const host = cell();
    host.propose(plan("p")).pass(100);
    carryOut(host, "p~1");
    const [one, two] = host.of("permit");
    expect(one!.proposalHash).not.toBe(two!.proposalHash);
    const decision = host.about("p~2").find((r) => r.receipt_type === "gate_decision");
    expect(decision !== undefined && "terms" in decision && decision.terms["plan"]).toMatchObject({
      action_id: "p",
      step: 2,
      of: 4,
      name: "grip",
      skill: "close_hand",
      locks: ["table"],
    });
  });
  test("its target and the locks that it has taken stay its own between two steps, and no longer", () => {
    const host = cell();
    host.propose(plan("p")).pass(100);
    carryOut(host, "p~1");
    host.propose(calmMove("other", { verb: "power", args: { on: true } }), "somebody").pass(50);
    expect(host.story("other")).toEqual(["block TARGET_BUSY"]);
    carryOut(host, "p~2").pass(300);
    carryOut(host, "p~4");
    host.propose(plan("again", [STEPS[0]!, STEPS[3]!]), "somebody").pass(100);
    expect(host.story("again")[0]).toMatch(/^gate_decision/);
  });
  test("before each step the rest is judged on fresh readings: somebody came near, so it ends there", () => {
    const host = cell();
    host.propose(plan("p")).pass(100);
    host.world.near = 0.3;
    carryOut(host, "p~1");
    expect(permits(host)).toHaveLength(1);
    expect(host.story("p").at(-1)).toBe("permit_used aborted");
    expect(host.answers("p").at(-1)).toMatchObject({
      verdict: "ABORTED",
      code: "SEPARATION_TOO_SMALL",
      reason: expect.stringMatching(/^step 2 of 4 "grip"/),
    });
    expect(host.pipeline.view().open).toEqual([]);
  });
  test("a step that its actuator breaks off ends the plan, and its lock is free", () => {
    const host = cell();
    host.propose(plan("p")).pass(100).claim("p~1", "accepted").claim("p~1", "aborted").pass(50);
    expect(host.story("p").at(-1)).toBe("permit_used aborted");
    expect(permits(host)).toHaveLength(1);
    host.propose(plan("next"), "somebody").pass(100);
    expect(permits(host).at(-1)).toEqual(["next~1", 0]);
  });
  test("a stop in the midst of it takes the step that runs back, and nothing follows", () => {
    const host = cell();
    host.propose(plan("p")).pass(100).claim("p~1", "accepted").pass(50);
    host.pipeline.stopped("ESTOP_PRESSED");
    host.pass(1_000);
    expect(host.of("revoke").map((r) => r.actionId)).toEqual(["p~1"]);
    expect(host.story("p").at(-1)).toBe("permit_used revoked");
    expect(host.story("p~1").at(-1)).toBe("permit_used revoked");
    expect(permits(host)).toHaveLength(1);
    expect(host.pipeline.view().open).toEqual([]);
  });
  test("a step whose end nobody reports is taken back when its time is over", () => {
    const host = cell();
    host.propose(plan("p")).pass(100).claim("p~1", "accepted").pass(20_000);
    expect(host.story("p~1").at(-1)).toBe("permit_used expired");
    expect(host.story("p").at(-1)).toBe("permit_used aborted");
  });
  test("a step that is RED by its score is never asked about: the plan ends", () => {
    let batches = 0;
    const host = new FakeHost({
      stage: 3,
      gate: NO_DEFERRAL,
      yaml: (text) => text.replace(/ {4}open_hand: .*\n/, (line) => line + skills.slice(1)),
      trials: ({ sims }) => {
        batches++;
        const safe = batches > 2 ? 40 : sims;
        return {
          kind: "done",
          summary: {
            n: sims,
            safe,
            meanOutcome: 0.9,
            variance: 0.01,
            worstTrial: 0,
            worstCause: null,
            minSeparationM: 5,
            maxForceN: 10,
            maxEnergy: 0.1,
            outcomes: [],
          },
        } as never;
      },
    }).pass(50);
    host.propose(plan("p")).pass(100);
    carryOut(host, "p~1");
    expect(host.story("p~2")).toEqual([expect.stringMatching(/^block /)]);
    expect(host.story("p").at(-1)).toBe("permit_used aborted");
    expect(host.pipeline.view().approvals).toEqual([]);
  });
  test("a skill that states no motion goes by its name to a receiver that knows it, and is refused for one that does not", () => {
    const program = (id: string) => calmMove(id, { verb: "program", args: { tokens: ["weld"] } });
    const low = (text: string): string =>
      text.replace("requires: [powered], risk: high", "requires: [powered]");
    const knows = cell("", { yaml: low });
    knows.propose(program("w")).pass(100);
    expect(knows.of("permit")[0]!.action).toMatchObject({ verb: "program", args: { tokens: ["weld"] } });
    const dull = cell("", { yaml: (text) => low(text).replace(", skills: by-name", "") });
    dull.propose(program("w")).pass(100);
    expect(dull.story("w")).toEqual(["block SKILL_NOT_CARRIED"]);
  });
  test("the same events give the same receipts", () => {
    const told = (): string => {
      const host = cell();
      host.propose(plan("p")).pass(100);
      carryOut(host, "p~1");
      return host.digest();
    };
    expect(told()).toBe(told());
  });
});
