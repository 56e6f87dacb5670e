import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Measurement } from "../promotion/index.ts";
import type { SidesText, Task } from "./task.ts";

const THREADS_MAX = 8;

export interface BatteryRun {
  readonly sides: SidesText;
  readonly tasks: readonly Task[];
  /** results so far, one line each; null: not resumable */
  readonly partial: string | null;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number) => void;
}

/**
 * Measures all scenarios on several threads; an interrupted run goes on where it stopped. The order of
 * results is the order of tasks, whatever thread was first.
 */
export async function runBattery(run: BatteryRun): Promise<Measurement[]> {
  const done = readPartial(run.partial);
  const open = run.tasks.filter((t) => !done.has(t.name));
  run.progress?.(run.tasks.length - open.length);
  const threads = Math.min(open.length, run.threads ?? availableParallelism(), THREADS_MAX);
  let next = 0;
  const take = (): Task | undefined => (run.signal?.aborted === true ? undefined : open[next++]);
  const keep = (measurement: Measurement): void => {
    done.set(measurement.scenario, measurement);
    if (run.partial !== null) appendFileSync(run.partial, `${JSON.stringify(measurement)}\n`);
    run.progress?.(done.size);
  };
  await Promise.all(Array.from({ length: threads }, () => work(run.sides, take, keep)));
  return run.tasks.flatMap((t) => done.get(t.name) ?? []);
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

/** Lines of an interrupted run; a torn last line is measured again. */
function readPartial(file: string | null): Map<string, Measurement> {
  const found = new Map<string, Measurement>();
  if (file === null) return found;
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) return found;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line === "") continue;
    try {
      const measurement = JSON.parse(line) as Measurement;
      if (typeof measurement.scenario === "string") found.set(measurement.scenario, measurement);
    } catch {
      // a line that the power cut in two
    }
  }
  return found;
}
