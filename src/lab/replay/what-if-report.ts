import type { Cell, Curve, Report } from "../../edge/report/index.ts";
import { minutesText } from "./price-words.ts";
import type { Interval, WhatIf, WhatIfPoint } from "./what-if.ts";

const short = (value: number): string => String(Number(value.toPrecision(3)));
export const rateText = (rate: Interval | null): string =>
  rate === null ? "never free" : `${short(rate.value)} (${short(rate.low)} – ${short(rate.high)})`;
export const foundText = ({ found, events, foundShare }: WhatIfPoint): string =>
  foundShare === null
    ? "no event"
    : `${found} of ${events} (${short(100 * foundShare.low)} – ${short(100 * foundShare.high)} %)`;
const EVENTS = {
  labels: "Events are the labelled ones.",
  readings:
    "Nobody labelled these recordings. Events are the stretches in which, with the deployment as it is, a reading came near to harm or passed a limit.",
  both: "Events are the labelled ones where there are labels, and elsewhere the stretches in which a reading came near to harm or passed a limit of the deployment as it is.",
} as const;

/** What settings of a deployment would have found and cost, as a page. */
export function whatIfReport(result: WhatIf, title: string): Report {
  const { base, points } = result;
  const all = [base, ...points];
  const troubles = [...new Set(all.flatMap((p) => p.troubles))];
  return {
    title,
    subtitle: `${base.recordings} recordings, ${(base.freeUs / 3_600e6).toFixed(2)} h in which the cell could move`,
    verdict:
      troubles.length > 0
        ? { text: "some recordings could not be replayed", tone: "bad" }
        : base.judged < base.recordings
          ? { text: `${base.recordings - base.judged} of ${base.recordings} not judged`, tone: "bad" }
          : null,
    cards: [
      { title: "as it is: found", value: foundText(base), detail: "95 % interval", tone: "plain" },
      {
        title: "as it is: false stops per hour",
        value: base.falsePerHour === null ? "–" : short(base.falsePerHour.value),
        detail: rateText(base.falsePerHour),
        tone: base.falseStops > 0 ? "warn" : "good",
      },
      { title: "as it is: lost in stops", value: minutesText(base.lostUs), detail: "", tone: "plain" },
    ],
    timeline: null,
    plots: [],
    curves: curvesOf(result),
    tables: [
      {
        title: "Settings",
        head: [
          "Setting",
          "Found (95 %)",
          "Stops",
          "False stops",
          "False stops per hour (95 %)",
          "Lost",
          "Judged",
        ],
        rows: all.map(rowOf),
        empty: "",
      },
    ],
    facts: [],
    notes: [
      EVENTS[result.eventsFrom],
      "A false stop is one that no event follows within 5 s or precedes by less than 1 s. Hours are those in which the cell could move. The recordings went their own way: nobody in them reacts to a stop that did not happen.",
      "Intervals take events and stops as independent. Several from one recording are less so; then the truth is wider.",
      ...troubles,
    ],
  };
}
const rowOf = (p: WhatIfPoint): Cell[] => [
  p.label,
  foundText(p),
  String(p.stops),
  { text: String(p.falseStops), tone: p.falseStops > 0 ? "warn" : "good" },
  rateText(p.falsePerHour),
  minutesText(p.lostUs),
  { text: `${p.judged} of ${p.recordings}`, tone: p.judged < p.recordings ? "bad" : "plain" },
];

function curvesOf({ base, points }: WhatIf): Curve[] {
  const drawn = (p: WhatIfPoint, label: string, tone: "plain" | "good"): Curve["points"] =>
    p.falsePerHour === null || p.foundShare === null
      ? []
      : [
          {
            label,
            tone,
            x: p.falsePerHour.value,
            xLow: p.falsePerHour.low,
            xHigh: p.falsePerHour.high,
            y: 100 * p.foundShare.value,
            yLow: 100 * p.foundShare.low,
            yHigh: 100 * p.foundShare.high,
          },
        ];
  const line = points.flatMap((p) => drawn(p, String(p.changes.at(-1)?.value ?? ""), "plain"));
  if (line.length === 0) return [];
  return [
    {
      title: `Found against false stops, for each value of ${points[0]!.changes.at(-1)!.path.join(".")}`,
      xTitle: "false stops per hour of free motion",
      yTitle: "events found, %",
      yFrom: 0,
      yTo: 100,
      points: line,
      beside: drawn(base, "as it is", "good"),
    },
  ];
}
