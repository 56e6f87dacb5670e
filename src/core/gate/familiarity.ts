import type { Prng } from "../base/prng.ts";
import { MAX_FAMILIAR_ACTIONS, type GateConfig } from "../domain/index.ts";
import { conformalPValue, createAdaptiveConformal, createSimpleJumper } from "../stats/index.ts";
import type { Action } from "./compile-action.ts";
import type { Nominal } from "./nominal.ts";

/** How unlike an action is to those that ended well. */
export interface Strangeness {
  /** distance to the most similar known action, in scaled units */
  readonly distance: number;
  readonly threshold: number;
  readonly pValue: number;
  /** capital of the bet that the world has shifted */
  readonly shift: number;
  readonly known: number;
  /** so many must be known before a quantile of them is finite */
  readonly needed: number;
  readonly calibrated: boolean;
  readonly unfamiliar: boolean;
  /** none of this verb at this target is known, while the caller is known well for something else */
  readonly first: boolean;
  readonly shifted: boolean;
}
/**
 * Conformal deferral: the distance to the nearest known action is compared with the same distance among the
 * known ones, which under exchangeability gives an exact p-value. Its level adapts only when the cell or a
 * person confirmed an action; a proposer alone can neither widen it nor teach it.
 */
export interface Familiarity {
  readonly known: number;
  judge(features: readonly number[]): Strangeness;
  /** the action ended well, or a person approved it */
  learn(features: readonly number[]): void;
}
/** One memory per verb and target: what is known of one says nothing of another. */
export interface Familiarities {
  judge(kind: Kind, features: readonly number[]): Strangeness;
  learn(kind: Kind, features: readonly number[]): void;
}
type Kind = Pick<Action, "verb" | "target">;
type DeferralSetting = GateConfig["deferral"];

/** The fewest known actions whose quantile at 1 − alpha is one of them: 49 for 0.02. */
export const fewestKnown = (alpha: number): number => Math.ceil(1 / alpha - 1e-9) - 1;

export function createFamiliarities(setting: DeferralSetting, randomness: Prng): Familiarities {
  const kinds = new Map<string, Familiarity>();
  const of = ({ verb, target }: Kind): Familiarity => {
    const key = `${verb} ${target}`;
    const known = kinds.get(key) ?? createFamiliarity(setting, randomness.split(key));
    kinds.set(key, known);
    return known;
  };
  return {
    judge(kind, features) {
      const strange = of(kind).judge(features);
      const knownElsewhere = [...kinds.values()].some((other) => other.known >= strange.needed);
      return { ...strange, first: strange.known === 0 && knownElsewhere };
    },
    learn: (kind, features) => of(kind).learn(features),
  };
}

/** Differences below this say nothing: sensors and planners are never exact. */
const RESOLUTION = 0.05;

export function createFamiliarity(setting: DeferralSetting, randomness: Prng): Familiarity {
  const known: (readonly number[])[] = [];
  const nearest: number[] = [];
  let next = 0;
  let judged = 0;
  const adaptive = createAdaptiveConformal({ alpha: setting.alpha, gamma: setting.gamma });
  const jumper = createSimpleJumper();

  /** distance of every known action to its nearest among the others and the new one; last: the new one's */
  const scores = (features: readonly number[]): number[] => {
    let own = Number.POSITIVE_INFINITY;
    const all = known.map((other, i) => {
      const d = distance(other, features);
      own = Math.min(own, d);
      return Math.min(nearest[i]!, d);
    });
    all.push(own);
    return all;
  };
  const thresholdOf = (all: readonly number[]): number =>
    adaptive.threshold(Float64Array.from(all.slice(0, -1)).sort());

  const needed = Math.max(setting.minCalibration ?? 0, fewestKnown(setting.alpha));
  const uncalibrated = (): Strangeness => ({
    distance: 0,
    threshold: 0,
    pValue: 1,
    shift: 1,
    known: known.length,
    needed,
    calibrated: false,
    unfamiliar: true,
    first: false,
    shifted: false,
  });
  return {
    get known() {
      return known.length;
    },
    judge(features) {
      if (known.length < needed) return uncalibrated();
      const all = scores(features);
      const own = all.at(-1)!;
      const threshold = thresholdOf(all);
      // the level adapts; where it asks for more than is known there is no quantile
      if (!Number.isFinite(threshold)) return uncalibrated();
      const pValue = conformalPValue(all.slice(0, -1), own, randomness.split(judged++).nextFloat());
      const shift = jumper.update(pValue);
      return {
        distance: finite(own),
        threshold: finite(threshold),
        pValue,
        shift,
        known: known.length,
        needed,
        calibrated: true,
        unfamiliar: own > threshold,
        first: false,
        shifted: shift >= setting.shiftAlarm,
      };
    },
    learn(features) {
      const all = scores(features);
      const own = all.at(-1)!;
      if (known.length >= needed) adaptive.update(own > thresholdOf(all));
      if (jumper.capital >= setting.shiftAlarm) jumper.restart();
      for (let i = 0; i < nearest.length; i++) nearest[i] = all[i]!;
      const slot = known.length < MAX_FAMILIAR_ACTIONS ? known.length : next;
      next = (slot + 1) % MAX_FAMILIAR_ACTIONS;
      known[slot] = features;
      nearest[slot] = own;
    },
  };
}

/** Receipts carry finite numbers. */
const finite = (value: number): number =>
  Math.min(Number.MAX_SAFE_INTEGER, Math.max(Number.MIN_SAFE_INTEGER, value));

function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length || a[0] !== b[0]) return Number.MAX_SAFE_INTEGER;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return Math.max(0, Math.sqrt(sum) - RESOLUTION);
}

const VERB_RANK = ["trajectory", "twist", "gripper", "program", "plan", "parameter", "power"];
const FAR_M = 5;

/** An action in numbers of about the same size; the first one keeps kinds of actions apart. */
export function actionFeatures(
  action: Action,
  nominal: Nominal,
  energy: number,
  gate: GateConfig,
): readonly number[] {
  const { q, joints, steps } = action.path;
  let way = 0;
  for (let k = joints; k < q.length; k++) way += Math.abs(q[k]! - q[k - joints]!);
  const end = Array.from(q.subarray((steps - 1) * joints));
  return [
    VERB_RANK.indexOf(action.verb),
    (10 * action.horizonMs) / gate.limits.horizonMs,
    way / joints,
    action.payloadKg / 10,
    action.gripperForceN / gate.limits.gripperMaxN,
    Math.min(FAR_M, nominal.minSeparationM) / FAR_M,
    nominal.maxForceN / gate.limits.maxForceN,
    Math.min(10, energy),
    ...end.map((angle) => angle / 3),
  ];
}
