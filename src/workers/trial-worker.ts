import { parentPort } from "node:worker_threads";
import { createTrialBatch, isTrialProblem } from "../gate/index.ts";
import { runHelp } from "./help.ts";
import { CONTROL, type FromWorker, type ToWorker } from "./messages.ts";
import { warmUp } from "./warm-up.ts";

/** The thread on which trials run. It keeps nothing between two jobs. */
const port = parentPort;
if (port === null) throw new Error("this file runs as a worker thread");
const tell = (message: FromWorker): void => port.postMessage(message);

type Trials = Extract<ToWorker, { kind: "trials" }>;

function runTrialJob({ job, request, slots, control }: Trials): void {
  if (!isTrialProblem(request.problem)) return tell({ kind: "refused", job, detail: "not a trial problem" });
  const batch = createTrialBatch(request);
  const row = new Float64Array(slots);
  const flags = new Int32Array(control);
  for (let i = 0; i < request.sims; i++) {
    if (Atomics.load(flags, CONTROL.cancelled) === 1) break;
    batch.run(i, row);
    Atomics.store(flags, CONTROL.finished, i + 1);
  }
  tell({ kind: "done", job });
}

async function help(job: number, task: unknown): Promise<void> {
  tell({ kind: "finding", job, finding: await runHelp(task, true) });
}

port.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "trials":
      return runTrialJob(message);
    case "help":
      return void help(message.job, message.task);
    case "ping":
      return tell({ kind: "pong", job: message.job });
  }
});
warmUp();
tell({ kind: "ready" });
