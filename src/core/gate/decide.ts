import { type Code, GATE_GREEN_THRESHOLD, GATE_YELLOW_THRESHOLD } from "../domain/index.ts";
import { type Refusal, refusal } from "./refusal.ts";

export const VERDICTS = ["RED", "YELLOW", "GREEN"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Something that holds the verdict down, whatever the score is. */
export interface Ceiling {
  readonly atMost: Verdict;
  readonly code: Code;
  readonly detail: string;
  /** true: no person may lift it */
  readonly hard: boolean;
}
export interface Decision {
  readonly verdict: Verdict;
  readonly code: Code;
  readonly reason: string;
  /** true: a hard rule; nobody can approve it */
  readonly hard: boolean;
}

/** Without a score there is no way but down: the zero value of a decision is RED. */
export const NO_DECISION: Decision = {
  verdict: "RED",
  code: "CONFIDENCE_LOW",
  reason: "not judged",
  hard: true,
};

export const hardCeiling = (why: Refusal): Ceiling => ({
  atMost: "RED",
  code: why.code,
  detail: why.detail,
  hard: true,
});
export const softCeiling = (atMost: Verdict, code: Code, detail: string): Ceiling => ({
  atMost,
  code,
  detail: refusal(code, detail).detail,
  hard: false,
});

const rank = (verdict: Verdict): number => VERDICTS.indexOf(verdict);

/** The score proposes, the ceilings dispose: a hard one first, then the lowest, then the score. */
export function decide(score: number, ceilings: readonly Ceiling[]): Decision {
  const byScore: Verdict =
    score >= GATE_GREEN_THRESHOLD ? "GREEN" : score >= GATE_YELLOW_THRESHOLD ? "YELLOW" : "RED";
  let lowest: Ceiling | null = null;
  for (const ceiling of ceilings)
    if (
      lowest === null ||
      rank(ceiling.atMost) < rank(lowest.atMost) ||
      (ceiling.hard && !lowest.hard && ceiling.atMost === lowest.atMost)
    )
      lowest = ceiling;
  if (lowest !== null && (lowest.hard || rank(lowest.atMost) < rank(byScore)))
    return {
      verdict: lowest.hard ? "RED" : lowest.atMost,
      code: lowest.code,
      reason: lowest.detail,
      hard: lowest.hard,
    };
  if (byScore === "RED") {
    const reason =
      lowest !== null && lowest.atMost === "RED"
        ? lowest.detail
        : `confidence_score ${round(score)} < ${GATE_YELLOW_THRESHOLD}`;
    return {
      verdict: "RED",
      code: lowest !== null && lowest.atMost === "RED" ? lowest.code : "CONFIDENCE_LOW",
      reason,
      hard: false,
    };
  }
  return {
    verdict: byScore,
    code: byScore === "GREEN" ? "VERDICT_GREEN" : "VERDICT_YELLOW",
    reason: `confidence_score ${round(score)}`,
    hard: false,
  };
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
