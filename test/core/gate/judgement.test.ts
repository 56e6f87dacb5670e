import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPrng } from "../../../src/core/base/prng.ts";
import { gateSchema } from "../../../src/core/domain/deployment/gate.ts";
import type { Proposal } from "../../../src/core/domain/index.ts";
import {
  type Ceiling,
  checkPlan,
  confidenceOf,
  crossCheck,
  createFamiliarity,
  decide,
  decisionEntropy,
  hardCeiling,
  type Measured,
  NO_DECISION,
  reasoningInstability,
  refusal,
  resolveName,
  softCeiling,
  variantsOf,
} from "../../../src/core/gate/index.ts";
import { precedenceOf } from "../../../src/core/gate/precedence.ts";
import { gateDeployment } from "../cell/pipeline/fake-host.ts";

const gate = gateSchema.parse({});

describe("reasoning", () => {
  const value = (m: Measured) => (m.kind === "measured" ? m.value : m.kind);
  test("entropy: sure 0, a thrown coin 1, a hand-computed one between", () => {
    expect(value(decisionEntropy({ decision_probabilities: [1, 0] }))).toBe(0);
    expect(value(decisionEntropy({ decision_probabilities: [0.25, 0.25, 0.25, 0.25] }))).toBeCloseTo(1, 12);
    expect(value(decisionEntropy({ decision_probabilities: [0.9, 0.1] }))).toBeCloseTo(
      0.4689955935892812,
      12,
    );
    expect(value(decisionEntropy({ decision_logits: [1_000, -1_000] }))).toBe(0);
    expect(value(decisionEntropy({ decision_logits: [0, 0, 0] }))).toBeCloseTo(1, 12);
  });
  test("the less sure of two statements counts; what cannot be true is invalid", () => {
    expect(value(decisionEntropy({ decision_probabilities: [1, 0], decision_logits: [0, 0] }))).toBeCloseTo(
      1,
      12,
    );
    expect(value(decisionEntropy({ decision_probabilities: [0.2, 0.2] }))).toBe("invalid");
    expect(value(decisionEntropy({ decision_probabilities: [] }))).toBe("invalid");
    expect(value(decisionEntropy(undefined))).toBe("missing");
  });
  test("stability: steady 0, thrown to and fro 1, too short is missing", () => {
    expect(value(reasoningInstability({ confidence_trajectory: [0.8, 0.8, 0.8] }))).toBeCloseTo(0, 12);
    expect(value(reasoningInstability({ confidence_trajectory: [0, 1, 0, 1] }))).toBe(1);
    expect(value(reasoningInstability({ confidence_trajectory: [0.8, 0.8] }))).toBe("missing");
  });
});

describe("confidence", () => {
  const trials = {
    n: 100,
    safe: 100,
    meanOutcome: 0.9,
    variance: 0,
    minSeparationM: 1,
    maxForceN: 1,
    maxEnergy: 0,
    worstTrial: 0,
    worstCause: "none",
    outcomes: [],
  };
  const measured = (value: number): Measured => ({ kind: "measured", value });
  test("every term can only lower it, and each is named", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 0, max: 4 }),
        (v, worse) => {
          const at = (w: readonly number[]) =>
            confidenceOf(
              {
                drift: measured(w[0]!),
                entropy: measured(w[1]!),
                stability: measured(w[2]!),
                loop: w[3]!,
                trials: { ...trials, variance: w[4]! * 0.2 },
              },
              gate,
            );
          const base = at(v);
          const lower = at(v.map((x, i) => (i === worse ? Math.min(1, x + 0.1) : x)));
          expect(lower.product).toBeLessThanOrEqual(base.product);
          expect(base.score).toBeLessThanOrEqual(base.cap);
          expect(Object.keys(base.terms)).toEqual(["drift", "entropy", "stability", "loop", "variance"]);
        },
      ),
      { seed: 9 },
    );
  });
  test("NaN anywhere counts as the worst", () => {
    const c = confidenceOf(
      { drift: measured(Number.NaN), entropy: measured(0), stability: measured(0), loop: 0, trials },
      gate,
    );
    expect(c.terms.drift.penalty).toBe(1);
  });
  test("without trials there is no confidence", () => {
    expect(
      confidenceOf(
        { drift: measured(0), entropy: measured(0), stability: measured(0), loop: 0, trials: null },
        gate,
      ).score,
    ).toBe(0);
  });
  test("weights cannot be switched off by a zero", () => {
    for (const name of ["drift", "entropy", "stability", "loop", "variance"])
      expect(gateSchema.safeParse({ weights: { [name]: 0 } }).success).toBe(false);
  });
});

