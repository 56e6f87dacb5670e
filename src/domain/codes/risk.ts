import type { CodeTable } from "./code.ts";

/** Codes that the risk part of the node gives. */
export const RISK_CODES = {} as const satisfies CodeTable;
