import { Worker } from "node:worker_threads";
import {
  type Code,
  type Effect,
  HEAD_EVALUATION_BUDGET_US,
  type Micros,
  type Receipt,
} from "../domain/index.ts";
import {
  type CandidateKind,
  createPromotionWatch,
  DEFAULT_WATCH,
  type PromotionWatch,
  type Trigger,
  type WatchSetting,
} from "../promotion/index.ts";
import type { HeadsCompared } from "../risk-head.ts";
import { ArtefactStore, type Note } from "./store.ts";

/** Ticks follow each other too closely to be looks of their own; a second apart they nearly are. */
const LOOK_US = 1_000_000;
/** an alarm is needless when nothing stopped the cell until so many looks later */
const FOLLOWED_WITHIN = 2;
/** higher by less than this share of the threshold is not higher */
const RISE_MIN = 0.05;

export interface LiveWatchSetting {
  readonly kind: CandidateKind;
  readonly from: string;
  readonly to: string;
  /** rates that the promotion measured, with their margin; absent: the general ones */
  readonly rates: Partial<WatchSetting>;
  readonly cell: string;
  readonly configHash: string;
  readonly boot: number;
  /** simulated time knows no latency */
  readonly timed: boolean;
  wall(t: Micros): number;
  /** on the tape, so that a replay changes over at the same tick */
  health(code: Code, detail: string): void;
  append(receipt: Receipt): boolean;
  /** runs it once the present step is over */
  soon(act: () => void): void;
  /** takes the last good artefact back into use on the disk; words when that failed */
  rollback(note: Note): Promise<string | null>;
}
export interface LiveWatch extends HeadsCompared {
  readonly watch: PromotionWatch;
  readonly rolledBack: Trigger | null;
  observe(effect: Effect): void;
  /** resolves when the disk holds what was decided */
  written(): Promise<void>;
}

/** Follows a promoted head in the running node, and goes back by itself. Needs no network. */
export function createLiveWatch(setting: LiveWatchSetting): LiveWatch {
  const watch = createPromotionWatch({
    ...DEFAULT_WATCH,
    // whether V_s may stand still is judged by the head's own smell, which knows if anything moved
    constantAfter: Number.MAX_SAFE_INTEGER,
    ...setting.rates,
  });
  const seconds = createSeconds();
  let trigger: Trigger | null = null;
  let acted: Promise<void> | null = null;
  let nextLook = LOOK_US;

  let lastT = 0 as Micros;
  const decide = (why: Trigger | null): void => {
    trigger = why;
    if (why !== null)
      setting.soon(() => {
        acted ??= act(why, lastT);
      });
  };
  const act = (why: Trigger, t: Micros): Promise<void> => {
    const { code, detail } = why;
    setting.health(code, detail);
    setting.append({
      receipt_id: `rollback-${setting.boot}`,
      at: setting.wall(t),
      cell: setting.cell,
      config_hash: setting.configHash,
      body: {
        receipt_type: "rollback",
        from: setting.from,
        to: setting.to,
        code,
        reason: detail,
        terms: { by: "cell", when: "running", ...watch.view() },
      },
    });
    return setting.rollback({ code, detail, by: "cell", at: setting.wall(t) }).then((failed) => {
      if (failed !== null) setting.health("ARTEFACT_NONE_GOOD", failed);
    });
  };
  return {
    watch,
    get rolledBack() {
      return trigger;
    },
    look(t, now, before, tookUs) {
      if (trigger !== null) return;
      lastT = t;
      seconds.tick(now !== null && now >= 1, before !== null && before >= 1);
      if (t < nextLook) return;
      nextLook = t + LOOK_US;
      const needless = seconds.close();
      const seen = watch.observe({
        ...(needless !== null && { falseStop: needless }),
        ...(setting.timed && { late: tookUs > HEAD_EVALUATION_BUDGET_US }),
        energy: now,
        energyBefore: before === null ? null : before + RISE_MIN,
      });
      decide(seen);
    },
    smell(code, detail) {
      if (trigger === null) decide(watch.observe({ smell: `${code}: ${detail}` }));
    },
    observe(effect) {
      if (effect.kind === "block" && effect.first) seconds.stopped();
    },
    written: () => acted ?? Promise.resolve(),
  };
}

/** Alarms of the new head alone, second by second, and whether a stop followed. */
function createSeconds() {
  const past: { alarmed: boolean; stopped: boolean }[] = [];
  let now = { alarmed: false, stopped: false };
  return {
    tick(alarms: boolean, alarmedBefore: boolean): void {
      if (alarms && !alarmedBefore) now.alarmed = true;
    },
    stopped(): void {
      now.stopped = true;
    },
    /** was the alarm of some seconds ago needless? null: too early to tell */
    close(): boolean | null {
      past.push(now);
      now = { alarmed: false, stopped: false };
      if (past.length <= FOLLOWED_WITHIN) return null;
      const needless = past[0]!.alarmed && !past.some((second) => second.stopped);
      past.shift();
      return needless;
    },
  };
}

/** Writing waits for the disk, and the thread that stops the robot never does. */
export function rollbackOnThread(dataDir: string, kind: CandidateKind, note: Note): Promise<string | null> {
  const name = `./rollback-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
  const worker = new Worker(new URL(name, import.meta.url), { workerData: { dataDir, kind, note } });
  return new Promise((done) => {
    worker.once("message", (answer: string | null) => done(answer));
    worker.once("error", (cause: Error) => done(cause.message));
    worker.once("exit", () => done("the thread ended without an answer"));
  });
}
export function rollbackHere(dataDir: string, kind: CandidateKind, note: Note): string | null {
  const back = new ArtefactStore(dataDir).rollback(kind, note);
  return back.ok ? null : back.error.detail;
}
