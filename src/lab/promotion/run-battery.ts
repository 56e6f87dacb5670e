import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { graphOfMany, runMany } from "../../edge/scale/index.ts";
import type { Measurement } from "../../core/promotion/index.ts";
import { openPartial, type PartialSetting } from "./partial-run.ts";
import type { SidesText } from "../../node/in-use/index.ts";
import type { Task } from "./task.ts";

const THREADS_MAX = 8;

export interface BatteryRun {
  readonly sides: SidesText;
  readonly tasks: readonly Task[];
  /** where results so far lie; null: not resumable */
  readonly partial: PartialSetting | null;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number) => void;
}

export interface Measured {
  readonly measurements: Measurement[];
  /** results of an earlier run were altered on the disk: none of them was used */
  readonly forged: boolean;
}

/**
 * Measures all scenarios on several threads; an interrupted run goes on where it stopped. The order of
 * results is the order of tasks, whatever thread was first.
 */
export async function runBattery(run: BatteryRun): Promise<Measured> {
  const partial = run.partial === null ? null : openPartial(run.partial);
  const done = new Map(partial?.found);
  const open = run.tasks.filter((t) => !done.has(t.name));
  run.progress?.(run.tasks.length - open.length);
  const threads = Math.min(open.length, run.threads ?? availableParallelism(), THREADS_MAX);
  const keep = (measurement: Measurement): void => {
    done.set(measurement.scenario, measurement);
    partial?.add(measurement);
    run.progress?.(done.size);
  };
  try {
    if (open.length > 0) await inSteps(run, open, threads, keep);
  } finally {
    partial?.close();
  }
  return { measurements: run.tasks.flatMap((t) => done.get(t.name) ?? []), forged: partial?.forged === true };
}

/** In the steps of a run of many: a scenario that cannot be measured ends it before the next step. */
async function inSteps(
  run: BatteryRun,
  open: readonly Task[],
  threads: number,
  keep: (m: Measurement) => void,
): Promise<void> {
  const items = open.map((task) => ({ name: task.name, item: task }));
  const end = await runMany({
    what: "battery",
    items,
    graph: graphOfMany({
      what: "battery",
      items: items.length,
      threads,
      reads: [],
      writes: null,
      bytesPerItem: 0,
      memoryPerThread: MEASURING_BYTES,
    }),
    killFile: resolve(KILL_FILE),
    signal: run.signal,
    async batch(batch, ended, signal) {
      let next = 0;
      const take = (): Task | undefined => (signal.aborted ? undefined : batch[next++]?.item);
      const kept = (measurement: Measurement): void => {
        keep(measurement);
        ended(measurement.scenario, { failure: null });
      };
      const lanes = Math.min(threads, batch.length);
      await Promise.all(Array.from({ length: lanes }, () => work(run.sides, take, kept)));
    },
  });
  if (end.state !== "done" && end.state !== "stopped") throw new Error(`the battery ended: ${end.why}`);
}
/** a whole cell in the loop, on a thread of its own, rounded up */
const MEASURING_BYTES = 256 * 1_048_576;
const KILL_FILE = "cellgate.stop";

/** compiled beside it in a package, run as it is from a checkout */
const WORKER = import.meta.url.endsWith(".ts") ? "./measure-worker.ts" : "./measure-worker.js";

function work(sides: SidesText, take: () => Task | undefined, keep: (m: Measurement) => void): Promise<void> {
  const first = take();
  if (first === undefined) return Promise.resolve();
  const worker = new Worker(new URL(WORKER, import.meta.url), { workerData: sides });
  return new Promise<void>((resolve, reject) => {
    worker.on("message", (answer: { measurement?: Measurement; error?: string; name: string }) => {
      if (answer.measurement === undefined) return reject(new Error(`${answer.name}: ${answer.error}`));
      keep(answer.measurement);
      const task = take();
      if (task === undefined) resolve();
      else worker.postMessage(task);
    });
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("a measuring thread ended")));
    worker.postMessage(first);
  }).finally(() => {
    worker.removeAllListeners("exit");
    return worker.terminate();
  });
}
