import { type HelperFinding, type HelperTask, runHelperTask } from "../gate/index.ts";
import { runSandbox } from "./sandbox.ts";

/** Does a helper's work; whatever goes wrong in it is a finding like any other. */
export async function runHelp(task: unknown): Promise<HelperFinding> {
  if (typeof task !== "object" || task === null) return { kind: "failed", detail: "not a task" };
  const known = task as HelperTask;
  try {
    switch (known.kind) {
      case "deep":
      case "cross":
      case "variant":
        return runHelperTask(known);
      case "sandbox":
        return await runSandbox(known);
      default:
        return { kind: "failed", detail: "unknown task" };
    }
  } catch (error) {
    return { kind: "failed", detail: error instanceof Error ? error.message.slice(0, 300) : "threw" };
  }
}
