export type {
  Band,
  Card,
  Cell,
  Line,
  Mark,
  Plot,
  Report,
  Table,
  TimeChart,
  Timeline,
  Tone,
} from "./model.ts";
export { readReport, renderReport, renderServedReport, reportScript, reportStyle } from "./render-report.ts";
