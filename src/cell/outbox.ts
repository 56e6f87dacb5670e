import {
  type BlockEffect, type Code, type Effect, type EpochMicros, epochMicrosOf, type Micros, type PersistEffect,
  type ReceiptBody, type ReceiptId, receiptIdOf, type Seq,
} from "../domain/index.ts";

const NOTHING: readonly Effect[] = [];

/**
 * Gathers what one step asks for and hands it out in the only order that is safe: blocks first, then what
 * must survive a kill, then everything else in the order in which it was asked for.
 */
export function createOutbox(cell: string, configHash: string) {
  let blocks: BlockEffect[] = [];
  let persist: PersistEffect | null = null;
  let rest: Effect[] = [];
  let boot = 0;
  let epoch = epochMicrosOf(0);
  let t = 0 as Micros;
  let seq = 0 as Seq;
  let receiptsOfStep = 0;

  const wall = (at: Micros): EpochMicros => epochMicrosOf(epoch + at);

  return {
    begin(atTime: Micros, atSeq: Seq): void {
      t = atTime;
      seq = atSeq;
      receiptsOfStep = 0;
    },
    startRun(bootNumber: number, runEpoch: EpochMicros): void {
      boot = bootNumber;
      epoch = runEpoch;
    },
    now: (): Micros => t,
    wall,
    block(effect: BlockEffect): void {
      blocks.push(effect);
    },
    persist(effect: PersistEffect): void {
      persist = effect;
    },
    emit(effect: Effect): void {
      rest.push(effect);
    },
    receipt(body: ReceiptBody, awaited: boolean): ReceiptId {
      const id = receiptIdOf(boot, seq, receiptsOfStep++);
      rest.push({
        kind: "receipt",
        id,
        receipt: { receipt_id: id, at: wall(t), cell, config_hash: configHash, body },
        awaited,
      });
      return id;
    },
    outcome(accepted: boolean, code: Code, detail: string): void {
      rest.push({ kind: "outcome", accepted, code, detail });
    },
    take(): readonly Effect[] {
      if (blocks.length === 0 && persist === null && rest.length === 0) return NOTHING;
      const all: Effect[] = persist === null ? [...blocks, ...rest] : [...blocks, persist, ...rest];
      if (blocks.length > 0) blocks = [];
      persist = null;
      if (rest.length > 0) rest = [];
      return all;
    },
  };
}
export type Outbox = ReturnType<typeof createOutbox>;
