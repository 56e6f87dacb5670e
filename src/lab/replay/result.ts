import type { Code } from "../../core/domain/index.ts";
import type { ChannelHeard, Outcome } from "./outcome.ts";
import type { Film } from "../../edge/report/index.ts";
import type { Loss } from "../../edge/recordings/index.ts";
import type { HazardWindow } from "./hazards.ts";
import type { Kpi, StateSpan } from "./kpi.ts";
import type { Happened, RulePrice, Stop } from "./price.ts";
import type { PlainSeries } from "./series.ts";
import type { SignalGroup } from "./signals.ts";

/** A block or a verdict of the run. */
export interface Moment {
  readonly tUs: number;
  readonly code: string;
  readonly title: string;
  readonly source: string;
  readonly detail: string;
}
export interface VerdictMoment extends Moment {
  readonly actionId: string;
  readonly verdict: "GREEN" | "YELLOW" | "RED";
  readonly confidence: number | null;
}
export interface SignalResult {
  readonly group: SignalGroup;
  readonly channel: string;
  readonly series: PlainSeries;
  readonly limit: number | null;
  readonly dangerAbove: boolean;
  readonly smallest: number | null;
  readonly smallestAtUs: number;
  readonly largest: number | null;
  readonly largestAtUs: number;
}
/** What a rule says about its distance to its own limit, over the recording. */
export interface MarginResult {
  readonly code: Code;
  readonly source: string;
  readonly channel: string;
  readonly unit: string;
  /** true: danger lies above the limit */
  readonly above: boolean;
  /** using it up blocks motion */
  readonly blocks: boolean;
  /** an input that is either good or not */
  readonly level: boolean;
  /** the reading at which harm begins; null: nothing is known beyond the limit */
  readonly harm: number | null;
  /** null: the limit moves with the situation */
  readonly limit: number | null;
  /** least distance to the limit; negative: that far beyond it */
  readonly leastLeft: number;
  readonly leastLeftAtUs: number;
  /** the reading and the limit at that moment */
  readonly value: number;
  readonly limitThen: number;
}
/** What one recording gave: plain data, the same for terminal, JSON, report and comparison. */
export interface ReplayResult {
  readonly bag: string;
  readonly kind: "bag" | "tape";
  readonly cell: string;
  readonly configHash: string;
  readonly modelHash: string;
  readonly seed: number;
  /** log time of the first message (microseconds since 1970), and the length of the run */
  readonly startMicros: number;
  readonly spanUs: number;
  readonly messages: number;
  readonly samples: number;
  readonly unreadable: number;
  readonly events: number;
  readonly receipts: number;
  /** root of the tree over all receipts, and the hash over their bytes */
  readonly root: string;
  readonly digest: string;
  readonly outcome: Outcome;
  readonly margins: readonly MarginResult[];
  readonly channels: readonly ChannelHeard[];
  readonly states: readonly StateSpan[];
  readonly blocks: readonly Moment[];
  /** stops of motion that had been allowed, and what became of them in hindsight */
  readonly stops: readonly Stop[];
  /** the same per rule, the dearest first */
  readonly price: readonly RulePrice[];
  /** time in which the cell could move */
  readonly freeUs: number;
  readonly happened: Happened;
  readonly blocksByCode: Readonly<Record<string, number>>;
  readonly verdicts: readonly VerdictMoment[];
  readonly verdictCounts: Readonly<Record<string, number>>;
  readonly energy: {
    readonly threshold: number | null;
    readonly peak: number | null;
    readonly peakAtUs: number;
    readonly series: PlainSeries;
  };
  readonly signals: readonly SignalResult[];
  readonly nearestMiss: {
    /** the rule's instance, and the channel whose reading it is */
    readonly source: string;
    readonly channel: string;
    readonly code: Code;
    readonly value: number;
    readonly limit: number;
    readonly left: number;
    readonly atUs: number;
    readonly unit: string;
  } | null;
  readonly hazards: readonly HazardWindow[];
  readonly hazardsFrom: "labels" | "limits";
  readonly firstExceedanceUs: number | null;
  readonly kpis: readonly Kpi[];
  readonly absent: readonly string[];
  readonly unused: readonly string[];
  readonly notes: readonly string[];
  /** pictures of the cell for a report; null: none were asked for */
  readonly film: Film | null;
  readonly losses: {
    readonly count: number;
    readonly bytes: number;
    readonly unprotected: number;
    readonly listed: readonly Loss[];
  };
  /** wall time that it took; never part of a comparison */
  readonly tookMs: number;
}
