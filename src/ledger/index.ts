export type { AnchorStatus, Ledger, LedgerOptions, LedgerStats, Recovered } from "./ledger.ts";
