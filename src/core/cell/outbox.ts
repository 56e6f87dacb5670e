import {
  type BlockEffect,
  type Code,
  type Effect,
  type EpochMicros,
  epochMicrosOf,
  type Micros,
  type PersistEffect,
  type ReceiptBody,
  type ReceiptId,
  receiptIdOf,
  type Seq,
  soundBody,
  versionsOf,
} from "../domain/index.ts";

const NOTHING: readonly Effect[] = [];

/**
 * Gathers what one step asks for and hands it out in the only order that is safe: blocks first, then what
 * must survive a kill, then everything else in the order in which it was asked for. Blocks are taken before
 * the rest is even made, so that no receipt's words cost the stop a microsecond.
 */
export function createOutbox(cell: string, configHash: string) {
  let blocks: BlockEffect[] = [];
  let persist: PersistEffect | null = null;
  let rest: Effect[] = [];
  let waiting: (() => void)[] = [];
  let boot = 0;
  let versions: ReturnType<typeof versionsOf> = {};
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
    startRun(bootNumber: number, runEpoch: EpochMicros, program: string | undefined): void {
      versions = versionsOf(program);
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
      const { body: written, isSubstitute } = soundBody(body);
      rest.push({
        kind: "receipt",
        id,
        receipt: { receipt_id: id, at: wall(t), cell, config_hash: configHash, ...versions, body: written },
        awaited,
        ...(isSubstitute && { substitute: true as const }),
      });
      return id;
    },
    outcome(accepted: boolean, code: Code, detail: string): void {
      rest.push({ kind: "outcome", accepted, code, detail });
    },
    /** work that may wait until the blocks are out: receipts, persistence */
    afterBlocks(work: () => void): void {
      waiting.push(work);
    },
    takeBlocks(): readonly Effect[] {
      if (blocks.length === 0) return NOTHING;
      const all = blocks;
      blocks = [];
      return all;
    },
    takeRest(): readonly Effect[] {
      if (waiting.length > 0) {
        const due = waiting;
        waiting = [];
        for (const work of due) work();
      }
      if (persist === null && rest.length === 0) return NOTHING;
      const all: Effect[] = persist === null ? rest : [persist, ...rest];
      persist = null;
      rest = [];
      return all;
    },
  };
}
export type Outbox = ReturnType<typeof createOutbox>;
