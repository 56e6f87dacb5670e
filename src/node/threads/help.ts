import { cut } from "../../core/base/text.ts";
import { type HelperFinding, type HelperTask, runHelperTask } from "../../core/gate/index.ts";

/**
 * Does a helper's work; whatever goes wrong in it is a finding like any other. `timed` false: no clock is
 * looked at, so that simulated time gives the same finding on a busy machine.
 */
export async function runHelp(task: unknown, timed: boolean): Promise<HelperFinding> {
  if (typeof task !== "object" || task === null) return { kind: "failed", detail: "not a task" };
  const known = task as HelperTask;
  try {
    switch (known.kind) {
      case "deep":
      case "cross":
      case "variant":
        return runHelperTask(known);
      case "sandbox":
        // the simulator is large: a thread loads it when it is first needed
        return await (await import("./sandbox.ts")).runSandbox(known, timed);
      default:
        return { kind: "failed", detail: "unknown task" };
    }
  } catch (error) {
    return { kind: "failed", detail: error instanceof Error ? cut(error.message, 300) : "threw" };
  }
}
