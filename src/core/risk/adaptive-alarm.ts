import { createAdaptiveConformal } from "../stats/index.ts";
import type { AlarmRule } from "./alarm.ts";

const GAMMA = 0.02;

/**
 * The alarm threshold under adaptive conformal inference: every event that came without warning lowers it,
 * every announced one lets it rise again, never above what the head was calibrated to. So adaptation can
 * make the node more careful than its head, not less.
 */
export interface AdaptiveAlarm {
  readonly threshold: number;
  readonly events: number;
  readonly misses: number;
  event(announced: boolean): void;
}
export function createAdaptiveAlarm(rule: AlarmRule): AdaptiveAlarm {
  // scores are negated: a missed event is one whose score lies below the threshold
  const negated = Float64Array.from(rule.scores, (s) => -s).sort();
  const aci = createAdaptiveConformal({ alpha: Math.min(0.5, Math.max(1e-3, rule.missRate)), gamma: GAMMA });
  let threshold = rule.threshold;
  return {
    get threshold() {
      return threshold;
    },
    get events() {
      return aci.steps;
    },
    get misses() {
      return aci.misses;
    },
    event(announced) {
      aci.update(!announced);
      if (negated.length === 0) return;
      // no finite threshold covers what is asked: everything is an alarm
      threshold = Math.max(0, Math.min(rule.threshold, -aci.threshold(negated)));
    },
  };
}
