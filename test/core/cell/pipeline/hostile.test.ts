import { describe, expect, test } from "vitest";
import { MAX_REMEMBERED_ACTIONS } from "../../../../src/core/domain/index.ts";
import { calmMove, FakeHost, freshId, HOME } from "./fake-host.ts";

const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;
const huge = "x".repeat(10_000_000);
const plan = (nodes: unknown[], edges: unknown[]) => ({ verb: "plan", args: { nodes, edges } });
const points = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ positions_rad: HOME, time_from_start_ms: i }));
const names = ["j1", "j2", "j3", "j4", "j5", "j6"];
const moveTo = (q: unknown[], ms = 2_000, more: object = {}) => ({
  args: { joint_names: names, points: [{ positions_rad: q, time_from_start_ms: ms }], ...more },
});

/** What comes in, and what must be said about it. */
const KINDS: readonly (readonly [string, (id: string) => unknown, string])[] = [
  ["nothing", () => null, "PROPOSAL_MALFORMED"],
  ["a number", () => 7, "PROPOSAL_MALFORMED"],
  ["a list", () => [calmMove("x")], "PROPOSAL_MALFORMED"],
  ["an empty object", () => ({}), "PROPOSAL_MALFORMED"],
  ["10 MB of text", (id) => calmMove(id, { target: huge }), "PROPOSAL_TOO_LARGE"],
  ["10 MB in a member's name", (id) => calmMove(id, { [huge]: 1 }), "PROPOSAL_TOO_LARGE"],
  [
    "a million numbers",
    (id) => calmMove(id, { evidence: { hidden_base: new Array(1_000_000).fill(0) } }),
    "PROPOSAL_TOO_LARGE",
  ],
  ["ten thousand levels", (id) => calmMove(id, { args: deep(5_000) }), "PROPOSAL_TOO_LARGE"],
  ["an object that holds itself", (id) => calmMove(id, { args: cyclic }), "PROPOSAL_TOO_LARGE"],
  ["NaN", (id) => calmMove(id, moveTo([Number.NaN, ...HOME.slice(1)])), "PROPOSAL_NUMBER_INVALID"],
  [
    "infinity",
    (id) => calmMove(id, moveTo([Number.POSITIVE_INFINITY, ...HOME.slice(1)])),
    "PROPOSAL_NUMBER_INVALID",
  ],
  ["a number as text", (id) => calmMove(id, moveTo(["0", ...HOME.slice(1)])), "PROPOSAL_MALFORMED"],
  ["an unknown member", (id) => calmMove(id, { approved: true }), "PROPOSAL_MALFORMED"],
  ["a verdict of its own", (id) => calmMove(id, { verdict: "GREEN" }), "PROPOSAL_MALFORMED"],
  ["an unknown verb", (id) => calmMove(id, { verb: "teleport" }), "PROPOSAL_MALFORMED"],
  ["another version", (id) => calmMove(id, { schema: "cellgate.proposal/2" }), "PROPOSAL_MALFORMED"],
  [
    "__proto__",
    (id) => JSON.parse(JSON.stringify(calmMove(id)).replace("{", '{"__proto__":{"verb":"power"},')),
    "PROPOSAL_MALFORMED",
  ],
  [
    "a getter",
    (id) =>
      Object.defineProperty(calmMove(id), "args", {
        get: () => {
          throw new Error("touched");
        },
        enumerable: true,
      }),
    "PROPOSAL_MALFORMED",
  ],
  ["a class instance", (id) => calmMove(id, { args: new Date(0) }), "PROPOSAL_MALFORMED"],
  ["a function", (id) => calmMove(id, { args: () => 1 }), "PROPOSAL_MALFORMED"],
  ["half a surrogate pair", (id) => calmMove(id, { proposer: "a\ud800" }), "PROPOSAL_MALFORMED"],
  ["Cyrillic letters in the target", (id) => calmMove(id, { target: "/cell/аrm" }), "NAME_INVALID"],
  ["a target of two spellings", (id) => calmMove(id, { target: "/cell//arm" }), "NAME_INVALID"],
  ["a trailing slash", (id) => calmMove(id, { target: "/cell/arm/" }), "NAME_INVALID"],
  ["a zero-width space in the target", (id) => calmMove(id, { target: "/cell/arm\u200b" }), "NAME_INVALID"],
  ["right-to-left text as proposer", (id) => calmMove(id, { proposer: "a\u202ereknalp" }), "NAME_INVALID"],
  ["a path out of the namespace", (id) => calmMove(id, { target: "../arm" }), "NAME_INVALID"],
  ["an unknown target", (id) => calmMove(id, { target: "/cell/other" }), "TARGET_UNKNOWN"],
  [
    "a target named like an object's own part",
    (id) => calmMove(id, { target: "constructor" }),
    "TARGET_UNKNOWN",
  ],
  [
    "a verb that the target does not have",
    (id) => calmMove(id, { target: "/cell/hand" }),
    "VERB_NOT_ALLOWED",
  ],
  [
    "missing joints",
    (id) =>
      calmMove(id, {
        args: { joint_names: ["j1"], points: [{ positions_rad: [0], time_from_start_ms: 100 }] },
      }),
    "JOINTS_MISMATCH",
  ],
  [
    "a joint named twice",
    (id) =>
      calmMove(id, {
        args: {
          joint_names: ["j1", "j1", "j3", "j4", "j5", "j6"],
          points: [{ positions_rad: HOME, time_from_start_ms: 100 }],
        },
      }),
    "JOINTS_MISMATCH",
  ],
  ["a point of another length", (id) => calmMove(id, moveTo(HOME.slice(1))), "JOINTS_MISMATCH"],
  [
    "times that run backwards",
    (id) =>
      calmMove(id, {
        args: {
          joint_names: names,
          points: [
            { positions_rad: HOME, time_from_start_ms: 100 },
            { positions_rad: HOME, time_from_start_ms: 50 },
          ],
        },
      }),
    "TRAJECTORY_TIMES_INVALID",
  ],
  [
    "beyond a joint's range",
    (id) => calmMove(id, moveTo([6.21, ...HOME.slice(1)], 20_000)),
    "JOINT_LIMIT_EXCEEDED",
  ],
  [
    "faster than a joint may",
    (id) => calmMove(id, moveTo([1, ...HOME.slice(1)], 300)),
    "JOINT_SPEED_EXCEEDED",
  ],
  [
    "a jerk in no time",
    (id) => calmMove(id, moveTo([0.01, ...HOME.slice(1)], 5)),
    "JOINT_ACCELERATION_EXCEEDED",
  ],
  ["an action of ten minutes", (id) => calmMove(id, moveTo(HOME, 600_000)), "HORIZON_TOO_LONG"],
  [
    "two thousand points",
    (id) => calmMove(id, { args: { joint_names: names, points: points(2_001) } }),
    "PROPOSAL_MALFORMED",
  ],
  [
    "a start somewhere else",
    (id) =>
      calmMove(id, {
        args: {
          joint_names: names,
          points: [
            { positions_rad: HOME.map((v) => v + 1), time_from_start_ms: 0 },
            { positions_rad: HOME, time_from_start_ms: 3_000 },
          ],
        },
      }),
    "START_MISMATCH",
  ],
  ["too heavy a payload", (id) => calmMove(id, moveTo(HOME, 2_000, { payload_kg: 30 })), "PAYLOAD_EXCEEDED"],
  [
    "a twist faster than the cell",
    (id) =>
      calmMove(id, {
        verb: "twist",
        args: { linear_m_s: [2, 0, 0], angular_rad_s: [0, 0, 0], duration_ms: 500 },
      }),
    "TOOL_SPEED_EXCEEDED",
  ],
  [
    "a grip of 2000 N",
    (id) => calmMove(id, { target: "/cell/hand", verb: "gripper", args: { width_m: 0, force_n: 2_000 } }),
    "FORCE_LIMIT_EXCEEDED",
  ],
  [
    "an unknown skill",
    (id) => calmMove(id, { verb: "program", args: { tokens: ["open_hand", "explode"] } }),
    "SKILL_UNKNOWN",
  ],
  [
    "a skill named like an object's own part",
    (id) => calmMove(id, { verb: "program", args: { tokens: ["__proto__"] } }),
    "SKILL_UNKNOWN",
  ],
  [
    "a skill without its precondition",
    (id) => calmMove(id, { verb: "program", args: { tokens: ["place"] } }),
    "SKILL_PRECONDITION",
  ],
  [
    "a plan in a circle",
    (id) =>
      calmMove(
        id,
        plan(
          [
            { id: "a", skill: "open_hand" },
            { id: "b", skill: "open_hand" },
          ],
          [
            ["a", "b"],
            ["b", "a"],
          ],
        ),
      ),
    "PLAN_CYCLIC",
  ],
  [
    "a plan whose edge leads nowhere",
    (id) => calmMove(id, plan([{ id: "a", skill: "open_hand" }], [["a", "z"]])),
    "PLAN_MALFORMED",
  ],
  [
    "a plan with two nodes of one name",
    (id) =>
      calmMove(
        id,
        plan(
          [
            { id: "a", skill: "open_hand" },
            { id: "a", skill: "open_hand" },
          ],
          [],
        ),
      ),
    "PLAN_MALFORMED",
  ],
  [
    "a lock that is never released",
    (id) => calmMove(id, plan([{ id: "a", skill: "open_hand", acquires: ["table"] }], [])),
    "LOCK_UNBALANCED",
  ],
  [
    "an unknown lock",
    (id) => calmMove(id, plan([{ id: "a", skill: "open_hand", acquires: ["moon"], releases: ["moon"] }], [])),
    "LOCK_UNKNOWN",
  ],
  [
    "work in a forbidden zone",
    (id) => calmMove(id, plan([{ id: "a", skill: "open_hand", zone: "cabinet" }], [])),
    "ZONE_FORBIDDEN",
  ],
  [
    "an unknown parameter",
    (id) =>
      calmMove(id, { target: "/cell/settings", verb: "parameter", args: { name: "toString", value: 1 } }),
    "PARAMETER_UNKNOWN",
  ],
  [
    "a parameter out of bounds",
    (id) =>
      calmMove(id, { target: "/cell/settings", verb: "parameter", args: { name: "speed_ratio", value: 7 } }),
    "PARAMETER_OUT_OF_BOUNDS",
  ],
  [
    "a safety-relevant parameter while running",
    (id) =>
      calmMove(id, { target: "/cell/settings", verb: "parameter", args: { name: "max_force", value: 100 } }),
    "PARAMETER_NEEDS_BLOCK",
  ],
  [
    "probabilities that add up to two",
    (id) => calmMove(id, { evidence: { decision_probabilities: [1, 1] } }),
    "EVIDENCE_INVALID",
  ],
  [
    "reasoning that begins tomorrow",
    (id) => calmMove(id, { evidence: { reasoning_started_at: 1_800_000_000_000_000 } }),
    "EVIDENCE_INVALID",
  ],
];

