export { collectBag, type NamedEvent, type RecordingRead, sha256OfPath } from "./bag-table.ts";
export { type Csv, flagOf, numberOf, parseCsv, readCsv, secondsOf } from "./csv.ts";
export { type CsvRoles, featureTable, readingRows, type TableRows } from "./csv-tables.ts";
export { evaluateHead, type Evaluation, type EvaluationSetting } from "./evaluate-head.ts";
export { type Figure, type Figures, figureText } from "./figures.ts";
export { reportOfEvaluation } from "./evaluation-report.ts";
export {
  type CollectorSetting,
  FRAME_PERIOD_US,
  FrameCollector,
  RECOVERY_US,
  SETTLE_US,
} from "./frame-collector.ts";
export { collectTape } from "./tape-table.ts";
export type { LabelledTable } from "./growing-table.ts";
export { readHeadFile, writeHeadFile } from "./head-file.ts";
export { type ImportRequest, importOnnx } from "./import-onnx.ts";
export { modelCard, notEvaluated } from "./model-card.ts";
export { parseOnnx } from "./onnx.ts";
export {
  collectRun,
  countRuns,
  drawRuns,
  type SimulatedRun,
  type SimulatedSetting,
} from "./simulated-data.ts";
export { type DataItem, type HeadProgress, type HeadRequest, trainHead } from "./train-head.ts";
export { splitTable } from "./split-table.ts";
export { settingFor } from "./training-setting.ts";
