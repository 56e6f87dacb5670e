import { poissonInterval, shareLowerBound, shareUpperBound } from "../../core/stats/index.ts";
import type { Result } from "../../core/base/result.ts";
import { type Change, changeText } from "./changed-settings.ts";
import type { HazardWindow } from "./hazards.ts";
import { wasJudged } from "./outcome.ts";
import { eventsToFind, falseStops, type Happened, isFound, isTooEarly } from "./price.ts";
import type { ReplayTask } from "./replay-one.ts";
import type { ReplayResult } from "./result.ts";
import { type JobsProgress, runJobs } from "./run-jobs.ts";

/** What one setting would have done over all recordings. */
export interface WhatIfPoint {
  readonly label: string;
  readonly changes: readonly Change[];
  readonly recordings: number;
  /** recordings that the cell with this setting could judge */
  readonly judged: number;
  readonly events: number;
  readonly found: number;
  /** share of the events for which the cell stood in time, with its exact 95 % interval; null: there were none */
  readonly foundShare: Interval | null;
  readonly stops: number;
  readonly falseStops: number;
  /** false stops per hour in which the cell could move; null: it never could */
  readonly falsePerHour: Interval | null;
  readonly freeUs: number;
  readonly lostUs: number;
  readonly troubles: readonly string[];
}
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
export interface WhatIf {
  /** as the deployment is */
  readonly base: WhatIfPoint;
  readonly points: readonly WhatIfPoint[];
  /** where the events come from */
  readonly eventsFrom: "labels" | "readings" | "both";
}
const TAIL = 0.975;
const US_PER_HOUR = 3_600e6;
/** recordings that run or wait at once for each thread; results are added up and let go */
const AHEAD = 4;

type Kept = Pick<ReplayResult, "states" | "stops" | "freeUs" | "happened" | "outcome">;
type Ran = Result<Kept, string>;

/**
 * Replays the same recordings under each setting. What happened in them is read once, with the deployment as it is:
 * a setting may not move the ruler that it is judged by.
 */
export async function whatIf(
  tasks: readonly ReplayTask[],
  settings: readonly (readonly Change[])[],
  jobs: number,
  progress: (p: JobsProgress) => void,
): Promise<WhatIf> {
  const all = [[], ...settings].flatMap((changes) =>
    tasks.map((task) => ({ ...task, changes: [...task.changes, ...changes] })),
  );
  const ran: Ran[] = [];
  const chunk = Math.max(1, jobs * AHEAD);
  for (let at = 0; at < all.length; at += chunk) {
    const part = all.slice(at, at + chunk);
    const results = await runJobs(part, jobs, (p) =>
      progress({
        ...p,
        finished: at + p.finished,
        doneShare: (at + p.doneShare * part.length) / all.length,
      }),
    );
    ran.push(...results.map((r) => (r.ok ? { ok: true as const, value: keptOf(r.value) } : r)));
  }
  const base = ran.slice(0, tasks.length);
  const point = (changes: readonly Change[], i: number): WhatIfPoint =>
    pointOf(changes, base, ran.slice(i * tasks.length, (i + 1) * tasks.length));
  return {
    base: point([], 0),
    points: settings.map((changes, i) => point(changes, i + 1)),
    eventsFrom: sourceOf(base.flatMap((r) => (r.ok ? [r.value.happened] : []))),
  };
}
const keptOf = ({ states, stops, freeUs, happened, outcome }: ReplayResult): Kept => ({
  states,
  stops,
  freeUs,
  happened,
  outcome,
});
function sourceOf(happened: readonly Happened[]): WhatIf["eventsFrom"] {
  const labelled = happened.filter((h) => h.labelled !== null).length;
  return labelled === 0 ? "readings" : labelled === happened.length ? "labels" : "both";
}

/** Everything to which a stop may belong; more than has to be found, where labels say what that is. */
const reasonsIn = ({ labelled, approaches, passed }: Happened): HazardWindow[] => [
  ...(labelled ?? passed),
  ...approaches,
];

function pointOf(changes: readonly Change[], base: readonly Ran[], mine: readonly Ran[]): WhatIfPoint {
  const sum = { judged: 0, events: 0, found: 0, stops: 0, falseStops: 0, freeUs: 0, lostUs: 0 };
  const troubles: string[] = [];
  mine.forEach((run, i) => {
    const ruler = base[i]!;
    if (!run.ok || !ruler.ok) {
      troubles.push(run.ok ? (ruler.ok ? "" : ruler.error) : run.error);
      return;
    }
    const { states, stops, freeUs, outcome } = run.value;
    if (wasJudged(outcome)) sum.judged++;
    const events = eventsToFind(ruler.value.happened).filter((event) => !isTooEarly(event, states));
    sum.events += events.length;
    sum.found += events.filter((event) => isFound(event, states)).length;
    sum.stops += stops.length;
    sum.falseStops += falseStops(stops, reasonsIn(ruler.value.happened)).length;
    sum.freeUs += freeUs;
    sum.lostUs += stops.reduce((lost, stop) => lost + stop.toUs - stop.tUs, 0);
  });
  return {
    label: changes.map(changeText).join(", ") || "as it is",
    changes,
    recordings: mine.length,
    ...sum,
    foundShare: shareOf(sum.found, sum.events),
    falsePerHour: rateOf(sum.falseStops, sum.freeUs),
    troubles: [...new Set(troubles)],
  };
}
const shareOf = (found: number, events: number): Interval | null =>
  events === 0
    ? null
    : {
        value: found / events,
        low: shareLowerBound(found, events, TAIL),
        high: shareUpperBound(found, events, TAIL),
      };
function rateOf(count: number, freeUs: number): Interval | null {
  if (freeUs <= 0) return null;
  const hours = freeUs / US_PER_HOUR;
  const [low, high] = poissonInterval(count);
  return { value: count / hours, low: low / hours, high: high / hours };
}
