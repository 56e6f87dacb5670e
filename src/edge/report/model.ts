import type { Film } from "./scene.ts";

/** A report as data: what a replay, an evaluation or a promotion wants to show. */
export interface Report {
  readonly title: string;
  readonly subtitle: string;
  /** one word that says how it went, with its colour */
  readonly verdict: { readonly text: string; readonly tone: Tone } | null;
  readonly cards: readonly Card[];
  /** stacked charts over one time axis */
  readonly timeline: Timeline | null;
  /** the cell from above at moments of the same time axis; absent: nothing of it is known */
  readonly film?: Film;
  /** charts with an axis of their own */
  readonly plots: readonly Plot[];
  /** points with intervals in both directions, joined in their order */
  readonly curves?: readonly Curve[];
  readonly tables: readonly Table[];
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly notes: readonly string[];
}
export type Tone = "good" | "warn" | "bad" | "plain";
export interface Card {
  readonly title: string;
  readonly value: string;
  readonly detail: string;
  readonly tone: Tone;
}
export interface Timeline {
  readonly spanS: number;
  readonly charts: readonly TimeChart[];
  /** what the cell was in, drawn as a coloured band above all charts and shaded through them */
  readonly bands: readonly Band[];
  /** stretches that are shaded in another way: hazards, labels */
  readonly shades: readonly { readonly fromS: number; readonly toS: number; readonly text: string }[];
  readonly marks: readonly Mark[];
}
export interface TimeChart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly limits: readonly { readonly value: number; readonly text: string }[];
}
/** A line as the span between smallest and largest value of each column. */
export interface Line {
  readonly name: string;
  readonly timesS: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}
export interface Band {
  readonly fromS: number;
  readonly toS: number;
  readonly text: string;
  readonly tone: Tone;
}
export interface Mark {
  readonly atS: number;
  readonly text: string;
  readonly tone: Tone;
}
export interface Plot {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly lines: readonly {
    readonly name: string;
    readonly x: readonly number[];
    readonly y: readonly number[];
    readonly points?: boolean;
  }[];
}
export interface Curve {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly yFrom: number;
  readonly yTo: number;
  readonly points: readonly CurvePoint[];
  /** points that stand by themselves, to compare with */
  readonly beside: readonly CurvePoint[];
}
export interface CurvePoint {
  readonly label: string;
  readonly tone: Tone;
  readonly x: number;
  readonly xLow: number;
  readonly xHigh: number;
  readonly y: number;
  readonly yLow: number;
  readonly yHigh: number;
}
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** said instead of an empty table */
  readonly empty: string;
}
export type Cell =
  | string
  | { readonly text: string; readonly tone?: Tone; readonly atS?: number; readonly href?: string };
