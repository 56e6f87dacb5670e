import type { Actuator, Clock, Outcome } from "../edge/ports/index.ts";
import {
  actuatorIndexOf,
  type Code,
  type Effect,
  HEARTBEAT_PERIOD_US,
  type HelperEffect,
  type LatchedCause,
  type Micros,
  type PermitEffect,
  type Receipt,
  type ReceiptId,
  type SlowEffect,
  type TrialOutcome,
  type TrialRequest,
} from "../core/domain/index.ts";
import type { Scheduler } from "./scheduler.ts";

/** Where receipts and latched causes go. */
export interface ReceiptSink {
  /** false: the queue is full, nothing was taken */
  append(receipt: Receipt): boolean;
  whenStored(receiptId: ReceiptId): Promise<boolean>;
  /** false: could not be written */
  persistLatched(latched: readonly LatchedCause[]): boolean;
  /** true: what was handed over last is on the disk */
  whenLatched(): Promise<boolean>;
}
/** Where the stage of the gate outlives a restart. */
export interface StageKeeper {
  keep(stage: number): void;
}
export interface TrialRunner {
  run(request: TrialRequest): Promise<TrialOutcome>;
  help(effect: HelperEffect): Promise<unknown>;
}
/** What comes back from carrying. The door hears it after the step, however soon it is said. */
export interface CarrierEvents {
  actuatorFailed(index: number, detail: string, about?: "revoke" | "slow"): void;
  stored(receiptId: string, ok: boolean): void;
  /** `tookMs`: measured, where the tape's own clock does not run while the trials do */
  trials(request: TrialRequest, outcome: TrialOutcome, tookMs?: number): void;
  helper(effect: HelperEffect, finding: unknown): void;
  partFailed(part: string, detail: string): void;
}
export interface CarrierParts {
  readonly actuators: readonly Actuator[];
  readonly receipts: ReceiptSink;
  readonly trials: TrialRunner;
  readonly stages?: StageKeeper;
  readonly scheduler: Scheduler;
  readonly clock: Pick<Clock, "now">;
  /** of simulated time that keeps pace with real time: milliseconds of the real one, so that latencies are measured */
  readonly stopwatch?: (() => number) | undefined;
  readonly events: CarrierEvents;
  /** for people, metrics and proposers */
  readonly observe: (effect: Effect, t: Micros) => void;
}

/** Simulated time from asking to the answer; live runs take what they take. */
export const VIRTUAL_STORED_US = 2_000;
export const VIRTUAL_TRIALS_US = 5_000;
export const VIRTUAL_HELPER_US = 20_000;

const wordsOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).slice(0, 300);

/**
 * Carries the effects of a step out, in their order: blocks first. Never throws, whatever a part of the node or the world
 * does: what could not be handed over is told to the cell as its own event.
 */
