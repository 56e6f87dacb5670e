import type { CodeTable } from "./code.ts";

/** Codes that the control part of the node gives. */
export const CONTROL_CODES = {} as const satisfies CodeTable;
