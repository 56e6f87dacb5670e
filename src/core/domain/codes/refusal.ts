import type { CodeEntry } from "./code.ts";

/** A reason for which one action is refused; the cell itself stays as it is. */
export const refusal = (title: string, meaning: string, remedy: string): CodeEntry => ({
  severity: "none",
  title,
  meaning,
  remedy,
  clears: "condition",
  clearedBy: null,
});
