export { type AnchorSettings, anchorProblems, anchorSettings } from "./anchors/registry.ts";
export type { AnchorStatus, Ledger, LedgerOptions, LedgerStats, Recovered } from "./ledger.ts";
export { type MemoryLedger, type MemoryLedgerOptions, openMemoryLedger } from "./memory.ts";
export { openLedger } from "./open.ts";
