import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bindHead,
  type Head,
  type HeadArtefact,
  type HeadBody,
  loadHead,
  readHead,
  sealHead,
} from "../../../src/core/risk/index.ts";
import { bodyOf, trainedOnce } from "./heads.ts";
import { FEATURES, table, train } from "./tables.ts";

const frameOf = (values: readonly number[], present: readonly number[] = values.map(() => 1)) => ({
  values: Float64Array.from(values),
  present: Uint8Array.from(present),
});
function headOf(artefact: unknown): Head {
  const head = loadHead(artefact);
  if (!head.ok) throw new Error(head.error.detail);
  return head.value;
}
const artefact = (change: Partial<HeadBody> = {}): HeadArtefact => sealHead(bodyOf(trainedOnce(), change));
const values = fc.tuple(
  fc.double({ min: -50, max: 200, noNaN: true }),
  fc.double({ min: -1, max: 5, noNaN: true }),
  fc.double({ min: -5, max: 5, noNaN: true }),
  fc.double({ min: -9, max: 9, noNaN: true }),
);

describe("risk: what a head promises", () => {
  const head = headOf(artefact());
  it("V_s is finite and never negative, whatever the frame", () => {
    fc.assert(
      fc.property(values, fc.array(fc.constantFrom(0, 1), { minLength: 4, maxLength: 4 }), (v, present) => {
        const energy = head.evaluate(frameOf(v, present));
        expect(energy !== energy || (energy >= 0 && energy < Number.POSITIVE_INFINITY)).toBe(true);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
  it("declared directions hold everywhere: more force, less distance can never lower V_s", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 100, noNaN: true }), (v, more) => {
        const before = head.evaluate(frameOf(v));
        expect(head.evaluate(frameOf([v[0] + more, v[1], v[2], v[3]]))).toBeGreaterThanOrEqual(
          before - 1e-12,
        );
        expect(head.evaluate(frameOf([v[0], v[1] - more, v[2], v[3]]))).toBeGreaterThanOrEqual(
          before - 1e-12,
        );
        expect(head.evaluate(frameOf([v[0], v[1], v[2], v[3] + more]))).toBeGreaterThanOrEqual(
          before - 1e-12,
        );
      }),
      { seed: 4, numRuns: 1_000 },
    );
  });
  it("contributions are never negative and sum to the value", () => {
    fc.assert(
      fc.property(values, (v) => {
        const energy = head.evaluate(frameOf(v));
        const shares = head.contributions();
        expect(shares.every((x) => x >= 0)).toBe(true);
        expect(Math.abs(shares.reduce((a, b) => a + b, 0) - energy)).toBeLessThanOrEqual(
          1e-12 * (1 + energy),
        );
      }),
      { seed: 5, numRuns: 300 },
    );
    expect(head.contributions(frameOf([80, 0.1, 0, 0]))[0]).toBeGreaterThan(
      head.contributions(frameOf([1, 0.1, 0, 0]))[0]! - 1e-12,
    );
  });
  it("it learned what the data says, and calibrated probabilities rise with V_s", () => {
    expect(head.evaluate(frameOf([90, 0.1, 0, 0]))).toBeGreaterThan(
      head.evaluate(frameOf([5, 1.8, 2, 0])) + 3,
    );
    expect(head.probability(9)).toBeGreaterThan(head.probability(1));
    expect(head.artefact.importance[3]).toBeLessThan(0.1);
  });
  it("a missing group counts its mean, without retraining; too much missing: V_s is not known", () => {
    const whole = head.evaluate(frameOf([50, 1, 0, 0]));
    const without = head.evaluate(frameOf([50, 1, 0, 0], [1, 1, 0, 1]));
    expect(without).toBeGreaterThan(0);
    expect(Math.abs(without - whole)).toBeLessThan(3);
    expect(head.evaluate(frameOf([50, 1, 0, 0], [0, 0, 0, 1]))).toBeNaN();
  });
  it("C24 a value that is not a number makes V_s unknown, never small", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(head.evaluate(frameOf([bad, 1, 0, 0]))).toBeNaN();
      expect(head.evaluate(frameOf([1, bad, 0, 0]))).toBeNaN();
    }
  });
  it("finds its features by name in another order, and refuses other units, groups, directions", () => {
    const turned = [...FEATURES].reverse();
    const bound = bindHead(artefact(), turned);
    expect(bound.ok && bound.value.evaluate(frameOf([0, 0, 1, 50]))).toBe(
      head.evaluate(frameOf([50, 1, 0, 0])),
    );
    for (const change of [{ unit: "kN" }, { group: "x" }, { direction: -1 as const }]) {
      const other = bindHead(
        artefact(),
        FEATURES.map((f, i) => (i === 0 ? { ...f, ...change } : f)),
      );
      expect(!other.ok && other.error.code).toBe("HEAD_FEATURES_FOREIGN");
    }
    const poor = bindHead(artefact(), [FEATURES[3]!]);
    expect(!poor.ok && poor.error.code).toBe("HEAD_FEATURES_FOREIGN");
  });
});

