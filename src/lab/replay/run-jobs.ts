import { Worker } from "node:worker_threads";
import { err, type Result } from "../../core/base/result.ts";
import type { FromReplay, ToReplay } from "./replay-messages.ts";
import { replayOne, type ReplayTask } from "./replay-one.ts";
import type { ReplayResult } from "./result.ts";

export interface JobsProgress {
  /** recordings that are done, and bytes and messages of those that run */
  readonly finished: number;
  readonly doneShare: number;
  readonly messages: number;
}
const MAX_JOBS = 64;
export const NOT_BEGUN = "not begun: the run was stopped";
const workerFile = (): URL =>
  new URL(`./replay-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Replays recordings, `jobs` at a time; results stand in the order of the tasks whoever finishes first. */
export async function runJobs(
  tasks: readonly ReplayTask[],
  jobs: number,
  progress: (p: JobsProgress) => void,
  signal?: AbortSignal,
): Promise<readonly Result<ReplayResult, string>[]> {
  const board = new Board(tasks.length, progress);
  const threads = Math.min(Math.max(1, Math.floor(jobs)), tasks.length, MAX_JOBS);
  if (threads <= 1) return oneByOne(tasks, board, signal);
  const results = tasks.map((): Result<ReplayResult, string> => err(NOT_BEGUN));
  let next = 0;
  const lane = async (): Promise<void> => {
    const thread = new ReplayThread();
    for (let i = next++; i < tasks.length && signal?.aborted !== true; i = next++) {
      results[i] = await thread.run(tasks[i]!, (done, total, messages) =>
        board.running(i, done, total, messages),
      );
      board.finished(i);
    }
    await thread.close();
  };
  await Promise.all(Array.from({ length: threads }, lane));
  return results;
}
async function oneByOne(
  tasks: readonly ReplayTask[],
  board: Board,
  signal?: AbortSignal,
): Promise<Result<ReplayResult, string>[]> {
  const results: Result<ReplayResult, string>[] = [];
  for (const [i, task] of tasks.entries()) {
    if (signal?.aborted === true) {
      results.push(err(NOT_BEGUN));
      continue;
    }
    results.push(await replayOne(task, (done, total, messages) => board.running(i, done, total, messages)));
    board.finished(i);
  }
  return results;
}

/** Sums up what all lanes do. */
class Board {
  readonly #shares: number[];
  readonly #counts: number[];
  #done = 0;
  readonly #progress: (p: JobsProgress) => void;

  constructor(tasks: number, progress: (p: JobsProgress) => void) {
    this.#shares = new Array<number>(tasks).fill(0);
    this.#counts = new Array<number>(tasks).fill(0);
    this.#progress = progress;
  }
  running(i: number, done: number, total: number, messages: number): void {
    this.#shares[i] = total > 0 ? Math.min(1, done / total) : 0;
    this.#counts[i] = messages;
    this.#say();
  }
  finished(i: number): void {
    this.#shares[i] = 1;
    this.#done++;
    this.#say();
  }
  #say(): void {
    const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
    this.#progress({
      finished: this.#done,
      doneShare: sum(this.#shares) / this.#shares.length,
      messages: sum(this.#counts),
    });
  }
}

/** A thread that is made anew after a crash: one bad recording costs itself only. */
class ReplayThread {
  #worker: Worker | null = null;

  run(
    task: ReplayTask,
    progress: (done: number, total: number, messages: number) => void,
  ): Promise<Result<ReplayResult, string>> {
    const worker = (this.#worker ??= new Worker(workerFile(), { name: "replay" }));
    return new Promise((resolve) => {
      const end = (result: Result<ReplayResult, string>): void => {
        worker.off("message", heard).off("error", failed).off("exit", left);
        resolve(result);
      };
      const crashed = (detail: string): void => {
        this.#worker = null;
        end(err(`the replay of ${task.bag} broke off: ${detail}`));
      };
      const heard = (message: FromReplay): void => {
        if (message.kind === "progress") progress(message.done, message.total, message.messages);
        else end(message.result);
      };
      const failed = (error: Error): void => crashed(error.message);
      const left = (code: number): void => crashed(`thread ended with ${code}`);
      worker.on("message", heard).on("error", failed).on("exit", left);
      worker.postMessage({ task } satisfies ToReplay);
    });
  }
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
