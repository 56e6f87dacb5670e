import type { CodeTable } from "./code.ts";

/** Codes that the wire part of the node gives. */
export const WIRE_CODES = {} as const satisfies CodeTable;
