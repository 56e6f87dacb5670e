import { assert } from "../base/assert.ts";
import {
  type CellEvent,
  type ChannelIndex,
  type Effect,
  type EpochMicros,
  type Micros,
  MAX_SCAN_RAYS,
  NO_STAMP,
  type Sample,
  type Seq,
  TICK_PERIOD_US,
} from "../domain/index.ts";
import type { Cell } from "./cell-face.ts";
import { soundEvent, type Unnumbered } from "./sound-event.ts";

/** Where the door hands what it made: first the effects, which may stop a robot, then the record. */
export interface IngestSink {
  carry(effects: readonly Effect[], t: Micros): void;
  /** everything but ticks, which are made again from their due times */
  record(event: CellEvent): void;
  /** the cell failed over an event: our own mistake. Without somebody to hear it, it is thrown on */
  failed?(event: CellEvent, error: unknown): void;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The door. Gives each event its time and number and delivers every tick that is due before it, so that the
 * stream is the same however late a timer fires.
 */
export function createIngest(cell: Cell, sink: IngestSink, channels: number) {
  let seq = 0;
  let nextTick = TICK_PERIOD_US;
  let last = 0 as Micros;
  const samples: Mutable<Sample>[] = Array.from({ length: channels }, (_, i) => ({
    kind: "sample",
    t: 0 as Micros,
    seq: 0 as Seq,
    channel: i as ChannelIndex,
    stamp: NO_STAMP,
    sourceSeq: -1,
    values: new Float64Array(0),
  }));
  const tick: Mutable<Extract<CellEvent, { kind: "tick" }>> = { kind: "tick", t: 0 as Micros, seq: 0 as Seq };

  const deliver = (event: CellEvent): readonly Effect[] => {
    try {
      const blocks = cell.step(event);
      if (blocks.length > 0) sink.carry(blocks, event.t);
      const rest = cell.settle();
      if (rest.length > 0) sink.carry(rest, event.t);
      return rest;
    } catch (error) {
      if (sink.failed === undefined) throw error;
      sink.failed(event, error);
      return [];
    }
  };
  const advance = (now: Micros): void => {
    assert(now >= last, "the door's clock is monotonic");
    while (nextTick <= now) {
      tick.t = nextTick as Micros;
      tick.seq = seq++ as Seq;
      nextTick += TICK_PERIOD_US;
      last = tick.t;
      deliver(tick);
    }
    last = now;
  };

  return {
    advance,
    /** records how far time has come, so that a replay delivers the last ticks too */
    mark(): void {
      if (tick.t > 0) sink.record(tick);
    },
    /** how far time has come */
    get at(): Micros {
      return last;
    },
    get nextTickAt(): Micros {
      return nextTick as Micros;
    },
    get events(): number {
      return seq;
    },
    sample(
      now: Micros,
      channel: ChannelIndex,
      values: ArrayLike<number>,
      count: number,
      stamp: EpochMicros,
      sourceSeq: number,
    ): void {
      assert(count <= MAX_SCAN_RAYS, "a reading fits its row");
      advance(now);
      const sample = samples[channel]!;
      if (sample.values.length !== count) sample.values = new Float64Array(count);
      // −0 moves nothing that 0 does not, and has no canonical text
      for (let i = 0; i < count; i++) sample.values[i] = values[i]! + 0;
      sample.t = now;
      sample.seq = seq++ as Seq;
      sample.stamp = stamp;
      sample.sourceSeq = sourceSeq;
      deliver(sample);
      sink.record(sample);
    },
    event(now: Micros, body: Unnumbered<CellEvent>): readonly Effect[] {
      advance(now);
      const event = { ...soundEvent(body), t: now, seq: seq++ as Seq } as CellEvent;
      const effects = deliver(event);
      sink.record(event);
      return effects;
    },
  };
}
export type Ingest = ReturnType<typeof createIngest>;
