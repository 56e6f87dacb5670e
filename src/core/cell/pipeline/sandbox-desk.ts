import { type HelperEvent, type Micros, msToMicros } from "../../domain/index.ts";
import { readFinding, type SandboxTask } from "../../gate/index.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction } from "./open-action.ts";

const SANDBOX_RUNS = 8;
/** A simulator that says nothing any more counts as failed. */
const SILENCE_MARGIN_MS = 500;

/** A high-risk plan runs in the embedded simulator, whole, before it may be more than RED. */
export function askSandbox(action: OpenAction, desk: Desk): void {
  const { budgetMs } = desk.gate.sandbox;
  action.state = "sandbox";
  action.deadline = (desk.now() + msToMicros(budgetMs + SILENCE_MARGIN_MS)) as Micros;
  const task: SandboxTask = {
    kind: "sandbox",
    seed: action.trialSeed,
    budgetMs,
    runs: SANDBOX_RUNS,
    problem: action.judged.problem,
    dynamics: desk.host.kinematics.dynamics,
  };
  desk.host.emit({ kind: "helper", helperId: desk.nextHelper++, actionId: action.id, task });
}

export function onSandbox(action: OpenAction, event: HelperEvent, desk: Desk): void {
  const finding = readFinding(event.finding);
  if (finding.kind !== "sandbox")
    action.sandbox = {
      ok: false,
      code: finding.kind === "failed" && finding.noModel === true ? "SANDBOX_NO_MODEL" : "SANDBOX_FAILED",
      detail: finding.kind === "failed" ? finding.detail : "no answer of the simulator",
    };
  else
    action.sandbox = finding.safe
      ? { ok: true, code: null, detail: finding.detail }
      : { ok: false, code: "SANDBOX_UNSAFE", detail: finding.detail };
  desk.flow.conclude(action);
}

export function onSandboxSilence(action: OpenAction, desk: Desk): void {
  action.sandbox = { ok: false, code: "SANDBOX_FAILED", detail: "the simulator did not answer in time" };
  desk.flow.conclude(action);
}
