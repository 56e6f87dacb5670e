import { cut } from "../../core/base/text.ts";
import { Worker } from "node:worker_threads";
import { TRIAL_WORKER_MEMORY_MB } from "../../core/domain/index.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** How a thread ended without being asked to. */
export type ThreadEnd = "crash" | "memory";
export interface ThreadEvents {
  message(message: FromWorker): void;
  ended(end: ThreadEnd, detail: string): void;
}
export interface TrialThread {
  send(message: ToWorker): void;
  readonly ready: boolean;
  /** ends it at once, whatever it is doing; no event follows */
  kill(): Promise<void>;
}

const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";
/** Source is run as TypeScript, a package as compiled JavaScript: the worker's file ends as this one does. */
export const workerFile = (): URL =>
  new URL(`./trial-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** The only place where a thread for trials is made. */
export function startThread(file: URL, events: ThreadEvents): TrialThread {
  const worker = new Worker(file, {
    name: "trials",
    resourceLimits: {
      maxOldGenerationSizeMb: TRIAL_WORKER_MEMORY_MB,
      maxYoungGenerationSizeMb: 16,
      stackSizeMb: 4,
    },
  });
  let ready = false;
  let over = false;
  const end = (how: ThreadEnd, detail: string): void => {
    if (over) return;
    over = true;
    events.ended(how, detail);
  };
  worker.on("message", (message: FromWorker) => {
    if (message.kind === "ready") ready = true;
    if (!over) events.message(message);
  });
  worker.on("error", (error: NodeJS.ErrnoException) =>
    end(error.code === OUT_OF_MEMORY ? "memory" : "crash", cut(error.message, 300)),
  );
  worker.on("exit", (code) => end("crash", `thread ended with ${code}`));
  worker.unref();
  return {
    send: (message) => worker.postMessage(message),
    get ready() {
      return ready;
    },
    async kill() {
      over = true;
      await worker.terminate();
    },
  };
}
