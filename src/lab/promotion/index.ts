export { type FieldRecordings, fieldRecordings, rememberField } from "./field-recordings.ts";
export { type PromotionRequest, type PromotionResult, promoteCandidate } from "./promote.ts";
export { metricsOf, reportOf, worstRecordingOf } from "./promotion-report.ts";
export { type BatteryRun, runBattery } from "./run-battery.ts";
export { planTasks, type Task } from "./task.ts";
