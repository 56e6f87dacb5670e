import assert from "node:assert/strict";
import { createPrng } from "../../core/base/prng.ts";
import { microsOf, type Sample } from "../../core/domain/index.ts";
import type { Report, Rule, RuleSetting, Surroundings } from "../../core/reflex/index.ts";
import type { Runner } from "./runner.ts";

const ROUNDS = 2_000;
const SEED = 20_261_201;
const EDGES = [0, -0, 1, -1, 1e-12, 1e12, Number.MAX_VALUE, -Number.MAX_VALUE];

/**
 * Every rule goes through this, ours and those of extensions: whatever the world sends it does not throw, it speaks of
 * its own codes only, it changes nothing that it was handed, and the same readings lead to the same words.
 */
export function ruleContract(
  { describe, it }: Runner,
  name: string,
  setting: RuleSetting,
  build: (setting: RuleSetting) => readonly Rule[],
): void {
  describe(`rule ${name}`, () => {
    it("names at least one code, and each once", () => {
      const codes = build(setting).flatMap((rule) => rule.codes);
      assert.ok(codes.length > 0);
      assert.equal(new Set(codes).size, codes.length);
    });
    it(`does not throw, reaches for no foreign code and changes no reading (${ROUNDS} rounds, seed ${SEED})`, () => {
      for (const rule of build(setting)) spokenBy(rule, setting);
    });
    it("says the same of the same readings", () => {
      const words = () => build(setting).map((rule) => spokenBy(rule, setting));
      assert.deepEqual(words(), words());
    });
  });
}

/** Everything that a rule says of readings drawn from a seed. */
function spokenBy(rule: Rule, setting: RuleSetting): readonly string[] {
  const prng = createPrng(SEED).split(rule.name);
  const said: string[] = [];
  const active = new Set<string>();
  const own = (code: string): void =>
    assert.ok(
      rule.codes.some((c) => c === code),
      `${code} is not its own`,
    );
  const report: Report = {
    raise(code, source, detail) {
      own(code);
      active.add(`${code} ${source}`);
      said.push(`+ ${code} ${source} ${detail}`);
    },
    clear(code, source) {
      own(code);
      if (active.delete(`${code} ${source}`)) said.push(`- ${code} ${source}`);
    },
    isActive: (code, source) => active.has(`${code} ${source}`),
  };
  rule.onStart?.(report);
  for (let round = 0; round < ROUNDS; round++) {
    const around = surroundingsOf(setting, round);
    const number = (): number =>
      prng.nextUint32() % 4 === 0
        ? EDGES[prng.nextUint32() % EDGES.length]!
        : (prng.nextUint32() / 2 ** 32 - 0.5) * 20;
    for (const { index } of setting.channels) {
      if (rule.listens !== "all" && !rule.listens.includes(index)) continue;
      const values = Float64Array.from({ length: 3 * setting.deployment.robot.joints.length }, number);
      const before = values.slice();
      const sample = {
        kind: "sample",
        t: microsOf(round * 10_000),
        seq: round,
        channel: index,
        values,
        stamp: -1,
        sourceSeq: round,
      };
      rule.onSample?.(sample as unknown as Sample, around, report);
      assert.deepEqual(values, before, "a reading was changed");
    }
    rule.onTick?.(microsOf(round * 10_000), around, report);
  }
  return said;
}

function surroundingsOf({ deployment, channels }: RuleSetting, round: number): Surroundings {
  const row = (): Float64Array => new Float64Array(deployment.robot.joints.length);
  const each = (value: number): Float64Array => new Float64Array(channels.length).fill(value);
  return {
    motion: {
      at: round * 10_000,
      position: row(),
      velocity: row(),
      effort: row(),
      fastestRadPerS: 0,
      toolMPerS: (round % 40) / 10,
    },
    vitals: { lastAt: each(round * 10_000), lastStamp: each(-1), rateHz: each(100), refused: each(0) },
    doubtful: false,
    epoch: 0,
    blockedSince: -1,
    blockedActuator: 0,
  };
}
