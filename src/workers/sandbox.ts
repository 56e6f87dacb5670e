import type { SandboxFinding, SandboxTask } from "../gate/index.ts";

export async function runSandbox(task: SandboxTask): Promise<SandboxFinding> {
  return {
    kind: "sandbox",
    safe: false,
    runs: 0,
    nearestM: 0,
    peakForceN: 0,
    detail: `no simulator (${task.runs} runs)`,
  };
}
