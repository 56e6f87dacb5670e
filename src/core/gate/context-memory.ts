import { canonicalBytes } from "../base/canonical.ts";
import { sha256Hex } from "../base/hash.ts";
import {
  MAX_REMEMBERED_CONTEXTS,
  type EpochMicros,
  type Evidence,
  type GateConfig,
  type Quantity,
} from "../domain/index.ts";
import type { Measured } from "./reasoning.ts";
import type { ChannelConfigs, Sight } from "./sight.ts";

/** What a proposer could know of the cell at one moment. */
export interface Context {
  readonly at: EpochMicros;
  readonly hash: string;
  readonly channels: Readonly<Record<string, readonly number[]>>;
  readonly locks: readonly string[];
  readonly configHash: string;
}
/** The contexts of the last while, oldest first. Bounded. */
export interface ContextMemory {
  add(context: Context): void;
  newest(): Context | null;
  byHash(hash: string): Context | null;
  /** the context that was valid at this time; null when it is forgotten or lies in the future */
  at(time: number): Context | null;
}

const SECTORS = 8;
const VALUES_MAX = 48;

/** Scans are told by the nearest distance in each sector; other rows are short and told as they are. */
function told(values: readonly number[], quantity: Quantity | undefined): number[] {
  if (quantity !== "scan") return values.slice(0, VALUES_MAX).map(rounded);
  const size = Math.max(1, Math.ceil(values.length / SECTORS));
  const nearest: number[] = [];
  for (let from = 0; from < values.length; from += size) {
    let least = values[from]!;
    for (let i = from; i < Math.min(values.length, from + size); i++) least = Math.min(least, values[i]!);
    nearest.push(rounded(least));
  }
  return nearest;
}
/** Without minus zero, which has no canonical text. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6 + 0;

export function contextOf(
  sight: Sight,
  channels: ChannelConfigs,
  locks: readonly string[],
  configHash: string,
  at: EpochMicros,
): Context {
  const rows: Record<string, readonly number[]> = {};
  for (const channel of sight.channels)
    rows[channel.name] = told(channel.values, channels[channel.name]?.quantity);
  const hash = sha256Hex(canonicalBytes({ at, channels: rows, locks, config_hash: configHash }));
  return { at, hash, channels: rows, locks, configHash };
}

export function createContextMemory(): ContextMemory {
  const kept: Context[] = [];
  return {
    add(context) {
      kept.push(context);
      if (kept.length > MAX_REMEMBERED_CONTEXTS) kept.shift();
    },
    newest: () => kept.at(-1) ?? null,
    byHash: (hash) => kept.find((c) => c.hash === hash) ?? null,
    at(time) {
      for (let i = kept.length - 1; i >= 0; i--) if (kept[i]!.at <= time) return kept[i]!;
      return null;
    },
  };
}

/** A change of this size counts as a wholly different reading. */
const SCALE: Readonly<Partial<Record<Quantity, number>>> = {
  range: 0.5,
  scan: 0.5,
  joints: 0.3,
  wrench: 20,
  twist: 0.5,
  currents: 5,
};
const SCALE_OTHERWISE = 0.5;
/** Readings and locks are hints that the world changed; only all of them together say it for sure. */
const READING_WEIGHT = 0.5;
const LOCK_WEIGHT = 0.3;

export interface Drift {
  readonly value: Measured;
  readonly age: number;
  readonly readings: number;
  readonly locks: number;
}
export interface DriftSetting {
  readonly gate: GateConfig;
  readonly channels: ChannelConfigs;
  readonly memory: ContextMemory;
}

/** How much of what the proposer reasoned about is no longer so: 0 = nothing, 1 = all. */
export function contextDrift(evidence: Evidence | undefined, now: Context, setting: DriftSetting): Drift {
  const nothing = { age: 0, readings: 0, locks: 0 };
  const started = evidence?.reasoning_started_at;
  const hash = evidence?.context_hash;
  if (started === undefined && hash === undefined) return { value: { kind: "missing" }, ...nothing };
  if (started !== undefined && started > now.at)
    return { value: { kind: "invalid", why: "reasoning began in the future" }, ...nothing };
  const then = hash === undefined ? setting.memory.at(started!) : setting.memory.byHash(hash);
  const since = Math.min(started ?? now.at, then?.at ?? now.at);
  const age = Math.min(1, (now.at - since) / 1_000 / setting.gate.reasoning.maxAgeMs);
  // a context that nobody remembers is as old as anything can be
  if (then === null) return { value: { kind: "measured", value: 1 }, age, readings: 1, locks: 0 };
  const readings = readingDrift(then, now, setting.channels);
  let free = 1;
  for (const lock of now.locks) if (!then.locks.includes(lock)) free *= 1 - LOCK_WEIGHT;
  const locks = 1 - free;
  const config = then.configHash === now.configHash ? 0 : 1;
  return {
    value: { kind: "measured", value: 1 - (1 - age) * (1 - readings) * (1 - locks) * (1 - config) },
    age,
    readings,
    locks,
  };
}

function readingDrift(then: Context, now: Context, channels: ChannelConfigs): number {
  let same = 1;
  for (const name of new Set([...Object.keys(then.channels), ...Object.keys(now.channels)]))
    same *=
      1 -
      READING_WEIGHT *
        changeOf(
          then.channels[name],
          now.channels[name],
          SCALE[channels[name]?.quantity ?? "scalar"] ?? SCALE_OTHERWISE,
        );
  return 1 - same;
}
function changeOf(
  then: readonly number[] | undefined,
  now: readonly number[] | undefined,
  scale: number,
): number {
  if (then === undefined || now === undefined || then.length !== now.length) return 1;
  let most = 0;
  for (let i = 0; i < now.length; i++) most = Math.max(most, Math.abs(now[i]! - then[i]!));
  return Math.min(1, most / scale);
}
