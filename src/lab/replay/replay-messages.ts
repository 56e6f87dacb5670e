import type { Result } from "../../core/base/result.ts";
import type { ReplayResult } from "./result.ts";
import type { ReplayTask } from "./replay-one.ts";

/** What a replay thread is asked and what it says. */
export interface ToReplay {
  readonly task: ReplayTask;
}
export type FromReplay =
  | { readonly kind: "progress"; readonly done: number; readonly total: number; readonly messages: number }
  | { readonly kind: "result"; readonly result: Result<ReplayResult, string> };
