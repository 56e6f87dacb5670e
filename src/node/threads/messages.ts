import type { TrialRequest } from "../../core/domain/index.ts";

/** What the trial thread is told. */
export type ToWorker =
  | {
      readonly kind: "trials";
      readonly job: number;
      readonly request: TrialRequest;
      readonly slots: SharedArrayBuffer;
      readonly control: SharedArrayBuffer;
    }
  | { readonly kind: "help"; readonly job: number; readonly task: unknown }
  | { readonly kind: "ping"; readonly job: number };
/** What it tells. Results of trials lie in the shared slots; "done" = nothing is left to take. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly job: number }
  | { readonly kind: "refused"; readonly job: number; readonly detail: string }
  | { readonly kind: "finding"; readonly job: number; readonly finding: unknown }
  | { readonly kind: "pong"; readonly job: number };

/** Trials that a thread takes at a time: few enough that the threads of a batch end together. */
export const CHUNK_TRIALS = 5;
/** Places in the shared control row: the next chunk to take, whether to stop, and one flag per finished chunk. */
export const CONTROL = { next: 0, cancelled: 1, finished: 2 } as const;
