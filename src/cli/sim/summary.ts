import { shareUpperBound } from "../../core/stats/index.ts";
import type { Label, Scenario } from "../../../sim/index.ts";
import type { Guarded } from "./live-run.ts";

/** One scenario with the node and without it. */
export interface Pair {
  readonly scenario: Scenario;
  readonly without: Label;
  readonly guarded: Guarded;
}
export interface FamilyRow {
  readonly family: string;
  readonly runs: number;
  /** runs that ended with the arm blocked */
  readonly stopped: number;
  readonly touchedWithout: number;
  readonly touchedWith: number;
  /** touch or collide without the node, seen in time, and still above the limit while the arm moved */
  readonly harmed: number;
  readonly inTime: number;
  readonly quiet: number;
  readonly falseStops: number;
  readonly stopMsP50: number;
  readonly stopMsMax: number;
  readonly stopMmMax: number;
}
/** Sensors that see a person for so long before contact give the node its chance. */
export const WARNING_US = 300_000;
/** Causes that a cell is right to stop for, whatever the distance. */
const STOPS_RIGHTLY: ReadonlySet<string> = new Set([
  "emergency-stop",
  "sensor-lost",
  "sensor-frozen",
  "sensor-noisy",
  "payload-dropped",
  "payload-slips",
  "cable",
  "clamped",
  "zone",
]);

const touched = ({ class: c }: Label): boolean => c === "touch" || c === "collide";
export const isQuiet = ({ scenario, without }: Pair): boolean =>
  without.class === "miss" && !scenario.causes.some((cause) => STOPS_RIGHTLY.has(cause));

export function rowOf(family: string, pairs: readonly Pair[]): FamilyRow {
  const inTime = pairs.filter(({ without }) => touched(without) && without.warning_us >= WARNING_US);
  const quiet = pairs.filter(isQuiet);
  const stops = pairs
    .map(({ guarded }) => guarded.stopTimeUs)
    .filter((us) => us >= 0)
    .sort((a, b) => a - b);
  return {
    family,
    runs: pairs.length,
    stopped: pairs.filter(({ guarded }) => guarded.blockAtUs >= 0).length,
    touchedWithout: pairs.filter(({ without }) => touched(without)).length,
    touchedWith: pairs.filter(({ guarded }) => touched(guarded.label)).length,
    harmed: inTime.filter(({ guarded }) => guarded.overLimitMoving).length,
    inTime: inTime.length,
    quiet: quiet.length,
    falseStops: quiet.filter(({ guarded }) => guarded.blockAtUs >= 0).length,
    stopMsP50: (stops[Math.floor(stops.length / 2)] ?? 0) / 1000,
    stopMsMax: (stops.at(-1) ?? 0) / 1000,
    stopMmMax: Math.round(Math.max(0, ...pairs.map(({ guarded }) => guarded.stopDistanceM)) * 1000),
  };
}

export function rowsOf(pairs: readonly Pair[]): readonly FamilyRow[] {
  const families = [...new Set(pairs.map(({ scenario }) => scenario.family))];
  return [
    ...families.map((family) =>
      rowOf(
        family,
        pairs.filter(({ scenario }) => scenario.family === family),
      ),
    ),
    rowOf("all", pairs),
  ];
}

/** The table as Markdown, for the terminal and for sim/README.md. */
export function tableOf(rows: readonly FamilyRow[]): string {
  const head = [
    "family",
    "runs",
    "stopped",
    "contacts without",
    "contacts with",
    "above limit, arm moving, of those seen ≥ 300 ms before",
    "stops in quiet misses",
    "stop p50 / max",
    "way max",
  ];
  const lines = rows.map((row) => [
    row.family,
    row.runs,
    row.stopped,
    row.touchedWithout,
    row.touchedWith,
    `${row.harmed} of ${row.inTime}`,
    row.quiet === 0 ? "–" : `${row.falseStops} of ${row.quiet}`,
    `${Math.round(row.stopMsP50)} / ${Math.round(row.stopMsMax)} ms`,
    `${row.stopMmMax} mm`,
  ]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What the quiet misses prove about false stops. */
export function boundOf(rows: readonly FamilyRow[]): string {
  const { quiet, falseStops } = rows.at(-1)!;
  if (quiet === 0) return "No quiet miss was run: nothing is known about false stops.";
  const most = (100 * shareUpperBound(falseStops, quiet)).toFixed(1);
  return `Stopped for nothing: ${falseStops} of ${quiet} quiet misses; with 95 % confidence at most ${most} % of them.`;
}