describe("decide", () => {
  const ceilings = fc.array(
    fc.oneof(
      fc.constant(hardCeiling(refusal("GATE_CELL_BLOCKED", ""))),
      fc
        .constantFrom("RED" as const, "YELLOW" as const)
        .map((v): Ceiling => softCeiling(v, "TRIALS_LATE", "")),
    ),
  );
  const score = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1, 0.9, 0.7));
  test("a hard ceiling is RED and nobody's to lift, in any order and at any score", () => {
    fc.assert(
      fc.property(score, ceilings, fc.nat(), (s, list, place) => {
        const with1 = [...list];
        with1.splice(place % (list.length + 1), 0, hardCeiling(refusal("ENERGY_UNTRUSTED", "")));
        expect(decide(s, with1)).toMatchObject({ verdict: "RED", hard: true });
      }),
      { seed: 4 },
    );
  });
  test("a ceiling never raises", () => {
    const rank = { RED: 0, YELLOW: 1, GREEN: 2 };
    fc.assert(
      fc.property(score, ceilings, (s, list) => {
        expect(rank[decide(s, list).verdict]).toBeLessThanOrEqual(rank[decide(s, []).verdict]);
      }),
      { seed: 5 },
    );
  });
  test("thresholds of the specification; NaN is RED; the zero value is RED", () => {
    expect([0.9, 0.8999, 0.7, 0.6999, Number.NaN].map((s) => decide(s, []).verdict)).toEqual([
      "GREEN",
      "YELLOW",
      "YELLOW",
      "RED",
      "RED",
    ]);
    expect(decide(0.58, []).reason).toBe("confidence_score 0.58 < 0.7");
    expect(NO_DECISION).toMatchObject({ verdict: "RED", hard: true });
  });
});

describe("names", () => {
  const space = { namespace: "/cell", node: "gate", remaps: { "/old": "/new", rel: "/abs" } };
  const resolved = (name: string) => {
    const r = resolveName(name, space);
    return r.ok ? r.value : r.error.code;
  };
  test("relative, private, absolute, remapped", () => {
    expect(["arm", "/arm", "~", "~/arm", "/old", "rel", "/cell/rel"].map(resolved)).toEqual([
      "/cell/arm",
      "/arm",
      "/cell/gate",
      "/cell/gate/arm",
      "/new",
      "/abs",
      "/abs",
    ]);
  });
  test("every second spelling is refused", () => {
    for (const name of [
      "",
      "/",
      "arm/",
      "//arm",
      "/a//b",
      "~arm",
      "a b",
      "ärm",
      "/1arm",
      "a.b",
      "../arm",
      "/arm\n",
      "\u0430rm",
      "{ns}/arm",
    ])
      expect(resolved(name)).toBe("NAME_INVALID");
  });
  test("what resolves is plain, whatever came in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (name) => {
        const r = resolveName(name, space);
        if (r.ok) expect(r.value).toMatch(/^(\/[A-Za-z_][A-Za-z0-9_]*)+$/);
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});

describe("plans", () => {
  const { deployment } = gateDeployment();
  type Plan = Extract<Proposal, { verb: "plan" }>["args"];
  const code = (nodes: Plan["nodes"], edges: Plan["edges"] = []) => {
    const r = checkPlan({ nodes, edges }, deployment.gate);
    return r.ok ? "ok" : r.error.code;
  };
  test("a need must be met in every order that the plan allows", () => {
    const [open, pick] = [
      { id: "o", skill: "open_hand" },
      { id: "p", skill: "pick", zone: "bench" },
    ];
    expect(code([open, pick])).toBe("SKILL_PRECONDITION");
    expect(code([open, pick], [["o", "p"]])).toBe("ok");
  });
  test("a fact that another branch may take away does not hold", () => {
    const nodes = [
      { id: "o", skill: "open_hand" },
      { id: "p", skill: "pick" },
      { id: "q", skill: "pick" },
    ];
    expect(
      code(nodes, [
        ["o", "p"],
        ["o", "q"],
      ]),
    ).toBe("SKILL_PRECONDITION");
  });
  test("locks: users of one stand in line, take and release in turn", () => {
    const user = (id: string, acquires: string[], releases: string[]) => ({
      id,
      skill: "open_hand",
      acquires,
      releases,
    });
    expect(code([user("a", ["table"], ["table"]), user("b", ["table"], ["table"])])).toBe("LOCK_UNBALANCED");
    expect(code([user("a", ["table"], ["table"]), user("b", ["table"], ["table"])], [["a", "b"]])).toBe("ok");
    expect(code([user("a", ["table"], []), user("b", [], ["table"])], [["a", "b"]])).toBe("ok");
    expect(code([user("a", [], ["table"])])).toBe("LOCK_UNBALANCED");
    expect(code([user("a", ["table"], []), user("b", ["table"], ["table"])], [["a", "b"]])).toBe(
      "LOCK_UNBALANCED",
    );
  });
  test("a skill works only in its zones", () => {
    const gate2 = gateDeployment("", (t) =>
      t.replace("bench: {", "shelf: { kind: work, min: [5, 5, 0], max: [6, 6, 1] }\n    bench: {"),
    ).deployment.gate;
    const r = checkPlan(
      {
        nodes: [
          { id: "o", skill: "open_hand" },
          { id: "p", skill: "pick", zone: "shelf" },
        ],
        edges: [["o", "p"]],
      },
      gate2,
    );
    expect(r.ok ? "ok" : r.error.code).toBe("ZONE_FORBIDDEN");
  });
  test("a circle is named; an acyclic graph keeps its order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 60 }), (pairs) => {
        const forward = pairs
          .filter(([a, b]) => a !== b)
          .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
        const graph = precedenceOf(20, forward);
        expect(graph.ok).toBe(true);
        if (!graph.ok) return;
        const place = new Map(graph.value.order.map((n, i) => [n, i]));
        for (const [a, b] of forward) {
          expect(graph.value.before(a, b)).toBe(true);
          expect(place.get(a)!).toBeLessThan(place.get(b)!);
        }
        const [first] = forward;
        if (first === undefined) return;
        const closed = precedenceOf(20, [...forward, [first[1], first[0]]]);
        expect(closed.ok).toBe(false);
        if (closed.ok) return;
        const edges = new Set([...forward, [first[1], first[0]]].map(([a, b]) => `${a}>${b}`));
        closed.circle.forEach((n, i) =>
          expect(edges.has(`${n}>${closed.circle[(i + 1) % closed.circle.length]}`)).toBe(true),
        );
      }),
      { seed: 8, numRuns: 200 },
    );
  });
});

