import type { Actuator, Outcome } from "../edge/ports/index.ts";
import {
  actuatorIndexOf,
  type Code,
  type Effect,
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
  /** settles when what was given last would survive a power cut; false: it would not */
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
/** What comes back from carrying, delivered after all effects of the step are out. */
export interface CarrierEvents {
  actuatorFailed(index: number, detail: string, about?: "revoke" | "slow"): void;
  stored(receiptId: string, ok: boolean): void;
  trials(request: TrialRequest, outcome: TrialOutcome): void;
  helper(effect: HelperEffect, finding: unknown): void;
  /** an effect could not be carried out because a part of the node threw: our own mistake */
  failed(detail: string): void;
}
export interface CarrierParts {
  readonly actuators: readonly Actuator[];
  readonly receipts: ReceiptSink;
  readonly trials: TrialRunner;
  readonly stages?: StageKeeper;
  readonly scheduler: Scheduler;
  readonly events: CarrierEvents;
  /** for people, metrics and proposers */
  readonly observe: (effect: Effect, t: Micros) => void;
}

/** Simulated time from asking to the answer; live runs take what they take. */
export const VIRTUAL_STORED_US = 2_000;
export const VIRTUAL_TRIALS_US = 5_000;
export const VIRTUAL_HELPER_US = 20_000;

/** Carries the effects of a step out, in their order: blocks first. Never throws on what the world does. */
export function createCarrier(parts: CarrierParts) {
  const pending: (() => void)[] = [];
  let outcome: Outcome = { accepted: false, code: null, detail: "" };
  let draining = false;

  const later = (act: () => void): void => {
    pending.push(act);
  };
  const receipt = (effect: Extract<Effect, { kind: "receipt" }>): void => {
    const taken = parts.receipts.append(effect.receipt);
    if (!taken || effect.substitute === true) return later(() => parts.events.stored(effect.id, false));
    if (!effect.awaited) return;
    parts.scheduler.later(parts.receipts.whenStored(effect.id), VIRTUAL_STORED_US, (ok) =>
      parts.events.stored(effect.id, ok),
    );
  };
  const permit = (effect: PermitEffect, t: Micros): void => {
    if (parts.actuators[effect.actuator]?.permit(effect, t)) return;
    later(() => parts.events.actuatorFailed(effect.actuator, "permit not handed over"));
  };
  const toAll = (send: (actuator: Actuator) => boolean): void => {
    for (const actuator of parts.actuators)
      try {
        send(actuator);
      } catch (error) {
        broke(actuator.name, error);
      }
  };

  /** One part that throws keeps no other effect from being carried out, a stop least of all. */
  const broke = (what: string, error: unknown): void =>
    later(() => parts.events.failed(`${what}: ${error instanceof Error ? error.message : String(error)}`));
  /** Whatever moves has to take it; full speed again, not being taken, harms nobody. */
  const slow = (scale: number, effect: SlowEffect): void => {
    const taken = parts.actuators.map((actuator) => {
      try {
        return actuator.slow(effect);
      } catch (error) {
        broke(actuator.name, error);
        return false;
      }
    });
    if (scale >= 1) return;
    const anyMoves = parts.actuators.some((actuator) => actuator.moves);
    parts.actuators.forEach((actuator, i) => {
      if (taken[i] || (anyMoves && !actuator.moves)) return;
      if (!anyMoves && taken.includes(true)) return;
      later(() => parts.events.actuatorFailed(i, `scale ${scale} not handed over`, "slow"));
    });
  };

  const one = (effect: Effect, t: Micros): void => {
    switch (effect.kind) {
      case "block":
        if (!parts.actuators[effect.actuator]?.block(effect))
          later(() => parts.events.actuatorFailed(effect.actuator, "block not handed over"));
        return;
      case "slow":
        return slow(effect.scale, effect);
      case "heartbeat":
        return toAll((a) => a.heartbeat(effect));
      case "permit":
        return permit(effect, t);
      case "revoke":
        if (!parts.actuators[effect.actuator]?.revoke(effect))
          later(() =>
            parts.events.actuatorFailed(effect.actuator, `${effect.code} not handed over`, "revoke"),
          );
        return;
      case "persist":
        if (!parts.receipts.persistLatched(effect.latched))
          later(() => parts.events.stored("latched", false));
        return;
      case "keepStage":
        return parts.stages?.keep(effect.stage);
      case "receipt":
        return receipt(effect);
      case "trials":
        return parts.scheduler.later(parts.trials.run(effect.request), VIRTUAL_TRIALS_US, (result) =>
          parts.events.trials(effect.request, result),
        );
      case "helper":
        return parts.scheduler.later(parts.trials.help(effect), VIRTUAL_HELPER_US, (finding) =>
          parts.events.helper(effect, finding),
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
        const effect = effects[i]!;
        try {
          one(effect, t);
        } catch (error) {
          broke(effect.kind, error);
        }
        try {
          parts.observe(effect, t);
        } catch (error) {
          broke("observer", error);
        }
      }
    },
    later,
    /** The last word to everything that moves: no cell has to be asked for it, and nothing keeps it back. */
    stopAll(code: Code, detail: string): void {
      for (const [i, actuator] of parts.actuators.entries())
        try {
          actuator.block({
            kind: "block",
            actuator: actuatorIndexOf(i),
            code,
            detail,
            pose: [],
            first: true,
          });
        } catch (error) {
          broke(actuator.name, error);
        }
    },
    /** hands over what carrying brought back; called when the door's own event is done */
    drain(): void {
      if (draining) return;
      draining = true;
      try {
        for (let act = pending.shift(); act !== undefined; act = pending.shift()) act();
      } finally {
        draining = false;
      }
    },
    whenLatched: (): Promise<boolean> => parts.receipts.whenLatched(),
    takeOutcome(): Outcome {
      const taken = outcome;
      outcome = { accepted: false, code: null as Code | null, detail: "no answer" };
      return taken;
    },
  };
}
export type Carrier = ReturnType<typeof createCarrier>;
