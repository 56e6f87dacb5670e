import {
  type CandidateKind,
  DEFAULT_WATCH,
  type Evidence,
  type Measurement,
  type WatchedRates,
} from "../../core/promotion/index.ts";
import { shareUpperBound } from "../../core/stats/index.ts";

const MARGIN = 0.05;
const RATE_MAX = 0.95;
/** higher by less than this share of the threshold is not higher */
const RISE_MIN = 0.05;
/** place of the refusals among the kinds of verdicts */
const RED = 2;

/** What the watch after the promotion allows: what was measured, on its upper bound, and a margin. */
export function ratesOf({ kind, measurements }: Evidence): WatchedRates {
  const battery = measurements.filter((m) => m.set !== "field");
  const { falseStops, rises } = JUDGES_ACTIONS.has(kind) ? verdictsSeen(battery) : stopsSeen(kind, battery);
  return {
    falseStopRateMax: boundOf(falseStops, DEFAULT_WATCH.falseStopRateMax),
    riseRateMax: boundOf(rises, kind === "rules" ? DEFAULT_WATCH.throughRateMax : DEFAULT_WATCH.riseRateMax),
  };
}
const JUDGES_ACTIONS: ReadonlySet<CandidateKind> = new Set(["gate", "policy"]);

interface Share {
  readonly hits: number;
  readonly of: number;
}
/** `rises`: where more is let happen than before */
type Seen = Readonly<Record<"falseStops" | "rises", Share>>;
const boundOf = ({ hits, of }: Share, least: number): number =>
  of === 0 ? least : Math.min(RATE_MAX, Math.max(least, shareUpperBound(hits, of) + MARGIN));
const shareOf = (all: readonly Measurement[], hit: (m: Measurement) => boolean): Share => ({
  hits: all.filter(hit).length,
  of: all.length,
});

function stopsSeen(kind: CandidateKind, battery: readonly Measurement[]): Seen {
  const harmless = battery.filter((m) => !m.risky);
  const scored = battery.filter((m) => m.candidate.score !== null && m.baseline.score !== null);
  return {
    falseStops: shareOf(harmless, (m) => m.candidate.stopped && !m.baseline.stopped),
    rises:
      kind === "rules"
        ? shareOf(battery, (m) => !m.candidate.stopped && m.baseline.stopped)
        : shareOf(scored, (m) => m.candidate.score! > m.baseline.score! + RISE_MIN),
  };
}
/** Of all verdicts, those that were RED on one side more than on the other. */
function verdictsSeen(battery: readonly Measurement[]): Seen {
  const sum = (of: (m: Measurement) => number): number => battery.reduce((n, m) => n + of(m), 0);
  const more = (m: Measurement): number =>
    (m.candidate.decisions[RED] ?? 0) - (m.baseline.decisions[RED] ?? 0);
  const all = sum((m) => m.baseline.decisions.reduce((a, b) => a + b, 0));
  const of = Math.max(
    all,
    sum((m) => Math.abs(more(m))),
  );
  return {
    falseStops: { hits: sum((m) => Math.max(0, more(m))), of },
    rises: { hits: sum((m) => Math.max(0, -more(m))), of },
  };
}
