import type { CodeTable } from "./code.ts";

/** Codes that the promotion part of the node gives. */
export const PROMOTION_CODES = {} as const satisfies CodeTable;
