import type { CodeTable } from "./code.ts";

/** Codes that the reflex part of the node gives. */
export const REFLEX_CODES = {} as const satisfies CodeTable;
