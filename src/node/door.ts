import type { Result } from "../core/base/result.ts";
import type { Cell, Ingest, IngestSink } from "../core/cell/index.ts";
import { createIngest } from "../core/cell/index.ts";
import {
  type ActionId,
  actuatorIndexOf,
  type CellEvent,
  type ChannelIndex,
  type EpochMicros,
  type HelperEffect,
  type Micros,
  MICROS_PER_MS,
  type ReceiptId,
  type TrialOutcome,
  type TrialRequest,
} from "../core/domain/index.ts";
import type { Clock, Door, Outcome } from "../edge/ports/index.ts";
import type { Carrier } from "./carrier.ts";
import { createTurns } from "./turns.ts";

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
  /** when the door last found that time had gone on without it; -1: never */
  readonly lateAt: number;
  start(event: Omit<Extract<CellEvent, { kind: "start" }>, "t" | "seq">): void;
  advance(now: Micros): void;
  /** from now on a gap in time of more than this stops the cell before anything that came due in it */
  watchGaps(maxUs: number): void;
  stored(receiptId: string, ok: boolean): void;
  trials(request: TrialRequest, outcome: TrialOutcome, tookMs?: number): void;
  helper(effect: HelperEffect, finding: unknown): void;
  actuatorFailed(index: number, detail: string, about?: "revoke" | "slow"): void;
  /** the program itself failed: the cell stops, latched, until the node is started again */
  failed(detail: string): void;
  /** the last word to everything that moves, past the cell */
  stopAll(detail: string): void;
  /** a part of the node threw where it must not: our own mistake, which stops the cell and never the process */
  partFailed(part: string, detail: string): void;
}
type Body = Parameters<Ingest["event"]>[1];

/** a part that fails again and again is told about this often */
const PART_FAILED_PERIOD_US = 1_000_000;

/**
 * Builds the one door of a node: reads the clock once per event and carries the effects before it returns.
 * Whoever speaks in the middle of a step is heard after it.
 */
