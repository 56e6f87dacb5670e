import {
  type CellEvent,
  type Effect,
  GATE_LATENCY_BUDGET_MS,
  HEAD_EVALUATION_BUDGET_US,
  type Micros,
} from "../../core/domain/index.ts";
import { LatencyMeter } from "../latency.ts";
import {
  createPromotionWatch,
  DEFAULT_WATCH,
  type Observation,
  type PromotionWatch,
  type Trigger,
  type WatchSetting,
} from "../../core/promotion/index.ts";
import type { ShadowFeed } from "./shadow/shadow-feed.ts";
import type { ShadowLook } from "./shadow/shadow-words.ts";
import { createWayBack, type WayBackSetting } from "./way-back.ts";

const CHECK_US = 1_000_000;
/** after its thread failed or fell behind, the artefact before is given another so much later */
const REOPEN_US = 10_000_000;
/** slower than the artefact before by this factor, on the same machine at the same time */
const SLOWER_FACTOR = 2;
/** proposals whose verdict is awaited; older ones got none */
const AWAITED = 64;

export interface BesideWatchSetting extends WayBackSetting {
  readonly kind: "rules" | "gate" | "policy";
  readonly rates: Partial<WatchSetting>;
  /** simulated time knows no latency */
  readonly timed: boolean;
  /** lets the artefact before listen from a time on */
  open(fromUs: number, onLook: (look: ShadowLook) => void): ShadowFeed;
  /** stage that the gate is in */
  stage(): number;
  /** nothing compares at present, or it does again */
  blind(active: boolean, detail: string): void;
}
export interface BesideWatch {
  readonly watch: PromotionWatch;
  readonly rolledBack: Trigger | null;
  record(event: CellEvent, tookUs: number): void;
  observe(effect: Effect, t: Micros): void;
  close(): Promise<void>;
}

/**
 * Follows promoted rules, a gate setting or an adapter in the running node: the artefact before hears everything
 * in a cell of its own that moves nothing, and says where it would have decided otherwise. Who was right nobody
 * can see; that both differ more often than the promotion measured is enough to go back.
 */
export function createBesideWatch(setting: BesideWatchSetting): BesideWatch {
  const watch = createPromotionWatch({ ...DEFAULT_WATCH, ...setting.rates });
  const back = createWayBack(setting, watch.view);
  const verdicts = createVerdictTimes();
  let took = new LatencyMeter();
  let feed: ShadowFeed | null = null;
  let stage = -1;
  let isBlind = false;
  let nextCheck = 0;
  let openAt = 0;
  let lastT = 0 as Micros;
  let closing: Promise<void> = Promise.resolve();

  const seen = (of: Observation): void => back.decide(watch.observe(of), lastT);
  const sayBlind = (active: boolean, detail: string): void => {
    if (isBlind === active) return;
    isBlind = active;
    setting.soon(() => setting.blind(active, detail));
  };
  const onLook = (look: ShadowLook): void => {
    if (back.trigger !== null) return;
    sayBlind(false, "both are compared again");
    for (const one of observationsOf(setting.kind, look)) seen(one);
    if (setting.timed && setting.kind === "rules")
      seen({ late: isSlower(took.quantile(0.99), look.stepP99Us) });
    took = new LatencyMeter();
  };
  const end = (): void => {
    const ended = feed;
    feed = null;
    if (ended !== null) closing = closing.then(() => ended.close());
  };
  const open = (t: number): void => {
    stage = setting.stage();
    try {
      feed = setting.open(t, onLook);
    } catch (cause) {
      openAt = t + REOPEN_US;
      sayBlind(true, (cause as Error).message);
    }
  };
  const check = (t: number): void => {
    nextCheck = t + CHECK_US;
    if (feed === null) {
      if (t >= openAt) open(t);
      return;
    }
    const { state, dropped, trouble } = feed.status;
    const lost = state === "broken" ? trouble : dropped > 0 ? `${dropped} readings were not heard` : null;
    if (lost === null && stage === setting.stage()) return;
    end();
    openAt = lost === null ? t : t + REOPEN_US;
    if (lost !== null) sayBlind(true, lost);
  };
  return {
    watch,
    get rolledBack() {
      return back.trigger;
    },
    record(event, tookUs) {
      if (back.trigger !== null) return;
      lastT = event.t;
      if (event.t >= nextCheck) check(event.t);
      feed?.record(event);
      if (event.kind === "sample") took.add(tookUs);
      if (event.kind !== "proposal") return;
      if (event.refused === "POLICY_ADAPTER_FAILED" && setting.kind === "policy")
        seen({ smell: "POLICY_ADAPTER_FAILED: it made no action of a proposal" });
      verdicts.asked(event.raw);
    },
    observe(effect, t) {
      if (back.trigger !== null) return;
      feed?.observe(effect, t);
      const ms = verdicts.answered(effect);
      if (ms !== null && setting.timed && setting.kind !== "rules")
        seen({ late: ms > GATE_LATENCY_BUDGET_MS });
    },
    async close() {
      end();
      await closing;
      await back.written();
    },
  };
}

/** A loaded machine is slow for both; only what is slow beside the other speaks against what was promoted. */
const isSlower = (ownUs: number, besideUs: number): boolean =>
  ownUs > HEAD_EVALUATION_BUDGET_US && ownUs > SLOWER_FACTOR * besideUs;

/** What a look says: of rules about each second in which the cell moved, of a gate and an adapter about each verdict. */
function observationsOf(kind: BesideWatchSetting["kind"], look: ShadowLook): Observation[] {
  const { liveMoved, liveStops, shadowStops, alike, liveReds, shadowReds } = look;
  if (kind === "rules")
    return liveMoved + liveStops === 0 ? [] : [{ falseStop: liveStops > 0, through: shadowStops > 0 }];
  const times = (n: number, of: Observation): Observation[] => Array.from({ length: n }, () => of);
  return [
    ...times(alike, { falseStop: false, through: false }),
    ...times(liveReds, { falseStop: true, through: false }),
    // an adapted action is another one: that the gate takes it where it refused the first says nothing against it
    ...times(shadowReds, { falseStop: false, through: kind === "gate" }),
  ];
}

/** From a proposal at the door to its verdict, in milliseconds of the machine. */
function createVerdictTimes() {
  const asked = new Map<string, number>();
  return {
    asked(raw: unknown): void {
      const id = (raw as { action_id?: unknown } | null)?.action_id;
      if (typeof id !== "string") return;
      if (asked.size >= AWAITED) asked.delete(asked.keys().next().value!);
      asked.set(id, performance.now());
    },
    answered(effect: Effect): number | null {
      if (effect.kind !== "receipt") return null;
      const { body } = effect.receipt;
      if (body.receipt_type !== "gate_decision" && body.receipt_type !== "block") return null;
      const at = asked.get(body.action_id);
      if (at === undefined) return null;
      asked.delete(body.action_id);
      return performance.now() - at;
    },
  };
}