describe("hostile proposals: a clear refusal and one receipt each", () => {
  test("there are more than twenty kinds", () => expect(KINDS.length).toBeGreaterThan(20));
  for (const [name, make, code] of KINDS)
    test(name, () => {
      const host = new FakeHost({ stage: 4 });
      const before = host.receipts.length;
      host.propose(make(freshId())).pass(50);
      const written = host.receipts.slice(before);
      expect(written.map((r) => [r.receipt_type, "code" in r ? r.code : ""])).toEqual([["block", code]]);
      expect(written[0]).toMatchObject({ requires_approval: false });
      expect(host.of("answer")).toHaveLength(1);
      expect(host.of("permit")).toEqual([]);
      expect(host.of("trials")).toEqual([]);
      expect(host.pipeline.view().open).toEqual([]);
    });
});

describe("hostile behaviour", () => {
  test("a replayed id is refused, by anybody and after its end", () => {
    const host = new FakeHost({ stage: 3 });
    host
      .propose(calmMove("once"))
      .pass(20)
      .propose(calmMove("once"), "other")
      .pass(5_000)
      .propose(calmMove("once"))
      .pass(20);
    expect(host.story("once").filter((s) => s === "block PROPOSAL_ID_REPEATED")).toHaveLength(2);
    expect(host.of("permit")).toHaveLength(1);
  });
  test("what the door refused gets its receipt too", () => {
    const host = new FakeHost();
    host.propose(null, "bot", "PROPOSAL_TOO_LARGE");
    expect(host.typed("block").map((r) => r.code)).toEqual(["PROPOSAL_TOO_LARGE"]);
  });
  test("a flood of one caller is bounded in receipts, counted, and costs nobody else", () => {
    const host = new FakeHost({ stage: 3 });
    for (let i = 0; i < 5_000; i++) host.propose({ not: "a proposal" }, "flood");
    expect(host.receipts.length).toBeLessThanOrEqual(100);
    host.propose(calmMove("mine"), "calm").pass(30);
    expect(host.story("mine")).toContain("permit_used released");
    host.pass(1_100);
    const summary = host.typed("block").find((r) => r.action_id.startsWith("refused-flood"));
    expect(summary?.terms["refused"]).toBe(4_900);
  });
  test("a caller may hold its share of open actions and no more; another one still gets in", () => {
    const host = new FakeHost({ stage: 3, trials: () => null });
    for (let i = 0; i < 20; i++) host.propose(calmMove(`greedy-${i}`, {}, 0.1 + i / 100), "greedy");
    expect(host.pipeline.view().open).toHaveLength(8);
    host.propose(calmMove("modest"), "modest");
    expect(host.pipeline.view().open.map((o) => o.actionId)).toContain("modest");
  });
  test("many greedy callers together leave room for one that asks for little", () => {
    const host = new FakeHost({ stage: 3, trials: () => null });
    for (let c = 0; c < 20; c++)
      for (let i = 0; i < 8; i++) host.propose(calmMove(`g${c}-${i}`, {}, 0.1 + i / 100), `greedy-${c}`);
    host.propose(calmMove("modest"), "modest");
    expect(host.pipeline.view().open.map((o) => o.actionId)).toContain("modest");
    expect(host.pipeline.view().open.length).toBeLessThanOrEqual(64);
  });
  test("remembered ids do not grow without end", () => {
    const host = new FakeHost({ gate: "  fairness: { maxProposalsPerSecond: 10000 }\n" });
    const total = MAX_REMEMBERED_ACTIONS + 500;
    for (let i = 0; i < total; i++) {
      if (i % 5_000 === 0) host.pass(1_000);
      host.propose(calmMove(`many-${i}`, { target: "/cell/none" }));
    }
    host.pass(1_000).propose(calmMove(`many-${total - 1}`));
    expect(host.typed("block").at(-1)!.code).toBe("PROPOSAL_ID_REPEATED");
  });
  test("who is not listed may not propose, and nobody may borrow a name", () => {
    const gate = "  proposers: { planner: { callers: ['test:planner-host'] } }\n";
    const host = new FakeHost({ gate });
    host
      .propose(calmMove("a"), "someone")
      .propose(calmMove("b", { proposer: "other" }), "planner-host")
      .propose(calmMove("c"), "planner-host")
      .pass(20);
    expect(host.story("a")).toEqual(["block PROPOSER_UNKNOWN"]);
    expect(host.story("b")).toEqual(["block PROPOSER_UNKNOWN"]);
    expect(host.story("c")).toEqual(["gate_decision YELLOW"]);
  });
});

