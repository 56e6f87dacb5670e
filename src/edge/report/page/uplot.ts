// The chart library stands before the page's scripts as a global; its types come from its package.
import type UPlot from "uplot";

declare const uPlot: typeof UPlot;
export type Plot = UPlot;
export type Options = UPlot.Options;
/** asked for late, so that a module can be loaded where no chart is drawn */
export const plotLibrary = (): typeof UPlot => uPlot;

/** the axes that all charts share */
export const axisOf = (ink: string, rule: string): UPlot.Axis => ({
  stroke: ink,
  grid: { stroke: rule, width: 1 },
  ticks: { stroke: rule, width: 1, size: 4 },
  font: "11.5px system-ui, sans-serif",
});
