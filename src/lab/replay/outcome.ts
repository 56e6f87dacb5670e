import type { Cause } from "../../core/reflex/index.ts";
import type { EntryOf } from "../../core/domain/index.ts";
import type { StateSpan } from "./kpi.ts";

/**
 * What a replay says as a whole. `guarded`: motion would have been stopped or slowed. `nothing_to_stop`: the node
 * could decide, and no reason to stop came. `could_not_start`: it heard the cell and never let it move. `not_judged`: channels
 * that it needs are not in the recording, so nothing it says is about the cell.
 */
export const OUTCOMES = ["guarded", "nothing_to_stop", "could_not_start", "not_judged"] as const;
export type OutcomeKind = (typeof OUTCOMES)[number];
export interface Outcome {
  readonly kind: OutcomeKind;
  /** share of the recording's time in which the node could decide whether the cell may move */
  readonly decidedShare: number;
  /** why it could not start, or which channels are missing; for the other outcomes what cut the decided time short */
  readonly why: readonly string[];
}
/** How often a channel of the deployment was heard. */
export interface ChannelHeard {
  readonly name: string;
  readonly required: boolean;
  readonly samples: number;
}
/** Only these two say anything about the cell. */
export const wasJudged = ({ kind }: Outcome): boolean => kind === "guarded" || kind === "nothing_to_stop";
export const OUTCOME_WORDS: Readonly<Record<OutcomeKind, string>> = {
  guarded: "guarded",
  nothing_to_stop: "nothing to stop",
  could_not_start: "could not start",
  not_judged: "not judged",
};
const MAX_WHY = 12;

export interface OutcomeFacts {
  readonly states: readonly StateSpan[];
  readonly endUs: number;
  readonly channels: readonly ChannelHeard[];
  /** what stood in the way at the end of the recording */
  readonly causes: readonly Cause[];
  /** codes that a rule with a margin raises: what they stop was decided, not merely missing */
  readonly hazardCodes: ReadonlySet<string>;
  /** words of a code, also of one that an extension brought */
  readonly entryOf: EntryOf;
  /** stops and slowings after the cell was first allowed to move */
  readonly reactions: number;
}

export function outcomeOf(facts: OutcomeFacts): Outcome {
  const { states, endUs, channels, reactions } = facts;
  const silent = channels.filter((c) => c.required && c.samples === 0).map((c) => c.name);
  const decidedShare = endUs <= 0 ? 0 : Math.min(1, decidedUs(facts) / endUs);
  if (silent.length > 0 || channels.every((c) => c.samples === 0))
    return { kind: "not_judged", decidedShare: 0, why: missingWords(silent) };
  if (!states.some((s) => !s.blocked))
    return { kind: "could_not_start", decidedShare: 0, why: standing(facts) };
  return {
    kind: reactions > 0 ? "guarded" : "nothing_to_stop",
    decidedShare,
    why: undecidedWords(facts),
  };
}

const missingWords = (silent: readonly string[]): string[] =>
  silent.length === 0
    ? ["no channel of the deployment was heard"]
    : silent.map((name) => `${name} is required and was never heard`);

/** Free to move, or stopped by what a rule saw in the cell after it had been free once. */
function decidedUs({ states, hazardCodes }: OutcomeFacts): number {
  let freed = false;
  let sum = 0;
  for (const { fromUs, toUs, blocked, code } of states) {
    freed ||= !blocked;
    if (freed && (!blocked || hazardCodes.has(code) || code === "CELL_READY")) sum += toUs - fromUs;
  }
  return sum;
}

/** Everything that still stands in the way, in words; a cell that could not start has at least its state. */
function standing({ causes, states, entryOf }: OutcomeFacts): string[] {
  const words = causes
    .filter((c) => c.severity === "hold" || c.severity === "stop")
    .slice(0, MAX_WHY)
    .map((c) => `${entryOf(c.code).title}: ${c.source}${c.detail === "" ? "" : ` (${c.detail})`}`);
  return words.length > 0
    ? words
    : [`the cell stayed ${states.at(-1)?.state ?? "STARTING"} and nobody resumed it`];
}

/** What kept the node from deciding for part of the time, longest first. */
function undecidedWords({ states, hazardCodes }: OutcomeFacts): string[] {
  const byCode = new Map<string, number>();
  for (const { fromUs, toUs, blocked, code } of states)
    if (blocked && code !== "CELL_READY" && !hazardCodes.has(code))
      byCode.set(code, (byCode.get(code) ?? 0) + toUs - fromUs);
  return [...byCode]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_WHY)
    .map(([code, us]) => `${code === "" ? "before the first state" : code} for ${(us / 1e6).toFixed(3)} s`);
}

/** The outcome in one line, with the share of time first. */
export function outcomeLine({ kind, decidedShare, why }: Outcome): string {
  const share = `${Number((100 * decidedShare).toPrecision(3))} % of the time decided`;
  const because = why.length === 0 ? "" : `: ${why.join("; ")}`;
  return `${share}, ${OUTCOME_WORDS[kind]}${because}`;
}
export const outcomeOfMany = (
  results: readonly { readonly outcome: Outcome }[],
): Readonly<Record<OutcomeKind, number>> => {
  const counts = { guarded: 0, nothing_to_stop: 0, could_not_start: 0, not_judged: 0 };
  for (const { outcome } of results) counts[outcome.kind]++;
  return counts;
};
