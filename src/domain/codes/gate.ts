import type { CodeTable } from "./code.ts";

/** Codes that the gate part of the node gives. */
export const GATE_CODES = {} as const satisfies CodeTable;
