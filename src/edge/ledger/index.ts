export {
  type BrowseFilter,
  hasLedger,
  type LedgerOverview,
  ledgerOverview,
  newestReceipts,
  readReceipts,
  receiptsApart,
  receiptsNaming,
  type StoredReceipt,
} from "./browse.ts";
export { promotedByLedger, stageByLedger } from "./kept-state.ts";
export { openSignedRequests } from "./signed-requests.ts";
export { openStageFile, type StageFile } from "./stage-file.ts";
export { stateKey } from "./state-key.ts";
export { newestKey, rotateKey } from "./keys.ts";
export type { AnchorStatus, Ledger, LedgerOptions, LedgerStats, Recovered } from "./ledger.ts";
export { type MemoryLedger, type MemoryLedgerOptions, openMemoryLedger } from "./memory.ts";
export { openLedger } from "./open.ts";
export { type CheckedProof, checkProof, ledgerKeyText, type Proof, proveReceipt } from "./prove.ts";
export { unavailableLedger } from "./unavailable.ts";
export { hasWriter } from "./writer-lock.ts";
export { readAnchors, type VerifyOptions, type VerifyReport, verifyLedger } from "./verify.ts";
