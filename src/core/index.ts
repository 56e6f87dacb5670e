/**
 * What is decided, and nothing else: no clock, no disk, no network, no Node. Make a cell with `cellOf`, give it events
 * with `createIngest` or whole tapes with `replayEvents`; the same events give the same effects, byte for byte.
 */
export {
  type Cell,
  type CellParts,
  type CellSetting,
  cellOf,
  createCell,
  createIngest,
  type Ingest,
  type IngestSink,
  isBlocked,
  replayEvents,
  type RunningHash,
} from "./cell/index.ts";
export { createPipeline } from "./cell/pipeline/index.ts";
export {
  type CellEvent,
  type CellState,
  CODES,
  type Code,
  type CodeEntry,
  codeEntry,
  type Deployment,
  deploymentSchema,
  type Effect,
  type ExtensionCode,
  type Micros,
  type OwnCode,
  PROPOSAL_SCHEMA,
  type Proposal,
  QUANTITIES,
  type Quantity,
  type Receipt,
  type ReceiptBody,
  receiptEnvelope,
  type Sample,
  SEVERITIES,
  type Severity,
} from "./domain/index.ts";
export {
  createFeatureBank,
  FEATURE_FAMILIES,
  type FeatureBank,
  type FeatureFamily,
} from "./features/index.ts";
export { type Guests, JUDGES, type Rule, type RuleFactory, RULES } from "./reflex/index.ts";
export { createKinematics, type Kinematics, readKinematics } from "./robot/index.ts";
