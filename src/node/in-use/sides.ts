import type { CandidateKind } from "../../core/promotion/index.ts";

/** What a thread needs to measure: texts, not objects, so that each side parses what was frozen. */
export interface SidesText {
  readonly kind: CandidateKind;
  /** the cell as it is in use, as text that keeps its order */
  readonly deployment: string;
  /** files that the deployment names, by name */
  readonly files: Readonly<Record<string, string>>;
  /** the head in use; null: the cell has none */
  readonly head: string | null;
  /** null: nothing of this kind is in use but what the deployment itself says */
  readonly baseline: string | null;
  readonly candidate: string;
}
/** Under this name a deployment in use knows its head, wherever it came from. */
export const HEAD_FILE = "head in use";
