import type { Report, Table, Tone } from "../../edge/report/index.ts";
import { type RulePrice, type Stop, sumOf } from "./price.ts";

export const minutesText = (us: number): string =>
  `${(us / 60e6).toFixed(us < 6e6 ? 3 : us < 600e6 ? 2 : 1)} min`;
const nameOf = ({ code, source }: Pick<RulePrice, "code" | "source">): string =>
  source === "" ? code : `${code} ${source}`;
const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** "3 stops, 1.20 min lost, 1 needless, 1 that nobody can tell" */
export function priceLine(prices: readonly RulePrice[]): string {
  const { stops, lostUs, needless, unknown } = sumOf(prices);
  if (stops === 0) return "no stop of a cell that could move";
  return [
    counted(stops, "stop"),
    `${minutesText(lostUs)} lost`,
    `${needless} needless`,
    ...(unknown > 0 ? [`${unknown} that only labels can judge`] : []),
  ].join(", ");
}
/** A line for each rule, aligned. */
export function priceLines(prices: readonly RulePrice[]): string[] {
  const width = Math.max(0, ...prices.map((p) => nameOf(p).length));
  return prices.map(
    (p) =>
      `${nameOf(p).padEnd(width)}  ${counted(p.stops, "stop").padStart(9)}  ${`${minutesText(p.lostUs)} lost`.padStart(16)}  ${p.needed} needed, ${p.needless} needless${p.unknown > 0 ? `, ${p.unknown} unknown` : ""}`,
  );
}
export const priceTable = (prices: readonly RulePrice[]): Table => ({
  title: "What each rule cost",
  head: ["Rule", "What", "Stops", "Time lost", "Needed", "Needless in hindsight", "Only labels can tell"],
  rows: prices.map((p) => [
    nameOf(p),
    p.title,
    String(p.stops),
    minutesText(p.lostUs),
    String(p.needed),
    { text: String(p.needless), tone: (p.needless > 0 ? "warn" : "good") as Tone },
    String(p.unknown),
  ]),
  empty: "No stop of a cell that could move.",
});
const MAX_ROWS = 500;
const TONES = { needed: "good", needless: "warn", unknown: "plain" } as const;
export const stopTable = (stops: readonly Stop[]): Table => ({
  title: "Stops in hindsight",
  head: ["Time", "Rule", "Lost", "In hindsight", "Why"],
  rows: stops
    .slice(0, MAX_ROWS)
    .map((s) => [
      { text: `${(s.tUs / 1e6).toFixed(3)} s`, atS: s.tUs / 1e6 },
      nameOf(s),
      minutesText(s.toUs - s.tUs),
      { text: s.hindsight, tone: TONES[s.hindsight] },
      s.why,
    ]),
  empty: "No stop of a cell that could move.",
});
export function priceCard(prices: readonly RulePrice[]): Report["cards"][number] {
  const { stops, lostUs, needless } = sumOf(prices);
  return {
    title: "lost in stops",
    value: minutesText(lostUs),
    detail: `${counted(stops, "stop")}, ${needless} needless in hindsight`,
    tone: needless > 0 ? "warn" : "plain",
  };
}
