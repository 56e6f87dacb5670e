import type { CodeTable } from "./code.ts";

/** Codes that the bag part of the node gives. */
export const BAG_CODES = {} as const satisfies CodeTable;