describe("C18 C19 every verb and every spelling meets the same gate", () => {
  const VERBS: readonly (readonly [string, string, unknown])[] = [
    ["trajectory", "arm", calmMove("x")["args"]],
    ["twist", "arm", { linear_m_s: [0.05, 0, 0], angular_rad_s: [0, 0, 0], duration_ms: 500 }],
    ["program", "arm", { tokens: ["open_hand", "pick", "place"] }],
    [
      "plan",
      "arm",
      { nodes: [{ id: "a", skill: "open_hand", acquires: ["table"], releases: ["table"] }], edges: [] },
    ],
    ["power", "arm", { on: true }],
    ["gripper", "hand", { width_m: 0.05, force_n: 20 }],
    ["parameter", "settings", { name: "speed_ratio", value: 0.5 }],
  ];
  const spellings = (target: string) => [`/cell/${target}`, target];
  for (const [verb, target, args] of VERBS)
    for (const spelling of spellings(target))
      test(`${verb} at ${spelling}`, () => {
        const id = freshId();
        const proposal = {
          schema: "cellgate.proposal/1",
          action_id: id,
          proposer: "planner",
          target: spelling,
          verb,
          args,
        };
        const host = new FakeHost({ stage: 1 });
        host.propose(proposal).pass(30);
        expect(host.story(id)).toEqual(["gate_decision YELLOW", "permit_used released"]);
        expect(host.of("permit")[0]!.action).toMatchObject({ target: `/cell/${target}` });
        const blocked = new FakeHost({ stage: 1 });
        blocked.world.forbidden = "KILLED";
        blocked.propose(proposal).pass(30);
        expect(blocked.story(id)).toEqual(["block GATE_CELL_BLOCKED"]);
      });
  test("a remapped and a private name are resolved before they are matched", () => {
    const host = new FakeHost({ stage: 1 });
    host
      .propose(calmMove("remapped", { target: "/old/arm" }))
      .propose(calmMove("private", { target: "~/arm" }))
      .pass(30);
    expect(host.story("remapped")[0]).toBe("gate_decision YELLOW");
    expect(host.story("private")).toEqual(["block TARGET_UNKNOWN"]);
  });
});
