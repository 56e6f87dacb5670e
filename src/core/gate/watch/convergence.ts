import { createBoundedMap } from "../../base/bounded-map.ts";
import {
  CONVERGENCE_HALT_REPEATS,
  CONVERGENCE_LOOP_THRESHOLD,
  CONVERGENCE_WINDOW,
  MAX_HALTED_QUESTIONS,
  MAX_REMEMBERED_QUESTIONS,
  type Micros,
} from "../../domain/index.ts";

/** What the detector says about the questions of one proposal. */
export interface LoopFinding {
  /** the question that was asked most often */
  readonly question: string;
  readonly repeats: number;
  /** repetitions as a share of the newest questions; 0 for a question that was not asked before */
  readonly proof: number;
  readonly looping: boolean;
  /** halted until a person lifts it */
  readonly halted: boolean;
}
/**
 * Counts the questions of one proposer that the judgement answered and that no action ended well. Only the cell
 * says that one ended well, a person lifts a halt, or time passes; the proposer has no way to make it forget.
 */
export interface LoopDetector {
  ask(questions: readonly string[], t: Micros): LoopFinding;
  /** one of these questions is halted; asking this counts nothing */
  isHalted(questions: readonly string[]): boolean;
  /** the action that asked these has ended well */
  answered(questions: readonly string[]): void;
  /** a person looked: every halted question may be asked again; gives those that were halted */
  lift(): readonly string[];
  readonly halted: number;
}

export function createLoopDetector(windowUs: number): LoopDetector {
  const counts = createBoundedMap<string, { repeats: number; at: number }>(
    MAX_REMEMBERED_QUESTIONS,
    "least-used",
  );
  // a full table of halted questions refuses to forget: from then on every loop counts as halted
  let halted = emptyHalts();
  let newest: string[] = [];

  const count = (question: string, t: number): number => {
    const known = counts.get(question);
    const repeats = known === undefined || t - known.at > windowUs ? 1 : known.repeats + 1;
    counts.set(question, { repeats, at: t });
    newest.push(question);
    if (newest.length > CONVERGENCE_WINDOW) newest.shift();
    return repeats;
  };
  return {
    ask(questions, t) {
      let worst = { question: questions[0] ?? "", repeats: 0 };
      let stopped = false;
      for (const question of questions) {
        const repeats = count(question, t);
        if (repeats > worst.repeats) worst = { question, repeats };
        if (repeats >= CONVERGENCE_HALT_REPEATS) halted.set(question, true);
        if (halted.has(question) || repeats >= CONVERGENCE_HALT_REPEATS) stopped = true;
      }
      return {
        ...worst,
        proof: worst.repeats > 1 ? proofOf(worst.question, newest) : 0,
        looping: worst.repeats >= CONVERGENCE_LOOP_THRESHOLD || stopped,
        halted: stopped,
      };
    },
    isHalted: (questions) => questions.some((question) => halted.has(question)),
    answered(questions) {
      const open = questions.filter((question) => !halted.has(question));
      for (const question of open) counts.delete(question);
      newest = newest.filter((question) => !open.includes(question));
    },
    lift() {
      const lifted = [...halted.keys()];
      for (const question of lifted) counts.delete(question);
      newest = newest.filter((question) => !halted.has(question));
      halted = emptyHalts();
      return lifted;
    },
    get halted() {
      return halted.size;
    },
  };
}
const emptyHalts = () => createBoundedMap<string, true>(MAX_HALTED_QUESTIONS, "refuse");

/** Too few questions prove nothing: fewer than make a loop count as that many. */
function proofOf(question: string, newest: readonly string[]): number {
  const same = newest.filter((q) => q === question).length;
  return Math.max(0, same - 1) / (Math.max(newest.length, CONVERGENCE_LOOP_THRESHOLD) - 1);
}
