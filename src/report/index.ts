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
export { renderReport } from "./render-report.ts";
