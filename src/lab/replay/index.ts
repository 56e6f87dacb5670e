export { createBareCell } from "./bare-cell.ts";
export type { HazardWindow } from "./hazards.ts";
export { labelsBeside, type OpenRecording, openRecording, openTapeOf } from "./open-recording.ts";
export { runSource } from "./run-source.ts";
export type { SourceDoor } from "./source.ts";
export { diffReplays, type ReplayDiff } from "./diff-replays.ts";
export { type Inspection, inspectBag, type TapeFacts, type TopicFacts } from "./inspect-bag.ts";
export { DEFAULT_KPI_LIMITS, type Kpi, type KpiLimits, kpiText } from "./kpi.ts";
export { proposeDeployment } from "./propose-deployment.ts";
export { recoverBag, type Recovery } from "./recover-bag.ts";
export { PLAIN_REPLAY, replayOne, type ReplayTask } from "./replay-one.ts";
export { reportOfReplay } from "./report-of.ts";
export { diffReport, indexReport, worstFirst } from "./summary-reports.ts";
export type { ReplayResult } from "./result.ts";
export { type JobsProgress, NOT_BEGUN, runJobs } from "./run-jobs.ts";
export { type Mapping, parseMapping } from "./topic-map.ts";
export {
  type Outcome,
  type OutcomeKind,
  OUTCOME_WORDS,
  OUTCOMES,
  outcomeLine,
  outcomeOfMany,
  wasJudged,
} from "./outcome.ts";
export { DEFAULT_NEAR, MarginWatch } from "./margin-watch.ts";
export { eventsFromTable, type LabelledEvent } from "./labelled-events.ts";
export {
  type Happened,
  type Hindsight,
  priceOf,
  priceOfAll,
  type RulePrice,
  type Stop,
  sumOf,
} from "./price.ts";
export { minutesText, priceLine, priceLines, priceTable, stopTable } from "./price-words.ts";
export { type Change, parseChange, parseSweep, type Sweep } from "./changed-settings.ts";
export { recordingsBelow } from "./recordings-below.ts";
export { whatIf, type WhatIf, type WhatIfPoint } from "./what-if.ts";
export { foundText, rateText, whatIfReport } from "./what-if-report.ts";
export { livePrice, type LivePrice } from "./live-price.ts";
