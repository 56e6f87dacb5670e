import { QUANTITIES, type Quantity } from "../../core/domain/index.ts";
import type { ChannelBinding } from "../../edge/ports/index.ts";
import { Series } from "./series.ts";

/** What a channel is drawn as. */
export type SignalGroup = "force" | "torque" | "distance" | "speed" | "level" | "other";
export interface Signal {
  readonly group: SignalGroup;
  readonly series: Series;
  readonly channel: string;
  /** from a reading's row to the one number that stands for it */
  readonly of: (row: Float64Array, count: number) => number;
  /** on which side danger lies */
  readonly dangerAbove: boolean;
}

const norm = (row: Float64Array, from: number): number =>
  Math.sqrt(row[from]! * row[from]! + row[from + 1]! * row[from + 1]! + row[from + 2]! * row[from + 2]!);
const smallest = (row: Float64Array, count: number): number => {
  let least = Infinity;
  for (let i = 0; i < count; i++) if (row[i]! < least) least = row[i]!;
  return least;
};
const fastest = (row: Float64Array, count: number): number => {
  let most = 0;
  const joints = count / 3;
  for (let i = joints; i < 2 * joints; i++) most = Math.max(most, Math.abs(row[i]!));
  return most;
};
const first = (row: Float64Array): number => row[0]!;

type Kind = readonly [group: SignalGroup, suffix: string, unit: string, of: Signal["of"]];
const KINDS: Readonly<Partial<Record<Quantity, readonly Kind[]>>> = {
  wrench: [
    ["force", "force", "N", (row) => norm(row, 0)],
    ["torque", "torque", "Nm", (row) => norm(row, 3)],
  ],
  range: [["distance", "", "m", first]],
  scan: [["distance", "nearest", "m", smallest]],
  joints: [["speed", "fastest joint", "rad/s", fastest]],
  twistCommand: [["speed", "asked speed", "m/s", (row) => norm(row, 0)]],
  twist: [["speed", "speed", "m/s", (row) => norm(row, 0)]],
  estop: [["level", "", "0|1", first]],
  estopDual: [["level", "", "0|1", (row) => Math.min(row[0]!, row[1]!)]],
  protectiveStop: [["level", "", "0|1", first]],
  grip: [["level", "", "0|1", first]],
  flag: [["level", "", "0|1", first]],
  safetyMode: [["level", "", "code", first]],
  scalar: [["other", "", "1", first]],
};

/** The signals of a channel; none for counters and hidden states, whose values say nothing to the eye. */
export function signalsOf(binding: ChannelBinding, spanUs: number, slots: number): Signal[] {
  const { quantity } = binding.config;
  return (KINDS[quantity] ?? []).map(([group, suffix, unit, of]) => ({
    group,
    of,
    channel: binding.name,
    series: new Series(
      suffix === "" ? binding.name : `${binding.name} ${suffix}`,
      unit ?? QUANTITIES[quantity].unit,
      spanUs,
      slots,
    ),
    dangerAbove: group !== "distance" && group !== "level",
  }));
}
