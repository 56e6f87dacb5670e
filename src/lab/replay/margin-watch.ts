import { codeEntry, type EntryOf, severityRank } from "../../core/domain/index.ts";
import type { Margin } from "../../core/reflex/index.ts";
import { ExceedanceWatch, type HazardWindow } from "./hazards.ts";
import type { MarginResult } from "./result.ts";

/** A margin that a rule states, over the whole recording. */
interface Watched {
  readonly margin: Margin;
  readonly name: string;
  /** using it up must block motion, and is a hazard; otherwise it only slows or warns */
  readonly blocks: boolean;
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
  readonly #exceedances = new ExceedanceWatch();

  constructor(rules: readonly MarginRule[], channels: number, entryOf: EntryOf = codeEntry) {
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
      if (watched.blocks) this.#exceedances.see(t, watched.name, left < 0);
    }
  }
  /** Margins that a reading of this channel sets and that must block motion once they are used up. */
  blocking(channel: number): readonly Margin[] {
    return this.#byChannel[channel]!.flatMap(({ blocks, margin }) => (blocks ? [margin] : []));
  }
  hazards(): HazardWindow[] {
    return this.#exceedances.windows();
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
  return {
    margin,
    name: margin.source === margin.channel ? margin.source : `${margin.source} (${margin.channel})`,
    blocks: severityRank(severity) >= severityRank("hold"),
    least: Number.POSITIVE_INFINITY,
    leastAt: -1,
    valueAtLeast: Number.NaN,
    limitAtLeast: Number.NaN,
  };
}