export function createCarrier(parts: CarrierParts) {
  const { actuators, receipts, events, scheduler } = parts;
  let outcome: Outcome = { accepted: false, code: null, detail: "" };

  /** what a part throws counts as its refusal, and is told */
  const taken = (part: string, act: () => boolean | undefined): boolean => {
    try {
      return act() === true;
    } catch (cause) {
      events.partFailed(part, wordsOf(cause));
      return false;
    }
  };
  const toAll = (send: (actuator: Actuator) => boolean): void => {
    for (const actuator of actuators) taken(actuator.name, () => send(actuator));
  };
  const receipt = (effect: Extract<Effect, { kind: "receipt" }>): void => {
    const kept = taken("ledger", () => receipts.append(effect.receipt));
    // what stands in the place of a receipt that has no text carries nothing that waits for it
    if (!kept || effect.substitute === true) return events.stored(effect.id, false);
    if (!effect.awaited) return;
    scheduler.later(receipts.whenStored(effect.id), VIRTUAL_STORED_US, (ok) => events.stored(effect.id, ok));
  };
  const trials = (request: TrialRequest): void => {
    const { stopwatch } = parts;
    if (stopwatch === undefined)
      return scheduler.later(parts.trials.run(request), VIRTUAL_TRIALS_US, (result) =>
        events.trials(request, result),
      );
    const began = stopwatch();
    const ran = parts.trials.run(request).then((result) => ({
      result,
      tookMs: Math.round((stopwatch() - began) * 1_000) / 1_000,
    }));
    scheduler.later(ran, VIRTUAL_TRIALS_US, ({ result, tookMs }) => events.trials(request, result, tookMs));
  };
  const permit = (effect: PermitEffect, t: Micros): void => {
    const actuator = actuators[effect.actuator];
    if (!taken(actuator?.name ?? "actuator", () => actuator?.permit(effect, t)))
      events.actuatorFailed(effect.actuator, "permit not handed over");
  };
  const block = (effect: Extract<Effect, { kind: "block" }>): void => {
    const actuator = actuators[effect.actuator];
    let detail = "block not handed over";
    try {
      if (actuator?.block(effect)) return;
    } catch (cause) {
      detail = `block not handed over: ${wordsOf(cause)}`;
    }
    events.actuatorFailed(effect.actuator, detail);
  };

  /** Whatever moves has to take it; full speed again, not being taken, harms nobody. */
  const slow = (scale: number, effect: SlowEffect): void => {
    const took = actuators.map((actuator) => taken(actuator.name, () => actuator.slow(effect)));
    if (scale >= 1) return;
    const anyMoves = actuators.some((actuator) => actuator.moves);
    actuators.forEach((actuator, i) => {
      if (took[i] || (anyMoves && !actuator.moves)) return;
      if (!anyMoves && took.includes(true)) return;
      events.actuatorFailed(i, `scale ${scale} not handed over`, "slow");
    });
  };

  /** A zero that nobody hears harms nobody; the block says that nobody is there. */
  const velocity = (effect: Extract<Effect, { kind: "velocity" }>): void => {
    const actuator = actuators[effect.actuator];
    const took = taken(actuator?.name ?? "actuator", () => actuator?.velocity?.(effect));
    if (!took && effect.values.some((value) => value !== 0))
      events.actuatorFailed(effect.actuator, "velocity not handed over");
  };

  const one = (effect: Effect, t: Micros): void => {
    switch (effect.kind) {
      case "block":
        return block(effect);
      case "slow":
        return slow(effect.scale, effect);
      case "heartbeat":
        // one for time that has passed would permit what nobody looked at; the next one is due at once
        if (parts.clock.now() - t >= HEARTBEAT_PERIOD_US) return;
        return toAll((a) => a.heartbeat(effect));
      case "velocity":
        return velocity(effect);
      case "permit":
        return permit(effect, t);
      case "revoke":
        if (!taken("actuator", () => actuators[effect.actuator]?.revoke(effect)))
          events.actuatorFailed(effect.actuator, `${effect.code} not handed over`, "revoke");
        return;
      case "persist":
        if (!taken("latches", () => receipts.persistLatched(effect.latched))) events.stored("latched", false);
        return;
      case "keepStage":
        taken("stage", () => (parts.stages?.keep(effect.stage), true));
        return;
      case "receipt":
        return receipt(effect);
      case "trials":
        return trials(effect.request);
      case "helper":
        return scheduler.later(parts.trials.help(effect), VIRTUAL_HELPER_US, (finding) =>
          events.helper(effect, finding),
        );
      case "outcome":
        outcome = effect;
        return;
      case "answer":
      case "alarm":
        return;
    }
  };

  return {
    carry(effects: readonly Effect[], t: Micros): void {
      for (let i = 0; i < effects.length; i++) {
        try {
          one(effects[i]!, t);
        } catch (cause) {
          events.partFailed(effects[i]!.kind, wordsOf(cause));
        }
        try {
          parts.observe(effects[i]!, t);
        } catch (cause) {
          events.partFailed("observer", wordsOf(cause));
        }
      }
    },
    /** The last word to everything that moves: no cell has to be asked for it, and nothing keeps it back. */
    stopAll(code: Code, detail: string): void {
      for (const [i, actuator] of actuators.entries())
        taken(actuator.name, () =>
          actuator.block({
            kind: "block",
            actuator: actuatorIndexOf(i),
            code,
            detail,
            pose: [],
            first: true,
          }),
        );
    },
    whenLatched: (): Promise<boolean> => receipts.whenLatched(),
    takeOutcome(): Outcome {
      const given = outcome;
      outcome = { accepted: false, code: null as Code | null, detail: "no answer" };
      return given;
    },
  };
}
export type Carrier = ReturnType<typeof createCarrier>;
