import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
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
  let next = 0;
  const take = (): Task | undefined => (run.signal?.aborted === true ? undefined : open[next++]);
  const keep = (measurement: Measurement): void => {
    done.set(measurement.scenario, measurement);
    partial?.add(measurement);
    run.progress?.(done.size);
  };
  try {
    await Promise.all(Array.from({ length: threads }, () => work(run.sides, take, keep)));
  } finally {
    partial?.close();
  }
  return { measurements: run.tasks.flatMap((t) => done.get(t.name) ?? []), forged: partial?.forged === true };
}

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
