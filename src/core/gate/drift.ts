import type { Evidence, GateConfig } from "../domain/index.ts";
import type { Context, ContextMemory, NoiseFloors } from "./context-memory.ts";
import { emptyDraw } from "./monte-carlo/draws.ts";
import type { TrialProblem } from "./monte-carlo/problem.ts";
import { Rollout } from "./monte-carlo/rollout.ts";
import type { Measured } from "./reasoning.ts";

/** How much the judgement of an action would differ on the context that its proposer reasoned about. */
export interface Drift {
  readonly value: Measured;
  /** age of the reasoning as a share of the longest allowed; counts only once it is reached */
  readonly age: number;
  /** parts of the value, each 0 for no difference and 1 for another judgement */
  readonly energy: number;
  readonly nominal: number;
  readonly causes: number;
  readonly locks: number;
}
export interface DriftSetting {
  readonly gate: GateConfig;
  readonly memory: ContextMemory;
  /** the action as it is judged now */
  readonly problem: TrialProblem;
  /** null: V_s is not monitored */
  readonly energyLimit: number | null;
}
type Parts = Pick<Drift, "energy" | "nominal" | "causes" | "locks">;
const SAME: Parts = { energy: 0, nominal: 0, causes: 0, locks: 0 };

/** A cause or a lock that came or went is a hint that the world changed; several of them say it for sure. */
const HINT_WEIGHT = 0.3;
/** More of the limit than this is no noise, whatever is usual in this cell. */
const ENERGY_FLOOR_MAX = 0.3;

/**
 * 0: on what the proposer knew the action would be judged as it is now; 1: wholly otherwise. A proposal that does
 * not say what it knew counts like one that knew the context, of those it may have known, that differs most:
 * saying it can never cost more than not saying it.
 */
export function contextDrift(evidence: Evidence | undefined, now: Context, setting: DriftSetting): Drift {
  const started = evidence?.reasoning_started_at;
  const hash = evidence?.context_hash;
  if (started === undefined && hash === undefined) return unstated(now, setting);
  if (started !== undefined && started > now.at)
    return { value: { kind: "invalid", why: "reasoning began in the future" }, age: 0, ...SAME };
  const then = hash === undefined ? setting.memory.at(started!) : setting.memory.byHash(hash);
  const since = Math.min(started ?? now.at, then?.at ?? now.at);
  const age = Math.min(1, (now.at - since) / 1_000 / setting.gate.reasoning.maxAgeMs);
  // what nobody remembers, or is older than reasoning may be, cannot be compared: it counts as wholly drifted
  if (then === null || age >= 1) return { value: { kind: "measured", value: 1 }, age, ...SAME };
  const parts = differences(then, now, setting, new Map());
  return { value: { kind: "measured", value: whole(parts, then, now) }, age, ...parts };
}

function unstated(now: Context, setting: DriftSetting): Drift {
  const { memory, gate } = setting;
  const runs = new Map<string, number>();
  let worst = 0;
  let parts = SAME;
  for (const then of memory.since(now.at - gate.reasoning.maxAgeMs * 1_000)) {
    const found = differences(then, now, setting, runs);
    const value = whole(found, then, now);
    if (value <= worst) continue;
    worst = value;
    parts = found;
  }
  return { value: { kind: "missing", atLeast: worst }, age: 0, ...parts };
}

const whole = ({ energy, nominal, causes, locks }: Parts, then: Context, now: Context): number =>
  then.configHash === now.configHash ? 1 - (1 - energy) * (1 - nominal) * (1 - causes) * (1 - locks) : 1;

function differences(then: Context, now: Context, setting: DriftSetting, runs: Map<string, number>): Parts {
  const floors = setting.memory.floors();
  return {
    energy: energyDifference(then, now, setting.energyLimit, floors),
    nominal: nominalDifference(then, now, setting, runs),
    causes: hints(then.causes, now.causes) + 0,
    locks: 1 - hintsLeft(now.locks.filter((lock) => !then.locks.includes(lock)).length),
  };
}
const hintsLeft = (count: number): number => {
  let left = 1;
  for (let i = 0; i < count; i++) left *= 1 - HINT_WEIGHT;
  return left;
};
const hints = (then: readonly string[], now: readonly string[]): number =>
  1 - hintsLeft(then.filter((c) => !now.includes(c)).length + now.filter((c) => !then.includes(c)).length);

/** As a share of the limit; on the other side of the limit the judgement would have been another one. */
function energyDifference(then: Context, now: Context, limit: number | null, floors: NoiseFloors): number {
  if (limit === null) return 0;
  if (then.energy === null || now.energy === null) return then.energy === now.energy ? 0 : 1;
  if (then.energy > limit !== now.energy > limit) return 1;
  const floor = Math.min(floors.energy, ENERGY_FLOOR_MAX * limit);
  return Math.min(1, Math.max(0, Math.abs(now.energy - then.energy) - floor) / limit);
}

/** The action among the people of then, at the force of then; what lies within the noise is as now. */
function nominalDifference(
  then: Context,
  now: Context,
  { problem, gate, memory }: DriftSetting,
  runs: Map<string, number>,
): number {
  const floors = memory.floors();
  const persons = samePersons(then.persons, now.persons, floors.distanceM) ? problem.persons : then.persons;
  const forceMoved = Math.abs(then.forceN - now.forceN) > floors.forceN;
  const standingForceN = forceMoved
    ? Math.max(then.forceN, problem.standingForceN > now.forceN ? problem.standingForceN : 0)
    : problem.standingForceN;
  if (persons === problem.persons && standingForceN === problem.standingForceN) return 0;
  const key = `${persons.join(" ")}|${standingForceN}`;
  const known = runs.get(key);
  if (known !== undefined) return known;
  const before = approached({ ...problem, persons, standingForceN });
  const difference =
    before.still < 0
      ? 1
      : // the trials spread what they begin with by as much: a smaller difference is none
        Math.min(1, Math.max(0, Math.abs(approached(problem).mean - before.mean) - gate.monteCarlo.noise));
  runs.set(key, difference);
  return difference;
}

/** Shares of the assumed walking speed at which somebody comes straight on in the runs that are compared. */
const APPROACHES = [0, 0.5, 1];

/** The action undisturbed, while nobody moves and while whoever is sensed comes straight on. */
function approached(problem: TrialProblem): { readonly still: number; readonly mean: number } {
  const rollout = new Rollout(problem);
  const draw = emptyDraw(problem.chain.joints);
  const outcomes = APPROACHES.map((share) => {
    draw.personMPerS = share * problem.personMPerS;
    rollout.run(draw);
    return rollout.outcome;
  });
  let sum = 0;
  for (const outcome of outcomes) sum += outcome;
  return { still: outcomes[0]!, mean: sum / outcomes.length };
}

function samePersons(then: readonly number[], now: readonly number[], floorM: number): boolean {
  if (then.length !== now.length) return false;
  for (let i = 0; i < now.length; i += 3) {
    if (then[i] !== now[i]) return false;
    const dx = then[i + 1]! - now[i + 1]!;
    const dy = then[i + 2]! - now[i + 2]!;
    if (Math.sqrt(dx * dx + dy * dy) > floorM) return false;
  }
  return true;
}
