import type { Plot, Report } from "../model.ts";

// What the node's page and reports are both made of.
export { barOf, countsChart, histogram, shareBar } from "./bars.ts";
export {
  cardOf,
  type Children,
  clock,
  el,
  fixed,
  lasting,
  number,
  pairs,
  pill,
  replace,
  rowsIn,
  setText,
  svg,
  swap,
  type Tone,
} from "./dom.ts";
export type { Film, Frame, Hit, PlanPicture, Scene } from "../scene.ts";
export type { Plot, Report };
export { type CellPicture, cellPicture } from "./picture/cell-picture.ts";
export { type LiveChart, liveChart } from "./live-chart.ts";
