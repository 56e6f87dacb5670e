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
  /** share of the newest questions that are this one */
  readonly proof: number;
  readonly looping: boolean;
  /** halted for the rest of the run */
  readonly halted: boolean;
}
/**
 * Counts the questions of one proposer that were asked and not answered by an action that ended well. Only
 * the cell says that one ended well, or time passes; the proposer has no way to make it forget.
 */
export interface LoopDetector {
  ask(questions: readonly string[], t: Micros): LoopFinding;
  /** the action that asked these has ended well */
  answered(questions: readonly string[]): void;
  readonly halted: number;
}

export function createLoopDetector(windowUs: number): LoopDetector {
  const counts = createBoundedMap<string, { repeats: number; at: number }>(
    MAX_REMEMBERED_QUESTIONS,
    "least-used",
  );
  // a full table of halted questions refuses to forget: from then on every loop counts as halted
  const halted = createBoundedMap<string, true>(MAX_HALTED_QUESTIONS, "refuse");
  const newest: string[] = [];

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
      const same = newest.filter((q) => q === worst.question).length;
      return {
        ...worst,
        proof: newest.length === 0 ? 0 : same / newest.length,
        looping: worst.repeats >= CONVERGENCE_LOOP_THRESHOLD || stopped,
        halted: stopped,
      };
    },
    answered(questions) {
      for (const question of questions) if (!halted.has(question)) counts.delete(question);
    },
    get halted() {
      return halted.size;
    },
  };
}
