import { describe, expect, test } from "vitest";
import { operatorIdOf, type Role, type TrialOutcome } from "../../../../src/core/domain/index.ts";
import { calmMove, FakeHost, freshId } from "./fake-host.ts";

/** An action that the trials do not like: RED, and a person may answer. */
const asked = (setting = {}) => {
  let safe = 50;
  const host = new FakeHost({
    stage: 2,
    ...setting,
    trials: () => ({
      kind: "done",
      summary: {
        n: 100,
        safe,
        meanOutcome: 0.5,
        variance: 0.1,
        minSeparationM: 1,
        maxForceN: 1,
        maxEnergy: 0.1,
        worstTrial: 0,
        worstCause: "separation",
        outcomes: [],
      },
    }),
  });
  const id = freshId();
  host.propose(calmMove(id)).pass(250);
  return {
    host,
    id,
    worse: () => {
      safe = 5;
    },
    better: () => {
      safe = 50;
    },
  };
};

describe("D27 approval", () => {
  test("a RED waits, is approved, checked again and runs watched; one receipt for each step", () => {
    const { host, id } = asked();
    expect(host.story(id)).toEqual(["block CONFIDENCE_LOW"]);
    expect(host.typed("block")[0]!.requires_approval).toBe(true);
    expect(host.pipeline.view().approvals).toHaveLength(1);
    host.approve(id).pass(30);
    expect(host.story(id)).toEqual(["block CONFIDENCE_LOW", "approval granted", "permit_used released"]);
    expect(host.of("permit")[0]!.watched).toBe(true);
    expect(host.typed("monte_carlo").length).toBeGreaterThanOrEqual(2);
  });
  test("a RED of Monte Carlo counts before its stage too: bad news is never left out", () => {
    const { host, id } = asked({ stage: 1 });
    expect(host.story(id)).toEqual(["block CONFIDENCE_LOW"]);
    expect(host.typed("block")[0]!.requires_approval).toBe(false);
  });
  test("denied is final", () => {
    const { host, id } = asked();
    host.approve(id, { granted: false }).approve(id).pass(30);
    expect(host.story(id)).toEqual(["block CONFIDENCE_LOW", "approval denied", "approval refused"]);
    expect(host.of("permit")).toEqual([]);
  });
  test("D28 nobody answering is a no", () => {
    const { host, id } = asked();
    host.pass(121_000);
    expect(host.story(id)).toEqual(["block CONFIDENCE_LOW", "approval expired"]);
    host.approve(id).pass(30);
    expect(host.of("permit")).toEqual([]);
  });
  for (const [name, change] of [
    ["arguments", { argsHash: "other" }],
    ["configuration", { configHash: "other" }],
    ["model", { modelHash: "other" }],
  ] as const)
    test(`other ${name} than the person saw: void`, () => {
      const { host, id } = asked();
      host.approve(id, change).pass(30);
      expect(host.story(id)).toEqual(["block CONFIDENCE_LOW", "approval void"]);
      expect(host.pipeline.view().approvals).toEqual([]);
    });
  test("the model changed meanwhile: void", () => {
    const { host, id } = asked();
    host.world.model = "head-2";
    host.approve(id).pass(30);
    expect(host.story(id).at(-1)).toBe("approval void");
  });
  for (const [name, more, code] of [
    ["nobody without the role", { roles: ["reset"] as Role[] }, "APPROVAL_ROLE"],
    ["not the proposer", { by: operatorIdOf("planner") }, "APPROVAL_SELF"],
    ["not the proposer in other letters", { by: operatorIdOf(" Planner") }, "APPROVAL_SELF"],
    ["not the caller who brought it", { by: operatorIdOf("bot") }, "APPROVAL_SELF"],
    ["not with a wrong signature", { signature: "invalid" as const }, "APPROVAL_SIGNATURE"],
  ] as const)
    test(`D28 ${name} may approve; the request stays for others`, () => {
      const { host, id } = asked();
      host.approve(id, more);
      expect(host.story(id)).toEqual(["block CONFIDENCE_LOW", "approval refused"]);
      expect(host.of("outcome").map((o) => [o.accepted, o.code])).toEqual([[false, code]]);
      expect(host.pipeline.view().approvals).toHaveLength(1);
    });
  test("signed approvals where the deployment asks for them", () => {
    const { host, id } = asked({ gate: "  approvals: { signed: true }\n" });
    host.approve(id).approve(id, { signature: "valid" }).pass(30);
    expect(host.story(id)).toEqual([
      "block CONFIDENCE_LOW",
      "approval refused",
      "approval granted",
      "permit_used released",
    ]);
  });
  test("ten wrong answers end the request", () => {
    const { host, id } = asked();
    for (let i = 0; i < 12; i++) host.approve(id, { roles: [] });
    expect(host.pipeline.view().approvals).toEqual([]);
    expect(host.of("outcome")).toHaveLength(12);
    expect(host.typed("approval")).toHaveLength(12);
  });
  test("an approval for nothing gets its receipt and its outcome", () => {
    const host = new FakeHost({ stage: 2 });
    host.approve("ghost");
    expect(host.typed("approval").map((r) => r.outcome)).toEqual(["refused"]);
    expect(host.of("outcome")).toHaveLength(1);
  });
  test("a stop voids what waits", () => {
    const { host, id } = asked();
    host.pipeline.stopped("KILLED");
    expect(host.story(id)).toEqual(["block CONFIDENCE_LOW", "approval void"]);
    host.approve(id).pass(50);
    expect(host.of("permit")).toEqual([]);
  });
  test("approved, and later refused because the cell is blocked by then", () => {
    const { host, id } = asked();
    host.approve(id);
    host.world.forbidden = "KILLED";
    host.pass(50);
    expect(host.story(id)).toEqual([
      "block CONFIDENCE_LOW",
      "approval granted",
      "permit_used withheld",
      "block GATE_CELL_BLOCKED",
    ]);
    expect(host.typed("permit_used")[0]!.code).toBe("GATE_CELL_BLOCKED");
  });
  test("approved, and later refused because a hard rule broke meanwhile", () => {
    const { host, id } = asked();
    host.world.near = 0.1;
    host.approve(id).pass(50);
    expect(host.typed("permit_used").map((r) => [r.outcome, r.code])).toEqual([
      ["withheld", "SEPARATION_TOO_SMALL"],
    ]);
  });
  test("approved, and later refused because the trials are clearly worse", () => {
    const { host, id, worse } = asked();
    worse();
    host.approve(id).pass(50);
    expect(host.typed("permit_used").map((r) => [r.outcome, r.code])).toEqual([
      ["withheld", "APPROVAL_WORSE"],
    ]);
  });
  test("D28 free text of the operator never reaches the proposer", () => {
    const { host, id } = asked();
    host.approve(id, { granted: false, reason: "SECRET-WORDS" }).pass(50);
    expect(JSON.stringify(host.of("answer"))).not.toContain("SECRET-WORDS");
    expect(JSON.stringify(host.typed("approval"))).toContain("SECRET-WORDS");
  });
  test("nobody can approve away a hard rule: such a RED does not ask", () => {
    const host = new FakeHost({ stage: 4 });
    host.world.near = 0.1;
    host.propose(calmMove("hard")).pass(50);
    expect(host.typed("block").map((r) => [r.code, r.requires_approval])).toEqual([
      ["SEPARATION_TOO_SMALL", false],
    ]);
    host.approve("hard").pass(50);
    expect(host.of("permit")).toEqual([]);
  });
  test("one caller cannot fill everybody's list", () => {
    const { host } = asked();
    for (let i = 0; i < 10; i++) host.propose(calmMove(freshId(), {}, 0.1 + i / 50)).pass(250);
    expect(host.pipeline.view().approvals.length).toBeLessThanOrEqual(4);
    const turnedAway = host.typed("block").filter((b) => b.terms["not_asked"] === "APPROVALS_FULL");
    expect(turnedAway.length).toBe(11 - host.pipeline.view().approvals.length);
    expect(turnedAway.every((b) => !b.requires_approval)).toBe(true);
    expect(host.of("answer").filter((a) => JSON.stringify(a.answer).includes("APPROVALS_FULL"))).toHaveLength(
      turnedAway.length,
    );
    const other = freshId();
    host.propose(calmMove(other), "other").pass(250);
    expect(host.pipeline.view().approvals.map((a) => a.actionId)).toContain(other);
  });
});