export function createDoor(parts: DoorParts, carrierOf: (door: DrivenDoor) => Carrier): DrivenDoor {
  const { cell, clock, channels, actuatorNames } = parts;
  const turns = createTurns((dropped) =>
    occurred("door", "DOOR_OVERRUN", `${dropped} words came in the middle of a step and found no room`),
  );
  const sink: IngestSink = {
    carry: (effects, t) => carrier.carry(effects, t),
    record: (event) => {
      try {
        parts.record(event);
      } catch (cause) {
        door.partFailed("recorder", wordsOf(cause));
      }
    },
    // one event that the program fails over stops the robot; it ends neither the node nor the next event
    failed: (event, error) => {
      if (event.kind === "health" && event.code === "NODE_FAULT") throw error;
      const detail = `${event.kind}: ${wordsOf(error)}`;
      carrier.stopAll("NODE_FAULT", detail);
      door.failed(detail);
    },
  };
  const ingest = createIngest(cell, sink, channels);
  const gaps = createGapWatch(ingest, clock);
  const handle = (body: Body): void => void ingest.event(gaps.now(), body);
  const send = (body: Body): void => turns.run(() => handle(body));
  const occurred = (part: string, code: "DOOR_OVERRUN" | "NODE_PART_FAILED", detail: string): void => {
    for (const active of [true, false]) send({ kind: "health", part, code, active, detail });
  };
  const ask = (body: Extract<Body, { kind: "operator" | "approval" | "switch" }>): Outcome => {
    if (turns.busy) return askedTooEarly(body);
    turns.enter();
    try {
      handle(body);
      return carrier.takeOutcome();
    } finally {
      turns.leave();
    }
  };
  /** Nobody can be answered in the middle of a step. What stops is done all the same, right after it. */
  const askedTooEarly = (body: Body): Outcome => {
    const stops = body.kind === "operator" && body.act.name === "kill";
    if (stops) turns.wait(() => handle(body));
    return {
      accepted: stops,
      code: stops ? "CONTROL_ACCEPTED" : "DOOR_BUSY",
      detail: "asked in the middle of a step",
    };
  };
  let enteredAt = 0;
  const take = (
    channel: ChannelIndex,
    values: ArrayLike<number>,
    count: number,
    stamp: number,
    seq: number,
  ) => {
    enteredAt = performance.now();
    ingest.sample(gaps.now(), channel, values, count, stamp as EpochMicros, seq);
    enteredAt = 0;
  };
  const failedAt = new Map<string, number>();
  const door: DrivenDoor = {
    ingest,
    get enteredAt() {
      return enteredAt;
    },
    get lateAt() {
      return gaps.lateAt;
    },
    watchGaps: (maxUs) => gaps.watch(maxUs),
    // the run begins at zero, however long its parts took to be made
    start: (event) => turns.run(() => void ingest.event(0 as Micros, event)),
    advance: (now) =>
      turns.run(() => {
        // a driver's word that had to wait may be older than what was heard meanwhile
        if (now < ingest.at) return;
        gaps.judge(now);
        ingest.advance(now);
      }),
    sample(channel, values, count, stamp, sourceSeq) {
      if (turns.busy) {
        // the caller may reuse its row
        const copy = Float64Array.from({ length: count }, (_, i) => values[i]!);
        return turns.wait(() => take(channel, copy, count, stamp, sourceSeq));
      }
      turns.enter();
      try {
        take(channel, values, count, stamp, sourceSeq);
      } finally {
        turns.leave();
      }
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
    trials: (request, outcome, tookMs) =>
      send({
        kind: "trials",
        actionId: request.actionId,
        requestId: request.requestId,
        outcome,
        ...(tookMs !== undefined && { tookMs }),
      }),
    helper: (effect, finding) =>
      send({ kind: "helper", helperId: effect.helperId, actionId: effect.actionId, finding }),
    failed: (detail) => send({ kind: "health", part: "node", code: "NODE_FAULT", active: true, detail }),
    stopAll: (detail) => carrier.stopAll("NODE_FAULT", detail),
    whenLatched: () => carrier.whenLatched(),
    actuatorFailed: (index, detail, about) =>
      send({
        kind: "actuator",
        actuator: actuatorIndexOf(index),
        report: "failed",
        actionId: null,
        detail,
        ...(about !== undefined && { about }),
      }),
    partFailed(part, detail) {
      const last = failedAt.get(part);
      if (last !== undefined && clock.now() - last < PART_FAILED_PERIOD_US) return;
      failedAt.set(part, clock.now());
      occurred(part, "NODE_PART_FAILED", detail);
    },
  };
  const carrier = carrierOf(door);
  return door;
}

const wordsOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).slice(0, 300);

/**
 * Time that went on without the node: a process that was stopped, a machine that slept, a loop that hung. The
 * ticks that came due meanwhile say nothing about the cell, so the first word after it is a stop, dated when the node was
 * last there; only then are the missed ticks made up.
 */
function createGapWatch(ingest: Ingest, clock: Clock) {
  let maxUs = Number.POSITIVE_INFINITY;
  let sleptUs = 0;
  let lateAt = -1;
  const judge = (now: Micros): void => {
    if (now < ingest.nextTickAt || maxUs === Number.POSITIVE_INFINITY) return;
    const slept = clock.sleptUs?.() ?? 0;
    const away = Math.max(now - ingest.at, slept - sleptUs);
    sleptUs = slept;
    if (away <= maxUs) return;
    lateAt = now;
    const detail = `nothing was looked at for ${Math.round(away / MICROS_PER_MS)} ms, limit ${Math.round(maxUs / MICROS_PER_MS)} ms`;
    ingest.event(ingest.at, { kind: "health", part: "event-loop", code: "LOOP_LAG", active: true, detail });
  };
  return {
    judge,
    now(): Micros {
      const now = clock.now();
      judge(now);
      return now;
    },
    watch(us: number): void {
      maxUs = us;
      sleptUs = clock.sleptUs?.() ?? 0;
    },
    get lateAt() {
      return lateAt;
    },
  };
}
