import type { Code } from "../domain/index.ts";

const LEVEL_UNIT = "0|1";

/** What a margin is called and compared with; none of it changes while the cell runs. */
export interface MarginSetting {
  /** what the rule raises once the margin is used up */
  readonly code: Code;
  /** the instance of the rule, as its causes name it */
  readonly source: string;
  /** the channel whose reading it is */
  readonly channel: string;
  readonly unit: string;
  /** true: danger lies above the limit; false: below it */
  readonly above: boolean;
  /** NaN: the limit moves with the situation and is set with each reading */
  readonly limit: number;
  /** the reading at which harm begins, where it lies apart from the limit: a distance harms at 0 */
  readonly harm?: number | undefined;
}

/**
 * How far a reading is from the limit of a rule. A rule works it out when it is asked to measure, beside its
 * decision: replay, reports and the page draw it, and no decision depends on it.
 */
export class Margin implements MarginSetting {
  readonly code: Code;
  readonly source: string;
  readonly channel: string;
  readonly unit: string;
  readonly above: boolean;
  /** the limit is the same for the whole run */
  readonly fixed: boolean;
  limit: number;
  readonly harm: number | undefined;
  /** the newest reading; NaN before the first */
  value = Number.NaN;

  constructor({ code, source, channel, unit, above, limit, harm }: MarginSetting) {
    this.code = code;
    this.source = source;
    this.channel = channel;
    this.unit = unit;
    this.above = above;
    this.limit = limit;
    this.harm = harm;
    this.fixed = !Number.isNaN(limit);
  }

  /** what is left to the limit; negative: beyond it; NaN: nothing measured yet */
  get left(): number {
    return this.above ? this.limit - this.value : this.value - this.limit;
  }
  /** The newest reading came nearer to the harm than this share of the way from it to the limit. */
  isNear(share: number): boolean {
    const { harm, limit, value } = this;
    if (harm === undefined) return false;
    const mark = harm + share * (limit - harm);
    return this.above ? value > mark : value < mark;
  }
  /** an input that is either good or not: it has no distance to come nearer by */
  get isLevel(): boolean {
    return this.unit === LEVEL_UNIT;
  }
  see(value: number, limit = this.limit): void {
    this.value = value;
    this.limit = limit;
  }
}

/** An input that reads 1 while all is well: its margin is 0, and -1 once it reads anything else. */
export const levelMargin = (code: Code, channel: string): Margin =>
  new Margin({ code, source: channel, channel, unit: LEVEL_UNIT, above: false, limit: 1 });

/**
 * How much of a limit is used up: 1 at the limit, more beyond it. A limit of 0 has no share of its own: there one whole
 * unit (a metre, a radian) before it counts as nothing used, or as half of it where danger lies below.
 */
export function usedShare({ above, value, limit }: Pick<Margin, "above" | "value" | "limit">): number {
  const shift = limit > 0 ? 0 : 1 - limit;
  const reading = value + shift;
  const mark = limit + shift;
  if (above) return reading / mark;
  return reading > 0 ? mark / reading : Number.POSITIVE_INFINITY;
}