const halfSafe = (): TrialOutcome => ({
  kind: "done",
  summary: {
    n: 100,
    safe: 50,
    meanOutcome: 0.5,
    variance: 0.1,
    minSeparationM: 1,
    maxForceN: 1,
    maxEnergy: 0.1,
    worstTrial: 0,
    worstCause: "separation",
    outcomes: [],
  },
});
describe("18.11 approval chains", () => {
  const OPERATORS = (text: string): string =>
    text.replace(
      "  - { name: anna, roles: [approve, configure] }",
      "  - { name: anna, roles: [approve, configure] }\n  - { name: bert, roles: [] }\n  - { name: carla, roles: [approve] }\n  - { name: chief, roles: [] }",
    );
  const chain = (approvals: string): FakeHost =>
    new FakeHost({ stage: 2, gate: `  approvals: ${approvals}\n`, yaml: OPERATORS, trials: halfSafe }).pass(
      50,
    );
  const ask = (host: FakeHost): FakeHost => host.propose(calmMove("act")).pass(250);
  const yes = (host: FakeHost, by: string, roles: readonly Role[] = ["approve"]): FakeHost =>
    host.approve("act", { by: operatorIdOf(by), roles: [...roles] });
  const outcomes = (host: FakeHost) => host.typed("approval").map((r) => [r.outcome, r.by, r.for ?? null]);
  const row = (host: FakeHost) => host.pipeline.view().approvals[0];

  test("a quorum of two: the first yes waits, the same person counts once, the second lets it run", () => {
    const host = ask(chain("{ persons: 2 }"));
    expect(row(host)).toMatchObject({ needed: 2, granted: [], escalated: false });
    yes(host, "anna").pass(50);
    expect(row(host)).toMatchObject({ needed: 2, granted: ["anna"] });
    yes(host, "anna").pass(20);
    expect(host.of("permit")).toHaveLength(0);
    yes(host, "carla").pass(100);
    expect(host.of("permit")).toHaveLength(1);
    expect(outcomes(host)).toEqual([
      ["partial", "anna", null],
      ["refused", "anna", null],
      ["granted", "carla", null],
    ]);
  });
  test("one no of two is a no", () => {
    const host = ask(chain("{ persons: 2 }"));
    yes(host, "anna")
      .approve("act", { by: operatorIdOf("carla"), granted: false })
      .pass(20);
    expect(row(host)).toBeUndefined();
    expect(outcomes(host).at(-1)).toEqual(["denied", "carla", null]);
  });
  test("nobody decided in time: further operators are asked, with a receipt, and only from then on", () => {
    const host = ask(chain("{ expiresMs: 60000, escalation: { afterMs: 5000, to: [chief] } }"));
    yes(host, "chief", []).pass(20);
    expect(outcomes(host)).toEqual([["refused", "chief", null]]);
    host.pass(5_000);
    expect(row(host)).toMatchObject({ escalated: true });
    expect(outcomes(host).at(-1)).toEqual(["escalated", "cell", null]);
    yes(host, "chief", []).pass(100);
    expect(host.of("permit")).toHaveLength(1);
  });
  test("who stands in for somebody answers in that one's place until the end, and both are one person", () => {
    const stands = (until: string): string =>
      `{ persons: 2, delegations: [{ from: anna, to: bert, until: "${until}" }] }`;
    // the cell's clock stands in November 2023
    const host = ask(chain(stands("2023-12-01T00:00:00+01:00")));
    yes(host, "bert", []).pass(20);
    expect(outcomes(host)).toEqual([["partial", "bert", "anna"]]);
    yes(host, "anna").pass(20);
    expect(outcomes(host).at(-1)).toEqual(["refused", "anna", null]);
    yes(host, "carla").pass(100);
    expect(host.of("permit")).toHaveLength(1);
    const over = ask(chain(stands("2023-11-01T00:00:00Z")));
    yes(over, "bert", []).pass(20);
    expect(outcomes(over)).toEqual([["refused", "bert", null]]);
  });
});
