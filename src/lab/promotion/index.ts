export { type Disk, realDisk } from "../../node/in-use/disk.ts";
export {
  type Artefact,
  ArtefactStore,
  BUILT_IN,
  type HistoryEntry,
  type Note,
} from "../../node/in-use/store.ts";
export { withSection } from "../../node/in-use/section.ts";
export { type FieldRecordings, fieldRecordings, rememberField } from "./field-recordings.ts";
export { type PromotionRequest, type PromotionResult, promoteCandidate } from "./promote.ts";
export { pastAtStart, pastOf } from "../../node/in-use/past-receipts.ts";
export { metricsOf, reportOf, worstRecordingOf } from "./promotion-report.ts";
export { type BatteryRun, runBattery } from "./run-battery.ts";
export { HEAD_FILE, planTasks, type SidesText, type Task } from "./task.ts";
export {
  type InUse,
  inUse,
  openStore,
  ownInUse,
  rollbackReceipts,
  sidesOf,
} from "../../node/in-use/in-use.ts";
export { createNodeShadow, type NodeShadow } from "../../node/in-use/shadow/node-shadow.ts";
export { createShadowFeed, type ShadowStatus } from "../../node/in-use/shadow/shadow-feed.ts";
export { readShadowReports } from "../../node/in-use/shadow/shadow-file.ts";
export type { ShadowReport } from "../../node/in-use/shadow/shadow-words.ts";
export { disagreementWords, reportOfShadow } from "../../node/in-use/shadow/shadow-report.ts";
export { createLiveWatch, type LiveWatch } from "../../node/in-use/live-watch.ts";
export { type NodePromotion, openNodePromotion } from "../../node/in-use/node-promotion.ts";
export { kindOfCandidate } from "../../node/in-use/kind-of.ts";
