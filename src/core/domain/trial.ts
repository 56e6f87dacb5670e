import type { ActionId } from "./ids.ts";

/** What the trial workers are asked: everything they need, frozen; nothing they would have to look up. */
export interface TrialRequest {
  readonly requestId: number;
  readonly actionId: ActionId;
  /** seed of the batch; trial i uses split(i) */
  readonly seed: number;
  readonly sims: number;
  readonly noise: number;
  /** longest time the batch may take before it counts as late (milliseconds) */
  readonly budgetMs: number;
  /** plain data: the action, the snapshot, the robot and the limits; its shape belongs to gate/monte-carlo */
  readonly problem: unknown;
}

/** What came back. Lateness and failure are outcomes like any other: they are on the tape. */
export type TrialOutcome =
  | { readonly kind: "done"; readonly summary: TrialSummary }
  | { readonly kind: "late"; readonly summary: TrialSummary | null }
  | {
      readonly kind: "failed";
      readonly reason: "crash" | "overflow" | "memory" | "refused";
      readonly detail: string;
    };

export interface TrialSummary {
  /** trials that finished */
  readonly n: number;
  /** trials in which no limit was broken */
  readonly safe: number;
  readonly meanOutcome: number;
  readonly variance: number;
  /** smallest margins over all trials */
  readonly minSeparationM: number;
  readonly maxForceN: number;
  readonly maxEnergy: number;
  /** worst trial: its index and what broke */
  readonly worstTrial: number;
  readonly worstCause: string;
  /** outcome of each trial in [−1, 1]: its smallest margin, negative when a limit broke; slot i = trial i */
  readonly outcomes: readonly number[];
}
