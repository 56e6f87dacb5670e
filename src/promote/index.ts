export { type Disk, realDisk } from "./disk.ts";
export { type Artefact, ArtefactStore, BUILT_IN, type HistoryEntry, type Note } from "./store.ts";
export { createLocator, graphOfDeployment, thisMachine } from "./deployment-graph.ts";
export { graphOfPlan } from "./plan-graph.ts";
export { graphOfSnapshot, mqttMatches, readSnapshot, type WireSnapshot } from "./wire-graph.ts";
export { type PromotionRequest, type PromotionResult, promoteCandidate } from "./promote.ts";
export { reportOf } from "./promotion-report.ts";
export { type BatteryRun, runBattery } from "./run-battery.ts";
export { planTasks, type SidesText, type Task } from "./task.ts";