describe("risk: artefacts are believed in nothing", () => {
  it("same data and seed give the same hash; another seed another", () => {
    const hashes = [1, 1, 2].map((seed) => sealHead(bodyOf(train(table(800), { seed, epochs: 8 }))).hash);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });
  it("survives its own JSON", () => {
    const read = readHead(JSON.parse(JSON.stringify(artefact())));
    expect(read.ok && read.value.hash).toBe(artefact().hash);
  });
  it("one changed weight, figure or name is noticed", () => {
    const good = artefact();
    const changed = [
      { ...good, horizonMs: 601 },
      { ...good, metrics: { auroc: 1 } },
      { ...good, alarm: { ...good.alarm, threshold: 0.1 } },
      { ...good, hash: good.hash.replace(/^./, (c) => (c === "0" ? "1" : "0")) },
    ];
    for (const head of changed) {
      const read = readHead(head);
      expect(!read.ok && read.error.code).toBe("HEAD_HASH_MISMATCH");
    }
  });
  it("a well-hashed head that breaks a rule is refused too", () => {
    const good = bodyOf(trainedOnce());
    if (good.model.kind !== "additive") throw new Error("expected an additive model");
    const shape = good.model.shapes.find((s) => s.feature === 0)!;
    const breaks: [string, HeadBody][] = [
      [
        "direction",
        {
          ...good,
          model: {
            ...good.model,
            shapes: [{ ...shape, values: [...shape.values].reverse().map((x, i) => x + (i === 0 ? 1 : 0)) }],
          },
        },
      ],
      ["shape", { ...good, model: { ...good.model, shapes: [{ ...shape, feature: 9 }] } }],
      ["feature list", { ...good, featuresHash: "x" }],
      ["share a name", { ...good, features: [FEATURES[0]!, FEATURES[0]!, FEATURES[2]!, FEATURES[3]!] }],
      ["importance", { ...good, importance: [1] }],
    ];
    for (const [word, body] of breaks) {
      const read = readHead(sealHead(body));
      expect(!read.ok && read.error.code, word).toBe("HEAD_UNREADABLE");
      expect(!read.ok && read.error.detail, word).toContain(word);
    }
  });
  it("NaN, infinities, negative energies, falling knots, foreign keys, other versions: unreadable", () => {
    const good = artefact();
    const poison: unknown[] = [
      null,
      7,
      "head",
      [],
      {},
      { ...good, extra: 1 },
      { ...good, schema: "cellgate.head/2" },
      { ...good, model: { kind: "magic" } },
      JSON.parse(JSON.stringify(good).replace(/"threshold":[0-9.]+/, '"threshold":null')),
      { ...good, alarm: { ...good.alarm, threshold: Number.NaN } },
      { ...good, alarm: { ...good.alarm, threshold: -1 } },
      { ...good, horizonMs: Number.POSITIVE_INFINITY },
      {
        ...good,
        model: {
          kind: "additive",
          shapes: [{ feature: 0, knots: [2, 1], values: [0, 1], missing: 0 }],
          pairs: [],
        },
      },
      {
        ...good,
        model: {
          kind: "additive",
          shapes: [{ feature: 0, knots: [1, 2], values: [-1, 1], missing: 0 }],
          pairs: [],
        },
      },
    ];
    for (const head of poison) {
      const read = readHead(head);
      expect(!read.ok && read.error.code, JSON.stringify(head)?.slice(0, 60)).toBe("HEAD_UNREADABLE");
    }
  });
  it("any damaged text is either no JSON or refused", () => {
    const text = JSON.stringify(artefact());
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: text.length - 2 }),
        fc.constantFrom("cut", "swap", "drop"),
        (at, how) => {
          const bad =
            how === "cut"
              ? text.slice(0, at)
              : how === "drop"
                ? text.slice(0, at) + text.slice(at + 1)
                : text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2);
          if (bad === text) return true;
          let json: unknown;
          try {
            json = JSON.parse(bad);
          } catch {
            return true;
          }
          // a digit beyond a double's precision changes nothing, which is no damage
          return !readHead(json).ok || JSON.stringify(json) === text;
        },
      ),
      { seed: 6, numRuns: 400 },
    );
  });
});
