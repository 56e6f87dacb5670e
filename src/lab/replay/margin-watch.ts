import { codeEntry, type EntryOf, severityRank } from "../../core/domain/index.ts";
import type { Margin } from "../../core/reflex/index.ts";
import { type HazardWindow, joined, StretchWatch } from "./hazards.ts";
import type { MarginResult } from "./result.ts";

/** Half of the way from the harm to the limit. */
export const DEFAULT_NEAR = 0.5;

/** A margin that a rule states, over the whole recording. */
interface Watched {
  readonly margin: Margin;
  /** using it up must block motion, and is a hazard; otherwise it only slows or warns */
  readonly blocks: boolean;
  /** where it was used up; null where that must not block */
  readonly beyond: StretchWatch | null;
  /** where the reading came near to the harm itself, beyond the limit; null where the limit is all that is known */
  readonly near: StretchWatch | null;
  /** least distance to the limit so far; infinite before the first reading */
  least: number;
  leastAt: number;
  valueAtLeast: number;
  limitAtLeast: number;
}
export interface MarginRule {
  readonly margins?: readonly Margin[];
  readonly listens: readonly number[] | "all";
}

/**
 * Follows what the rules themselves say about their distance to their limits, from the same readings that the cell
 * hears. Hazards, charts, the nearest miss and needless stops all come from here.
 */
export class MarginWatch {
  readonly #byChannel: readonly (readonly Watched[])[];
  readonly #all: Watched[] = [];
  readonly #near: number;

  /** `near`: a reading is near to the harm within this share of the way from it to the limit */
  constructor(
    rules: readonly MarginRule[],
    channels: number,
    entryOf: EntryOf = codeEntry,
    near = DEFAULT_NEAR,
  ) {
    this.#near = near;
    const byChannel: Watched[][] = Array.from({ length: channels }, () => []);
    for (const { margins = [], listens } of rules)
      for (const margin of margins) {
        const watched = watchedOf(margin, entryOf);
        this.#all.push(watched);
        byChannel.forEach((list, c) => {
          if (listens === "all" || listens.includes(c)) list.push(watched);
        });
      }
    this.#byChannel = byChannel;
  }
  /** After the rules have measured a reading of this channel. */
  look(t: number, channel: number): void {
    const list = this.#byChannel[channel]!;
    for (let i = 0; i < list.length; i++) {
      const watched = list[i]!;
      const { margin } = watched;
      const { left } = margin;
      if (Number.isNaN(left)) continue;
      if (left < watched.least) {
        watched.least = left;
        watched.leastAt = t;
        watched.valueAtLeast = margin.value;
        watched.limitAtLeast = margin.limit;
      }
      watched.beyond?.see(t, left < 0);
      watched.near?.see(t, margin.isNear(this.#near));
    }
  }
  /** Margins that a reading of this channel sets and that must block motion once they are used up. */
  blocking(channel: number): readonly Margin[] {
    return this.#byChannel[channel]!.flatMap(({ blocks, margin }) => (blocks ? [margin] : []));
  }
  hazards(): HazardWindow[] {
    return joined(this.#all.flatMap(({ beyond }) => beyond?.windows() ?? []));
  }
  /** Where a reading came near to the harm itself, for rules that know it. */
  approaches(): HazardWindow[] {
    return joined(this.#all.flatMap(({ near }) => near?.windows() ?? []));
  }
  /** Where a limit was passed whose rule knows no harm apart from it; inputs that are good or not are left out. */
  passed(): HazardWindow[] {
    return joined(
      this.#all.flatMap(({ margin, near, beyond }) =>
        near === null && !margin.isLevel ? (beyond?.windows() ?? []) : [],
      ),
    );
  }
  /** Every margin that was measured, the one that came nearest to its limit or went furthest beyond it first. */
  results(): MarginResult[] {
    return this.#all
      .filter(({ leastAt }) => leastAt >= 0)
      .map(({ margin, least, leastAt, blocks, valueAtLeast, limitAtLeast }) => ({
        code: margin.code,
        source: margin.source,
        channel: margin.channel,
        unit: margin.unit,
        level: margin.isLevel,
        harm: margin.harm ?? null,
        above: margin.above,
        blocks,
        limit: margin.fixed ? margin.limit : null,
        leastLeft: least,
        leastLeftAtUs: leastAt,
        value: valueAtLeast,
        limitThen: limitAtLeast,
      }));
  }
}

function watchedOf(margin: Margin, entryOf: EntryOf): Watched {
  const { severity } = entryOf(margin.code);
  const name = margin.source === margin.channel ? margin.source : `${margin.source} (${margin.channel})`;
  const blocks = severityRank(severity) >= severityRank("hold");
  return {
    margin,
    blocks,
    beyond: blocks ? new StretchWatch(name) : null,
    near: blocks && margin.harm !== undefined ? new StretchWatch(name) : null,
    least: Number.POSITIVE_INFINITY,
    leastAt: -1,
    valueAtLeast: Number.NaN,
    limitAtLeast: Number.NaN,
  };
}
