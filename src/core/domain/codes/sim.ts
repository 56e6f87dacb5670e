import type { CodeTable } from "./code.ts";

/** Codes that the sim part of the node gives. */
export const SIM_CODES = {} as const satisfies CodeTable;
