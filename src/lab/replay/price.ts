import type { HazardWindow } from "./hazards.ts";
import type { StateSpan } from "./kpi.ts";

/**
 * What became of a stop in hindsight. `needed`: something was about to happen. `needless`: nothing came near and no
 * labelled event followed. `unknown`: the recording cannot tell, because no reading says how near it was.
 */
export const HINDSIGHTS = ["needed", "needless", "unknown"] as const;
export type Hindsight = (typeof HINDSIGHTS)[number];
export interface Stop {
  readonly tUs: number;
  /** when the cell could move again, or the recording's end */
  readonly toUs: number;
  readonly code: string;
  readonly title: string;
  /** the rule's instance */
  readonly source: string;
  readonly hindsight: Hindsight;
  readonly why: string;
}
/** What one rule cost. */
export interface RulePrice {
  readonly code: string;
  readonly source: string;
  readonly title: string;
  readonly stops: number;
  readonly lostUs: number;
  readonly needed: number;
  readonly needless: number;
  readonly unknown: number;
}
/** What happened, whoever judges it. */
export interface Happened {
  /** null: nobody labelled the recording */
  readonly labelled: readonly HazardWindow[] | null;
  /** a reading came near to the harm itself, or a black box tells of a touch or a pressed button */
  readonly approaches: readonly HazardWindow[];
  /** a limit was passed that is all its rule knows of the harm */
  readonly passed: readonly HazardWindow[];
}
/** Codes that a hand on a button or the robot's own controller gives the reason for. */
export const ASKED_FOR: ReadonlySet<string> = new Set([
  "ESTOP_PRESSED",
  "ESTOP_DISCREPANCY",
  "PROTECTIVE_STOP",
  "SAFETY_MODE_EMERGENCY",
  "SAFETY_MODE_PROTECTIVE",
  "SAFETY_MODE_FAULT",
]);
/** An event belongs to a stop from this long before it ... */
export const BEFORE_US = 1_000_000;
/** ... to this long after it. */
export const FOLLOW_US = 5_000_000;

export interface PriceFacts {
  readonly states: readonly StateSpan[];
  readonly blocks: readonly { readonly tUs: number; readonly code: string; readonly source: string }[];
  readonly margins: readonly {
    readonly code: string;
    readonly source: string;
    /** an input that is either good or not */
    readonly level: boolean;
    /** null: nothing is known beyond the limit */
    readonly harm: number | null;
  }[];
  readonly happened: Happened;
  readonly titleOf: (code: string) => string;
}

/** Every end of motion that had been allowed. */
export function stopsOf({ states, blocks, margins, happened, titleOf }: PriceFacts): Stop[] {
  const stops: Stop[] = [];
  for (let i = 1; i < states.length; i++) {
    const { fromUs: tUs, code, blocked } = states[i]!;
    if (!blocked || states[i - 1]!.blocked) continue;
    let end = i;
    while (end + 1 < states.length && states[end + 1]!.blocked) end++;
    const source = blocks.find((b) => b.tUs === tUs && b.code === code)?.source ?? "";
    const margin =
      margins.find((m) => m.code === code && m.source === source) ?? margins.find((m) => m.code === code);
    const toUs = states[end]!.toUs;
    stops.push({
      tUs,
      toUs,
      code,
      source,
      title: titleOf(code),
      ...hindsightOf(code, tUs, happened, margin),
    });
  }
  return stops;
}

export type Judged = Pick<Stop, "hindsight" | "why">;
export function hindsightOf(
  code: string,
  tUs: number,
  happened: Happened,
  margin: PriceFacts["margins"][number] | undefined,
): Judged {
  const { labelled, approaches, passed } = happened;
  const event = near(labelled, tUs);
  if (event !== null) return { hindsight: "needed", why: `labelled event: ${event.what || "unnamed"}` };
  const came = near(approaches, tUs);
  if (came !== null) return { hindsight: "needed", why: `came near: ${came.what}` };
  if (margin?.level === true || ASKED_FOR.has(code))
    return { hindsight: "needed", why: "a person or the robot's controller asked for it" };
  if (margin !== undefined && margin.harm !== null)
    return { hindsight: "needless", why: noneFollowed("nothing came near", labelled) };
  if (labelled !== null) return { hindsight: "needless", why: "no labelled event followed" };
  const beyond = near(passed, tUs);
  return {
    hindsight: "unknown",
    why:
      margin === undefined
        ? "it stopped because something was missing, not for a reading"
        : `only labels can tell whether ${beyond?.what ?? "passing the limit"} did harm`,
  };
}
const noneFollowed = (what: string, labelled: Happened["labelled"]): string =>
  labelled === null ? what : `${what}, and no labelled event followed`;
/** The first event that belongs to a stop. */
function near(windows: readonly HazardWindow[] | null, tUs: number): HazardWindow | null {
  return windows?.find((w) => w.toUs >= tUs - BEFORE_US && w.fromUs <= tUs + FOLLOW_US) ?? null;
}

/** Stops of any number of recordings by rule, the dearest first. */
export function priceOf(stops: readonly Stop[]): RulePrice[] {
  const rules = new Map<string, RulePrice>();
  for (const { code, source, title, tUs, toUs, hindsight } of stops) {
    const key = `${code}\n${source}`;
    const so = rules.get(key) ?? {
      ...{ code, source, title, stops: 0, lostUs: 0 },
      ...{ needed: 0, needless: 0, unknown: 0 },
    };
    rules.set(key, {
      ...so,
      stops: so.stops + 1,
      lostUs: so.lostUs + toUs - tUs,
      [hindsight]: so[hindsight] + 1,
    });
  }
  return [...rules.values()].sort(
    (a, b) => b.needless - a.needless || b.lostUs - a.lostUs || (a.code < b.code ? -1 : 1),
  );
}

/** What a recording is judged by: labels where there are any, else what came near or passed a limit. */
export const eventsToFind = ({ labelled, approaches, passed }: Happened): readonly HazardWindow[] =>
  labelled ?? [...approaches, ...passed].sort((a, b) => a.fromUs - b.fromUs);

/** The cell stood when the event began, or stopped soon after. */
export function isFound(event: HazardWindow, states: readonly StateSpan[]): boolean {
  const free = states.find((s) => !s.blocked)?.fromUs ?? Infinity;
  return states.some(
    ({ blocked, fromUs, toUs }) =>
      blocked && fromUs > free && fromUs <= event.fromUs + BEFORE_US && toUs >= event.fromUs,
  );
}
/** The cell could not move yet when the event was over: it says nothing of a rule. */
export const isTooEarly = (event: HazardWindow, states: readonly StateSpan[]): boolean =>
  event.toUs < (states.find((s) => !s.blocked)?.fromUs ?? Infinity);
/** Stops to which no event of `events` belongs. */
export const falseStops = (stops: readonly Stop[], events: readonly HazardWindow[]): readonly Stop[] =>
  stops.filter(({ tUs }) => near(events, tUs) === null);

/** Stops, minutes lost and what became of them, in all. */
export function sumOf(prices: readonly RulePrice[]): Pick<RulePrice, "stops" | "lostUs" | Hindsight> {
  const sum = { stops: 0, lostUs: 0, needed: 0, needless: 0, unknown: 0 };
  for (const price of prices)
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += price[key];
  return sum;
}
/** Prices of several recordings as one, the dearest first. */
export const priceOfAll = (results: readonly { readonly stops: readonly Stop[] }[]): RulePrice[] =>
  priceOf(results.flatMap(({ stops }) => stops));
