import type { TrialRequest } from "../domain/index.ts";

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
/** What it tells. Results of trials lie in the shared slots. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly job: number }
  | { readonly kind: "refused"; readonly job: number; readonly detail: string }
  | { readonly kind: "finding"; readonly job: number; readonly finding: unknown }
  | { readonly kind: "pong"; readonly job: number };

/** Places in the shared control row. */
export const CONTROL = { finished: 0, cancelled: 1 } as const;
export const CONTROL_BYTES = 8;
