import { Worker } from "node:worker_threads";
import {
  type Effect,
  HEAD_EVALUATION_BUDGET_US,
  type Micros,
  STEP_BUDGET_US,
} from "../../core/domain/index.ts";
import { LatencyMeter } from "../latency.ts";
import {
  type CandidateKind,
  createPromotionWatch,
  DEFAULT_WATCH,
  type PromotionWatch,
  type Trigger,
  type WatchSetting,
} from "../../core/promotion/index.ts";
import type { HeadsCompared } from "../deployment/risk-head.ts";
import { ArtefactStore, type Note } from "./store.ts";
import { createWayBack, type WayBackSetting } from "./way-back.ts";

/** Ticks follow each other too closely to be looks of their own; a second apart they nearly are. */
const LOOK_US = 1_000_000;
/** an alarm is needless when nothing stopped the cell until so many looks later */
const FOLLOWED_WITHIN = 2;
/** higher by less than this share of the threshold is not higher */
const RISE_MIN = 0.05;

export interface LiveWatchSetting extends WayBackSetting {
  /** rates that the promotion measured, with their margin; absent: the general ones */
  readonly rates: Partial<WatchSetting>;
  /** simulated time knows no latency */
  readonly timed: boolean;
}
export interface LiveWatch extends HeadsCompared {
  readonly watch: PromotionWatch;
  readonly rolledBack: Trigger | null;
  observe(effect: Effect): void;
  /** how long a reading took from the door until its effects were out */
  step(tookUs: number): void;
  /** resolves when the disk holds what was decided */
  written(): Promise<void>;
}

/** Before this the cell waits for its sources: a head that leans on one that has not spoken yet knows nothing. */
const NOT_READY = "STARTING";
/** A cell that does not get ready in this time is watched all the same: what is wrong may be the head. */
const READY_WITHIN_US = 30_000_000;

/**
 * Follows a promoted head in the running node, and goes back by itself. Needs no network. It is watched from the
 * moment on at which the cell is ready; what it smells of then counts, what had gone by then does not.
 */
export function createLiveWatch(setting: LiveWatchSetting): LiveWatch {
  const watch = createPromotionWatch({
    ...DEFAULT_WATCH,
    // whether V_s may stand still is judged by the head's own smell, which knows if anything moved
    constantAfter: Number.MAX_SAFE_INTEGER,
    ...setting.rates,
  });
  const seconds = createSeconds();
  const back = createWayBack(setting, watch.view);
  let took = new LatencyMeter();
  let nextLook = LOOK_US;
  let lastT = 0 as Micros;
  let ready = false;
  let firstT: Micros | null = null;
  const held = new Map<string, string>();
  const judgeHeld = (): void => {
    for (const [code, detail] of held)
      if (back.trigger === null) back.decide(watch.observe({ smell: `${code}: ${detail}` }), lastT);
    held.clear();
  };
  return {
    watch,
    get rolledBack() {
      return back.trigger;
    },
    look(t, now, before, tookUs) {
      if (back.trigger !== null) return;
      lastT = t;
      firstT ??= t;
      if (!ready && t - firstT < READY_WITHIN_US) return;
      ready = true;
      judgeHeld();
      if (back.trigger !== null) return;
      seconds.tick(now !== null && now >= 1, before !== null && before >= 1);
      if (t < nextLook) return;
      nextLook = t + LOOK_US;
      const needless = seconds.close();
      const seen = watch.observe({
        ...(needless !== null && { falseStop: needless }),
        ...(setting.timed && {
          late: tookUs > HEAD_EVALUATION_BUDGET_US || took.quantile(0.99) > STEP_BUDGET_US,
        }),
        energy: now,
        energyBefore: before === null ? null : before + RISE_MIN,
      });
      took = new LatencyMeter();
      back.decide(seen, t);
    },
    step(tookUs) {
      took.add(tookUs);
    },
    smell(code, detail) {
      held.set(code, detail);
      if (ready) judgeHeld();
    },
    smellGone(code) {
      held.delete(code);
    },
    observe(effect) {
      if (effect.kind === "heartbeat" && effect.state !== NOT_READY) ready = true;
      if (effect.kind === "block" && effect.first) seconds.stopped();
    },
    written: back.written,
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
