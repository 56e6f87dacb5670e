import type { Problem } from "../../core/base/problem.ts";
import { Worker } from "node:worker_threads";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Effect, Micros, NodeStatus } from "../../core/domain/index.ts";
import type { Frame, Scene } from "../report/index.ts";
import type { Handed, Reply } from "./control/index.ts";
import { hostText } from "./listen.ts";
import type { FromPage, PageSetting, ToPage } from "./messages.ts";

export interface DashboardParts extends Omit<PageSetting, "scene"> {
  status(): NodeStatus;
  /** judges a request that came to the page */
  ask(handed: Handed): Promise<Reply>;
  /** the picture of the cell: its scene once, and what it looks like now */
  readonly picture?: { readonly scene: Scene; frame(): Frame };
}
/** The page's side of the node: hands out copies and forgets them. */
export interface Dashboard {
  readonly url: string;
  /** where others look from other machines; null: nowhere */
  readonly elsewhere: string | null;
  observe(effect: Effect, t: Micros): void;
  /** settles with words when its thread has ended by itself */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}
const STATUS_PERIOD_MS = 100;
/** pictures are drawn between frames, so that an arm glides although it is told of this often */
const FRAME_PERIOD_MS = 40;
/** while so many copies are under way, pictures are left out: words matter more */
const FRAME_UNDERWAY_MAX = 8;
/** copies under way at most; while the page's thread lags, newer ones are left out */
const UNDERWAY_MAX = 256;
/** what the page's thread may hold before it is ended; the node goes on without it */
const HEAP_MAX_MB = 256;
const START_TIMEOUT_MS = 20_000;

export async function openDashboard({
  status,
  picture,
  ask,
  ...given
}: DashboardParts): Promise<Result<Dashboard, Problem>> {
  const setting: PageSetting = { ...given, scene: picture?.scene ?? null };
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const worker = new Worker(new URL(`./dashboard-worker${extension}`, import.meta.url), {
    workerData: setting,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MB },
  });
  const started = await firstWord(worker);
  if (started.kind !== "listening") {
    await worker.terminate();
    return err(started.kind === "failed" ? started.problem : notStarted("its thread did not start"));
  }
  const feed = new Feed(worker, ask);
  const postStatus = (): void => feed.post(() => ({ kind: "status", status: status() }));
  const timer = setInterval(postStatus, STATUS_PERIOD_MS);
  const camera =
    picture === undefined ? null : setInterval(() => feed.postFrame(() => picture.frame()), FRAME_PERIOD_MS);
  const ended = new Promise<string>((resolve) => {
    worker.on("error", (cause) => resolve(`its thread failed: ${(cause as Error).message}`));
    worker.on("exit", () => resolve("its thread ended"));
  }).finally(() => {
    clearInterval(timer);
    if (camera !== null) clearInterval(camera);
  });
  return ok({
    ended,
    url: `http://${hostText(setting.host)}:${started.port}`,
    elsewhere:
      setting.elsewhere === null ? null : `https://${hostText(setting.elsewhere.host)}:${started.elsewhere}`,
    observe(effect, t) {
      if (effect.kind === "receipt") feed.post(() => ({ kind: "receipt", receipt: effect.receipt }));
      else if (effect.kind === "block" && effect.first) {
        const { code, detail } = effect;
        feed.post(() => ({ kind: "block", t_us: t, code, detail }));
        // after the step: the status then says what the block led to
        setImmediate(postStatus);
      }
    },
    async close() {
      clearInterval(timer);
      if (camera !== null) clearInterval(camera);
      feed.stop();
      await worker.terminate();
    },
  });
}

/** Copies on their way. Counted, so that a page thread that lags is never flooded and costs nothing. */
class Feed {
  readonly #worker: Worker;
  #underway = 0;
  #watched = false;
  #blind = false;
  #stopped = false;

  constructor(worker: Worker, ask: DashboardParts["ask"]) {
    this.#worker = worker;
    worker.on("message", (message: FromPage) => {
      if (message.kind === "taken") this.#underway -= message.count;
      else if (message.kind === "ask")
        ask(message.handed).then(
          (reply) => this.#reply(message.id, reply),
          // whoever asked is told after a while that nothing came
          () => {},
        );
      else if (message.kind === "watched") this.#watched = message.watched;
    });
    // The page is for people: when its thread dies the node goes on, and the page says that it has lost it.
    worker.on("error", () => this.stop());
    worker.on("exit", () => this.stop());
  }
  /** `make` is asked only when there is room */
  post(make: () => ToPage): void {
    if (this.#stopped || this.#underway >= UNDERWAY_MAX) return;
    this.#underway++;
    this.#worker.postMessage(make());
  }
  /** an answer that somebody waits for goes out however much is under way */
  #reply(id: number, reply: Reply): void {
    if (!this.#stopped) this.#worker.postMessage({ kind: "reply", id, reply } satisfies ToPage);
  }
  /** a picture that nobody looks at is not made */
  postFrame(make: () => Frame): void {
    if (!this.#watched || this.#blind || this.#underway >= FRAME_UNDERWAY_MAX) return;
    let frame: Frame;
    try {
      frame = make();
    } catch {
      // a picture that cannot be drawn is no reason to end a node
      this.#blind = true;
      return;
    }
    this.post(() => ({ kind: "frame", frame }));
  }
  stop(): void {
    this.#stopped = true;
  }
}

const notStarted = (detail: string): Problem => ({
  what: `the page did not start: ${detail}`,
  remedy: "start again; a machine that is short of memory or threads starts none",
});

function firstWord(worker: Worker): Promise<FromPage> {
  return new Promise((resolve) => {
    const late = setTimeout(
      () => resolve({ kind: "failed", problem: notStarted("no answer in time") }),
      START_TIMEOUT_MS,
    );
    const settle = (message: FromPage): void => {
      clearTimeout(late);
      resolve(message);
    };
    worker.once("message", settle);
    worker.once("error", (cause) =>
      settle({ kind: "failed", problem: notStarted((cause as Error).message) }),
    );
    worker.once("exit", () => settle({ kind: "failed", problem: notStarted("its thread ended") }));
  });
}