describe("familiarity", () => {
  const cloud = (seed: number, count: number) => {
    const prng = createPrng(seed);
    return Array.from({ length: count }, () => [0, prng.nextGaussian(), prng.nextGaussian()]);
  };
  test("about alpha of familiar actions are deferred, and a stranger nearly always", () => {
    let deferred = 0;
    let strangers = 0;
    for (let seed = 0; seed < 60; seed++) {
      const familiar = createFamiliarity({ ...gate.deferral, alpha: 0.05 }, createPrng(seed));
      for (const f of cloud(seed, 100)) familiar.learn(f);
      for (const f of cloud(seed + 1_000, 10)) if (familiar.judge(f).unfamiliar) deferred++;
      if (familiar.judge([0, 9, 9]).unfamiliar) strangers++;
    }
    expect(deferred / 600).toBeLessThan(0.1);
    expect(strangers).toBe(60);
  });
  test("a shift of many small steps raises the alarm; the same law does not", () => {
    const familiar = createFamiliarity(gate.deferral, createPrng(1));
    for (const f of cloud(1, 200)) familiar.learn(f);
    const calm = cloud(2, 60).map((f) => familiar.judge(f).shift);
    expect(Math.max(...calm)).toBeLessThan(gate.deferral.shiftAlarm);
    const shifted = cloud(3, 60).map(([a, b, c]) => familiar.judge([a!, b! + 3, c! + 3]).shifted);
    expect(shifted.at(-1)).toBe(true);
  });
  test("a proposer alone teaches nothing: judging does not move the level", () => {
    const familiar = createFamiliarity(gate.deferral, createPrng(1));
    for (const f of cloud(1, 100)) familiar.learn(f);
    const before = familiar.judge([0, 30, 30]);
    for (let i = 0; i < 500; i++) familiar.judge([0, 30, 30]);
    expect(familiar.judge([0, 30, 30])).toMatchObject({ threshold: before.threshold, unfamiliar: true });
  });
});

describe("helpers' work", () => {
  test("two sensors of one kind that disagree are a conflict", () => {
    const row = (name: string, z: number) => ({
      name,
      quantity: "wrench" as const,
      ageMs: 1,
      values: [0, 0, z, 0, 0, 0],
    });
    expect(crossCheck([row("a", 5), row("b", 8)]).conflicts).toEqual([]);
    expect(crossCheck([row("a", 5), row("b", 80)]).conflicts).toHaveLength(1);
  });
  test("variants do the same more carefully, and none has a new verb or target", () => {
    const proposal: Proposal = {
      schema: "cellgate.proposal/1",
      action_id: "x",
      proposer: "p",
      target: "arm",
      verb: "twist",
      args: { linear_m_s: [0.4, 0, 0], angular_rad_s: [0, 0, 0.4], duration_ms: 900 },
    };
    const variants = variantsOf(proposal, [], []);
    expect(variants.map((v) => v.name)).toEqual(["slower ×1.5", "slower ×2", "slower ×4", "retreat"]);
    for (const { proposal: p } of variants) {
      expect([p.verb, p.target]).toEqual(["twist", "arm"]);
      if (p.verb === "twist") expect(Math.abs(p.args.linear_m_s[0])).toBeLessThanOrEqual(0.4);
    }
  });
});
