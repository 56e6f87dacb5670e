/** Work on recordings and candidates, beside a running node: read, replay, train, promote. */
export { openBag } from "../edge/recordings/index.ts";
export { readTape, type Tape, type TapeMeta } from "../edge/recordings/tape/index.ts";
export {
  type FieldRecordings,
  fieldRecordings,
  type PromotionRequest,
  type PromotionResult,
  promoteCandidate,
} from "./promotion/index.ts";
export {
  diffReplays,
  type Inspection,
  inspectBag,
  PLAIN_REPLAY,
  proposeDeployment,
  recoverBag,
  type ReplayDiff,
  replayOne,
  type ReplayResult,
  type ReplayTask,
  reportOfReplay,
  runJobs,
} from "./replay/index.ts";
export {
  collectBag,
  collectTape,
  evaluateHead,
  type Evaluation,
  featureTable,
  type HeadRequest,
  importOnnx,
  modelCard,
  readCsv,
  readHeadFile,
  trainHead,
  writeHeadFile,
} from "./training/index.ts";
