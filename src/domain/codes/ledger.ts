import type { CodeTable } from "./code.ts";

/** Codes that the ledger part of the node gives. */
export const LEDGER_CODES = {} as const satisfies CodeTable;
