import type { Clears, Role, Severity } from "../severity.ts";

/** One row of the public table of codes: what happened, how bad, how it ends and who may end it. */
export interface CodeEntry {
  readonly severity: Severity;
  /** a few words for the status line */
  readonly title: string;
  /** what happened, for a person who has never read the code */
  readonly meaning: string;
  /** what to do about it */
  readonly remedy: string;
  readonly clears: Clears;
  /** who may clear it once its condition is gone; null: it clears by itself */
  readonly clearedBy: Role | null;
}
export type CodeTable = Readonly<Record<string, CodeEntry>>;
