import type { Code } from "../domain/index.ts";
import type { Trouble } from "./candidate.ts";
import { deltaOf } from "./delta.ts";
import type { Evidence, Measurement, Side } from "./evidence.ts";
import { separationOf } from "./separation.ts";

/** Reasons that rest on how V_s changed, and on nothing that happened because of it. */
const OF_DELTA: ReadonlySet<Code> = new Set<Code>(["PROMOTION_RISK_HIGHER", "PROMOTION_SCALED"]);

/** risky stands above harmless in so many more pairs: less is no better knowledge */
const BETTER_ORDER = 0.005;

/**
 * The smell "a safe upgrade blocked by a spurious ΔV_s": everything that happened in the battery is as good or better
 * with the candidate, and the change of energy alone speaks against it. Such a refusal is not remembered, and a person
 * is told; nothing is promoted by it.
 */
export function spuriousDelta(
  { kind, measurements }: Evidence,
  real: readonly Trouble[],
  missedHard: readonly string[],
): Trouble | null {
  if (kind !== "head" || real.length === 0 || missedHard.length > 0) return null;
  if (!real.every((t) => OF_DELTA.has(t.code))) return null;
  const all = measurements.filter((m) => m.set !== "field");
  const [was, is] = [figures(all, (m) => m.baseline), figures(all, (m) => m.candidate)];
  const better =
    is.order > was.order + BETTER_ORDER && (is.inTime > was.inTime || is.needless < was.needless);
  if (!better || is.inTime < was.inTime || is.needless > was.needless || is.violations > was.violations)
    return null;
  // later alarms that still came in time hurt nobody; one that came too late did
  const late = all.find((m) => deltaOf(m) > 0 && m.risky && m.baseline.inTime && !m.candidate.inTime);
  if (late !== undefined) return null;
  return {
    code: "PROMOTION_DELTA_SPURIOUS",
    detail: `${real.map((t) => t.code).join(", ")}, though risky stands above harmless in ${is.order.toFixed(3)} of pairs (baseline ${was.order.toFixed(3)}), ${is.inTime} of ${is.risky} risky scenarios are answered in time (${was.inTime}), ${is.needless} harmless ones stopped (${was.needless}), ${is.violations} end in a violation (${was.violations})`,
  };
}

function figures(all: readonly Measurement[], of: (m: Measurement) => Side) {
  const risky = all.filter((m) => m.risky);
  const order = separationOf(
    all.map((m) => of(m).score ?? Number.NaN),
    all.map((m) => m.risky),
  );
  return {
    order,
    risky: risky.length,
    inTime: risky.filter((m) => of(m).inTime).length,
    needless: all.filter((m) => !m.risky && of(m).stopped).length,
    violations: all.filter((m) => Object.keys(of(m).violations).length > 0).length,
  };
}
