export type {
  Band,
  Card,
  Cell,
  Curve,
  CurvePoint,
  Line,
  Mark,
  Plot,
  Report,
  Table,
  TimeChart,
  Timeline,
  Tone,
} from "./model.ts";
export { type BrowserModule, browserFile, modulesOf, pathInSources } from "./browser-code.ts";
export { Camera, type Pictured, sceneOf, thinnedScene } from "./picture.ts";
export type { Film, Frame, Scene } from "./scene.ts";
export { readReport, renderReport, renderServedReport, reportScript, reportStyle } from "./render-report.ts";
