import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { createTrialBatch, isTrialProblem, type TrialBatch } from "../../core/gate/index.ts";
import { runHelp } from "./help.ts";
import { CHUNK_TRIALS, CONTROL, type FromWorker, type ToWorker } from "./messages.ts";
import { warmUp } from "./warm-up.ts";

/** The thread on which trials run. It keeps nothing between two jobs. */
const port = parentPort;
if (port === null) throw new Error("this file runs as a worker thread");
try {
  // process 0 is the calling thread on Linux: a process with a larger share keeps that for the thread that decides
  if (process.platform === "linux") setPriority(0, 0);
} catch {
  // a system that forbids it leaves all threads equal
}
const tell = (message: FromWorker): void => port.postMessage(message);

type Trials = Extract<ToWorker, { kind: "trials" }>;

/** Takes chunks until none is left, or until the batch is told to stop: then a chunk begun is not finished. */
function runTrialJob({ job, request, slots, control }: Trials): void {
  if (!isTrialProblem(request.problem)) return tell({ kind: "refused", job, detail: "not a trial problem" });
  const flags = new Int32Array(control);
  const row = new Float64Array(slots);
  const isCancelled = (): boolean => Atomics.load(flags, CONTROL.cancelled) === 1;
  let batch: TrialBatch | null = null;
  while (!isCancelled()) {
    const chunk = Atomics.add(flags, CONTROL.next, 1);
    const from = chunk * CHUNK_TRIALS;
    if (from >= request.sims) break;
    batch ??= createTrialBatch(request);
    const to = Math.min(request.sims, from + CHUNK_TRIALS);
    let i = from;
    for (; i < to && !isCancelled(); i++) batch.run(i, row);
    if (i === to) Atomics.store(flags, CONTROL.finished + chunk, 1);
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
