import type { TrialSummary } from "../domain/index.ts";
import type { ArmDynamics, MissingDynamics } from "../robot/index.ts";
import { shareLowerBound } from "../stats/index.ts";
import { type CrossFinding, crossCheck, type CrossRow } from "./cross-check.ts";
import { type DeepFinding, type DeepRequest, deepLook } from "./monte-carlo/deep-look.ts";
import type { TrialProblem } from "./monte-carlo/problem.ts";
import { runTrials } from "./monte-carlo/run-trials.ts";

/** Work that is handed to another thread. Nothing of it can hand on work. */
export type HelperTask =
  | ({ readonly kind: "deep" } & DeepRequest)
  | { readonly kind: "cross"; readonly rows: readonly CrossRow[] }
  | {
      readonly kind: "variant";
      readonly seed: number;
      readonly noise: number;
      readonly sims: number;
      readonly variants: readonly Variant[];
    }
  | SandboxTask;
/** A changed action that might be safer; tried with the same draws as the original. */
export interface Variant {
  readonly name: string;
  readonly args: unknown;
  readonly problem: TrialProblem;
}
/** The whole action in the embedded simulator. */
export interface SandboxTask {
  readonly kind: "sandbox";
  readonly seed: number;
  readonly budgetMs: number;
  readonly runs: number;
  readonly problem: TrialProblem;
  /** what the arm weighs; without it only the demonstration arm is known */
  readonly dynamics: ArmDynamics | MissingDynamics;
}

export type HelperFinding =
  | DeepFinding
  | CrossFinding
  | {
      readonly kind: "variant";
      readonly best: string | null;
      readonly args: unknown;
      readonly tried: readonly TriedVariant[];
    }
  | SandboxFinding
  | {
      readonly kind: "failed";
      readonly detail: string;
      /** true: the simulator has no model of this robot, and trying again cannot help */
      readonly noModel?: boolean;
    };
export interface TriedVariant {
  readonly name: string;
  readonly safe: number;
  readonly n: number;
  readonly shareLower: number;
}
export interface SandboxFinding {
  readonly kind: "sandbox";
  readonly safe: boolean;
  readonly runs: number;
  readonly nearestM: number;
  readonly peakForceN: number;
  readonly detail: string;
}

/** Everything but the sandbox, which needs the simulator and so lives at the edge. */
export function runHelperTask(task: Exclude<HelperTask, SandboxTask>): HelperFinding {
  switch (task.kind) {
    case "deep":
      return deepLook(task);
    case "cross":
      return crossCheck(task.rows);
    case "variant": {
      const tried = task.variants.map((v) =>
        triedVariant(
          v.name,
          runTrials({ ...task, requestId: 0, actionId: "" as never, budgetMs: 0, problem: v.problem }),
        ),
      );
      let best = -1;
      tried.forEach((t, i) => {
        if (t.safe > (best < 0 ? 0 : tried[best]!.safe)) best = i;
      });
      return {
        kind: "variant",
        best: tried[best]?.name ?? null,
        args: task.variants[best]?.args ?? null,
        tried,
      };
    }
  }
}
const triedVariant = (name: string, summary: TrialSummary): TriedVariant => ({
  name,
  safe: summary.safe,
  n: summary.n,
  shareLower: shareLowerBound(summary.safe, summary.n),
});

/** What came back from a thread is looked at before it is believed. */
export function readFinding(value: unknown): HelperFinding {
  const kind = typeof value === "object" && value !== null ? (value as { kind?: unknown }).kind : undefined;
  if (kind === "deep" || kind === "cross" || kind === "variant" || kind === "sandbox" || kind === "failed")
    return value as HelperFinding;
  return { kind: "failed", detail: "the finding could not be read" };
}
