import { Worker } from "node:worker_threads";
import { err, ok, type Result } from "../base/result.ts";
import type { Effect, Micros, NodeStatus } from "../domain/index.ts";
import type { FromPage, PageSetting, ToPage } from "./messages.ts";

export interface DashboardParts extends PageSetting {
  status(): NodeStatus;
}
/** The page's side of the node: hands out copies and forgets them. */
export interface Dashboard {
  readonly url: string;
  observe(effect: Effect, t: Micros): void;
  close(): Promise<void>;
}
const STATUS_PERIOD_MS = 100;
/** copies under way at most; while the page's thread lags, newer ones are left out */
const UNDERWAY_MAX = 256;
const START_TIMEOUT_MS = 10_000;

export async function openDashboard({ status, ...setting }: DashboardParts): Promise<Result<Dashboard, string>> {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const worker = new Worker(new URL(`./dashboard-worker${extension}`, import.meta.url), { workerData: setting });
  const started = await firstWord(worker);
  if (started.kind !== "listening") {
    await worker.terminate();
    return err(started.kind === "failed" ? started.detail : "the page's thread did not start");
  }
  let underway = 0;
  let gone = false;
  worker.on("message", (message: FromPage) => {
    if (message.kind === "taken") underway -= message.count;
  });
  // The page is for people: when its thread dies the node goes on, and the page says that it has lost it.
  worker.on("error", () => void (gone = true));
  const post = (message: ToPage): void => {
    if (gone || underway >= UNDERWAY_MAX) return;
    underway++;
    worker.postMessage(message);
  };
  const timer = setInterval(() => post({ kind: "status", status: status() }), STATUS_PERIOD_MS);
  return ok({
    url: `http://${setting.host.includes(":") ? `[${setting.host}]` : setting.host}:${started.port}`,
    observe(effect, t) {
      if (effect.kind === "receipt") post({ kind: "receipt", receipt: effect.receipt });
      else if (effect.kind === "block" && effect.first) {
        post({ kind: "block", t_us: t, code: effect.code, detail: effect.detail });
        // after the step: the status then says what the block led to
        setImmediate(() => post({ kind: "status", status: status() }));
      }
    },
    async close() {
      clearInterval(timer);
      await worker.terminate();
    },
  });
}

function firstWord(worker: Worker): Promise<FromPage> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve({ kind: "failed", detail: "no answer in time" }), START_TIMEOUT_MS);
    const settle = (message: FromPage): void => {
      clearTimeout(late);
      resolve(message);
    };
    worker.once("message", settle);
    worker.once("error", (cause) => settle({ kind: "failed", detail: (cause as Error).message }));
  });
}
