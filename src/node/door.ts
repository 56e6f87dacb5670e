import type { Result } from "../core/base/result.ts";
import type { Cell, Ingest } from "../core/cell/index.ts";
import { createIngest } from "../core/cell/index.ts";
import {
  type ActionId,
  actuatorIndexOf,
  type CellEvent,
  type EpochMicros,
  type HelperEffect,
  type Micros,
  type ReceiptId,
  type TrialOutcome,
  type TrialRequest,
} from "../core/domain/index.ts";
import type { Clock, Door, Outcome } from "../edge/ports/index.ts";
import type { Carrier } from "./carrier.ts";

export interface DoorParts {
  readonly cell: Cell;
  readonly clock: Clock;
  readonly channels: number;
  readonly actuatorNames: readonly string[];
  readonly record: (event: CellEvent) => void;
  readonly prepare?: ((raw: unknown) => Result<unknown, string>) | undefined;
  readonly adapt?: ((raw: unknown) => Result<unknown, string>) | undefined;
}
/** The door, and what only the driver may do with it. */
export interface DrivenDoor extends Door {
  readonly ingest: Ingest;
  /** while a sample is handled: when it came in, on the process's own clock in milliseconds; 0 otherwise */
  readonly enteredAt: number;
  start(event: Omit<Extract<CellEvent, { kind: "start" }>, "t" | "seq">): void;
  advance(now: Micros): void;
  stored(receiptId: string, ok: boolean): void;
  trials(request: TrialRequest, outcome: TrialOutcome): void;
  helper(effect: HelperEffect, finding: unknown): void;
  actuatorFailed(index: number, detail: string, about?: "revoke" | "slow"): void;
}

/** Builds the one door of a node: reads the clock once per event and carries the effects before it returns. */
export function createDoor(parts: DoorParts, carrierOf: (door: DrivenDoor) => Carrier): DrivenDoor {
  const { cell, clock, channels, actuatorNames, record } = parts;
  const ingest = createIngest(cell, { carry: (effects, t) => carrier.carry(effects, t), record }, channels);
  const send = (body: Parameters<Ingest["event"]>[1]): void => {
    ingest.event(clock.now(), body);
    carrier.drain();
  };
  const ask = (body: Parameters<Ingest["event"]>[1]): Outcome => {
    ingest.event(clock.now(), body);
    const outcome = carrier.takeOutcome();
    carrier.drain();
    return outcome;
  };
  let enteredAt = 0;
  const door: DrivenDoor = {
    ingest,
    get enteredAt() {
      return enteredAt;
    },
    // the run begins at zero, however long its parts took to be made
    start(event) {
      ingest.event(0 as Micros, event);
      carrier.drain();
    },
    advance(now) {
      ingest.advance(now);
      carrier.drain();
    },
    sample(channel, values, count, stamp, sourceSeq) {
      enteredAt = performance.now();
      ingest.sample(clock.now(), channel, values, count, stamp as EpochMicros, sourceSeq);
      enteredAt = 0;
      carrier.drain();
    },
    fault: (channel, code, detail) => send({ kind: "fault", channel, code, detail }),
    proposal(said, via) {
      const prepared = parts.prepare?.(said);
      if (prepared?.ok === false)
        return send({ kind: "proposal", raw: null, via, refused: "EXTENSION_ADAPTER_REFUSED" });
      const raw = prepared === undefined ? said : prepared.value;
      const adapted = parts.adapt?.(raw);
      if (adapted === undefined) send({ kind: "proposal", raw, via, refused: null });
      else if (adapted.ok) send({ kind: "proposal", raw: adapted.value, via, refused: null });
      else send({ kind: "proposal", raw: null, via, refused: "POLICY_ADAPTER_FAILED" });
    },
    refusedProposal: (code, via) => send({ kind: "proposal", raw: null, via, refused: code }),
    operator: (event) => ask({ kind: "operator", ...event }),
    approval: (event) => ask({ kind: "approval", ...event }),
    switchStage: (event) => ask({ kind: "switch", ...event }),
    actuator(name, report, actionId, detail, about) {
      const index = actuatorNames.indexOf(name);
      if (index >= 0)
        send({
          kind: "actuator",
          actuator: actuatorIndexOf(index),
          report,
          actionId: actionId as ActionId | null,
          detail,
          ...(about !== undefined && { about }),
        });
    },
    health: (part, code, active, detail) => send({ kind: "health", part, code, active, detail }),
    stored: (receiptId, ok) => send({ kind: "stored", receiptId: receiptId as ReceiptId, ok }),
    trials: (request, outcome) =>
      send({ kind: "trials", actionId: request.actionId, requestId: request.requestId, outcome }),
    helper: (effect, finding) =>
      send({ kind: "helper", helperId: effect.helperId, actionId: effect.actionId, finding }),
    actuatorFailed: (index, detail, about) =>
      send({
        kind: "actuator",
        actuator: actuatorIndexOf(index),
        report: "failed",
        actionId: null,
        detail,
        ...(about !== undefined && { about }),
      }),
  };
  const carrier = carrierOf(door);
  return door;
}
