import { availableParallelism } from "node:os";
import {
  type HelperEffect,
  MAX_QUEUED_TRIALS,
  MAX_TRIAL_WORKERS,
  type TrialOutcome,
  type TrialRequest,
} from "../../core/domain/index.ts";
import { HelperBench } from "./helper-bench.ts";
import { SharedBatch } from "./shared-batch.ts";
import { TrialBench } from "./trial-bench.ts";
import { TrialJob } from "./trial-job.ts";
import { workerFile } from "./trial-thread.ts";

export interface TrialPool {
  /** resolves when every thread has started and warmed up */
  ready(): Promise<void>;
  /** never rejects; what went wrong is the outcome */
  run(request: TrialRequest): Promise<TrialOutcome>;
  help(effect: HelperEffect): Promise<unknown>;
  /** false: a thread did not answer in time */
  ping(): Promise<boolean>;
  close(): Promise<void>;
  stats(): PoolStats;
}
export interface PoolStats {
  readonly threads: number;
  readonly queued: number;
  readonly restarts: number;
  readonly late: number;
}
export interface PoolSetting {
  /** threads for trials; default: cores − 1, at least 2 unless there is one core only, at most 8 */
  readonly size?: number;
  /** batches that may wait for a thread */
  readonly maxQueued?: number;
  /** another worker file; for tests of what a thread may do wrong */
  readonly file?: URL;
}

const STARTING_POLL_MS = 5;
const SIMS_AT_FIRST = 1_000;

/** The batch that is judged now has the machine's other cores to itself; more hands cost more to tell than they save. */
const HANDS_PER_BATCH = 2;
/** Two also on two cores: measured, they do not keep the deciding thread from its turn any longer than one does. */
const defaultSize = (): number =>
  Math.max(Math.min(HANDS_PER_BATCH, availableParallelism()), availableParallelism() - 1);
const bounded = (size: number): number => Math.max(1, Math.min(MAX_TRIAL_WORKERS, Math.floor(size)));

/**
 * Threads that run trials. Those that are free share a batch, trial i into slot i, so that neither their
 * number nor who ran what can change a byte. Helpers have a thread of their own: long work never delays a judgement.
 */
export function createTrialPool(setting: PoolSetting = {}): TrialPool {
  const file = setting.file ?? workerFile();
  const size = bounded(setting.size ?? defaultSize());
  const benches = Array.from({ length: size }, () => new TrialBench(file, () => next()));
  const helpers = new HelperBench(file);
  const maxQueued = setting.maxQueued ?? MAX_QUEUED_TRIALS;
  const queue: {
    readonly request: TrialRequest;
    readonly at: number;
    readonly answer: (outcome: TrialOutcome) => void;
  }[] = [];
  const kept: SharedBatch[] = [];
  let nextJob = 1;
  let late = 0;
  let closed = false;

  const batchFor = (sims: number): SharedBatch => {
    const batch = kept.pop();
    if (batch === undefined || !batch.holds(sims)) return new SharedBatch(Math.max(sims, SIMS_AT_FIRST));
    batch.clear();
    return batch;
  };
  const keep = (batch: SharedBatch): void => {
    if (kept.length < size) kept.push(batch);
  };
  /** a thread that has yet to start would hold up those that have */
  const freeHands = (): TrialBench[] => {
    const free = benches.filter((bench) => bench.free);
    const started = free.filter((bench) => bench.started);
    return started.length > 0 ? started.slice(0, HANDS_PER_BATCH) : free.slice(0, 1);
  };
  const next = (): void => {
    while (queue.length > 0) {
      const hands = freeHands();
      if (hands.length === 0) return;
      const { request, at, answer } = queue.shift()!;
      const leftMs = Math.max(0, request.budgetMs - (performance.now() - at));
      const job = new TrialJob(
        { id: nextJob++, request, batch: batchFor(request.sims), leftMs },
        hands,
        (outcome) => {
          if (outcome.kind === "late") late++;
          answer(outcome);
        },
        keep,
      );
      for (const hand of hands) hand.work(job);
    }
  };
  const run = (request: TrialRequest): Promise<TrialOutcome> => {
    if (closed) return Promise.resolve({ kind: "failed", reason: "refused", detail: "the pool is closed" });
    if (queue.length >= maxQueued)
      return Promise.resolve({ kind: "failed", reason: "overflow", detail: `${queue.length} batches wait` });
    return new Promise((answer) => {
      queue.push({ request, at: performance.now(), answer });
      next();
    });
  };

  return {
    run,
    help: (effect) => helpers.help(effect.task),
    async ready() {
      while (!closed && !benches.every((bench) => bench.started))
        await new Promise((wake) => setTimeout(wake, STARTING_POLL_MS));
    },
    async ping() {
      const answers = await Promise.all(benches.map((bench) => bench.ping()));
      return answers.every(Boolean);
    },
    async close() {
      closed = true;
      for (const { answer } of queue.splice(0))
        answer({ kind: "failed", reason: "refused", detail: "the pool was closed" });
      await Promise.all([...benches.map((bench) => bench.close()), helpers.close()]);
    },
    stats: () => ({
      threads: size,
      queued: queue.length,
      restarts: benches.reduce((sum, b) => sum + b.restarts, 0),
      late,
    }),
  };
}
