import { canonicalBytes } from "../base/canonical.ts";
import { sha256Hex } from "../base/hash.ts";
import { type Deployment, type EpochMicros, MAX_REMEMBERED_CONTEXTS } from "../domain/index.ts";
import { personRows } from "./monte-carlo/problem.ts";
import { sensedForceN, type Sight } from "./sight.ts";

/**
 * What a judgement rests on at one moment, besides the action: who stands where, the force at the wrist, V_s,
 * what holds the cell back, which locks are held. Counters, constants and the arm's own pose are no part of it:
 * no judgement of an action hangs on them.
 */
export interface Context {
  readonly at: EpochMicros;
  readonly hash: string;
  /** 3 per person, as the trials take them */
  readonly persons: readonly number[];
  readonly forceN: number;
  /** V_s of the cell; null: not known */
  readonly energy: number | null;
  /** the cell could not move: every judgement of then was a no for another reason */
  readonly blocked: boolean;
  /** causes that slow or stop the cell, zones among them */
  readonly causes: readonly string[];
  readonly locks: readonly string[];
  readonly configHash: string;
}
/** How much these numbers change in this cell without anything having happened. */
export interface NoiseFloors {
  readonly distanceM: number;
  readonly forceN: number;
  readonly energy: number;
}
/** The contexts of the last while, oldest first. Bounded. */
export interface ContextMemory {
  add(context: Context): void;
  newest(): Context | null;
  byHash(hash: string): Context | null;
  /** the context that was valid at this time; null when it is forgotten or lies in the future */
  at(time: number): Context | null;
  /** contexts from this time on, the one that was valid then among them */
  since(time: number): readonly Context[];
  floors(): NoiseFloors;
}

/** Without minus zero, which has no canonical text; null where there is no number. */
const plain = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value + 0 : null;

export function contextOf(
  sight: Sight,
  setting: {
    readonly deployment: Deployment;
    readonly blocked: boolean;
    readonly causes: readonly string[];
    readonly locks: readonly string[];
    readonly configHash: string;
  },
  at: EpochMicros,
): Context {
  const { deployment, blocked, causes, locks, configHash } = setting;
  const told = {
    at,
    persons: personRows(sight, deployment).map((value) => value + 0),
    forceN: sensedForceN(sight, deployment.channels) + 0,
    energy: plain(sight.energy),
    blocked,
    causes,
    locks,
    configHash,
  };
  return { ...told, hash: sha256Hex(canonicalBytes(told)) };
}

export function createContextMemory(): ContextMemory {
  let kept: Context[] = [];
  let floors: NoiseFloors | null = null;
  return {
    add(context) {
      // what was proposed before a stop is void, and so is what was known before it or during it
      if (kept.at(-1)?.blocked !== context.blocked) kept = [];
      kept.push(context);
      if (kept.length > MAX_REMEMBERED_CONTEXTS) kept.shift();
      floors = null;
    },
    newest: () => kept.at(-1) ?? null,
    byHash: (hash) => kept.find((c) => c.hash === hash) ?? null,
    at(time) {
      for (let i = kept.length - 1; i >= 0; i--) if (kept[i]!.at <= time) return kept[i]!;
      return null;
    },
    since(time) {
      const first = kept.findLastIndex((c) => c.at <= time);
      return kept.slice(Math.max(0, first));
    },
    floors() {
      floors ??= floorsOf(kept);
      return floors;
    },
  };
}

/** Fewer say nothing of what is usual here. */
const FLOOR_CONTEXTS_MIN = 8;
/** Nine tenths of all contexts lie within this many of their usual distance from the middle of all. */
const SPREADS = 2;
/** A cell that is always in motion must not hide a change behind its own noise. */
const DISTANCE_FLOOR_MAX_M = 0.25;
const FORCE_FLOOR_MAX_N = 15;

function floorsOf(kept: readonly Context[]): NoiseFloors {
  if (kept.length < FLOOR_CONTEXTS_MIN) return { distanceM: 0, forceN: 0, energy: 0 };
  return {
    distanceM: Math.min(DISTANCE_FLOOR_MAX_M, spreadOf(kept.map(nearestOf))),
    forceN: Math.min(FORCE_FLOOR_MAX_N, spreadOf(kept.map((c) => c.forceN))),
    energy: spreadOf(kept.flatMap((c) => c.energy ?? [])),
  };
}
/** A number that follows the nearest person: how far it is, or where. */
const nearestOf = ({ persons }: Context): number =>
  persons.length === 0
    ? 0
    : persons[0] === 0
      ? persons[1]!
      : Math.sqrt(persons[1]! * persons[1]! + persons[2]! * persons[2]!);

function spreadOf(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)]!;
  const away = sorted.map((v) => Math.abs(v - middle)).sort((a, b) => a - b);
  return SPREADS * away[Math.floor(0.9 * (away.length - 1))]!;
}
