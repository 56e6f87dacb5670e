import type { Prng } from "../../base/prng.ts";
import {
  type GateConfig,
  MAX_OPEN_PROPOSALS,
  MAX_PROPOSERS,
  MAX_REFUSAL_RECEIPTS_PER_SECOND,
  type Micros,
  MICROS_PER_S,
} from "../../domain/index.ts";
import { createFamiliarities, type Familiarities } from "../../gate/index.ts";
import {
  createLoopDetector,
  createWoundTracker,
  type LoopDetector,
  type WoundTracker,
} from "../../gate/watch/index.ts";

type HoldCode = "LOOP_HALT" | "WOUNDS_MANY";
/** What the gate keeps about one caller, so that nobody's behaviour costs another one. */
export interface Lane {
  readonly caller: string;
  readonly loops: LoopDetector;
  readonly wounds: WoundTracker;
  /** what it did before, per verb and target */
  readonly familiarity: Familiarities;
  /** what a person has to lift, and the source under which status shows it */
  readonly holds: Map<HoldCode, string>;
  open: number;
  waiting: number;
  escalated: boolean;
  lastAt: Micros;
  /** false: this caller proposes faster than it may */
  takeToken(t: Micros): boolean;
  /** false: enough refusals of this second have a receipt of their own; this one is counted */
  takeRefusalReceipt(t: Micros): boolean;
  /** refusals without a receipt of their own since the last call, once their second is over */
  unreported(t: Micros): number;
}
export interface Lanes {
  /** null: every lane is taken by somebody who is still active */
  of(caller: string, t: Micros): Lane | null;
  all(): Iterable<Lane>;
}

/** Slots that only callers with next to nothing open may take. */
const RESERVED_SLOTS = 16;
const FEW_OPEN = 2;

/** A caller may open another action while its fair share, and room for others, remains. */
export const mayOpen = (lane: Lane, open: number, gate: GateConfig): "yes" | "busy" | "full" => {
  if (lane.open >= gate.fairness.maxOpenPerProposer) return "busy";
  if (open >= MAX_OPEN_PROPOSALS) return "full";
  return open >= MAX_OPEN_PROPOSALS - RESERVED_SLOTS && lane.open >= FEW_OPEN ? "full" : "yes";
};

export function createLanes(gate: GateConfig, randomness: () => Prng): Lanes {
  const lanes = new Map<string, Lane>();
  const windowUs = gate.loopWindowMs * 1_000;
  const dropIdle = (t: Micros): boolean => {
    for (const [caller, lane] of lanes)
      if (
        lane.open === 0 &&
        lane.loops.halted === 0 &&
        lane.holds.size === 0 &&
        !lane.escalated &&
        t - lane.lastAt > windowUs
      )
        return lanes.delete(caller);
    return false;
  };
  return {
    of(caller, t) {
      let lane = lanes.get(caller);
      if (lane === undefined) {
        if (lanes.size >= MAX_PROPOSERS && !dropIdle(t)) return null;
        lane = createLane(caller, gate, randomness().split(caller), t);
        lanes.set(caller, lane);
      }
      lane.lastAt = t;
      return lane;
    },
    all: () => lanes.values(),
  };
}

function createLane(caller: string, gate: GateConfig, randomness: Prng, t0: Micros): Lane {
  const rate = gate.fairness.maxProposalsPerSecond;
  const capacity = Math.max(1, rate);
  let tokens = capacity;
  let filledAt: number = t0;
  let second = -1;
  let receipts = 0;
  let uncounted = 0;
  const secondOf = (t: Micros): number => Math.floor(t / MICROS_PER_S);
  return {
    caller,
    loops: createLoopDetector(gate.loopWindowMs * 1_000),
    wounds: createWoundTracker(),
    familiarity: createFamiliarities(gate.deferral, randomness),
    holds: new Map(),
    open: 0,
    waiting: 0,
    escalated: false,
    lastAt: t0,
    takeToken(t) {
      tokens = Math.min(capacity, tokens + ((t - filledAt) * rate) / MICROS_PER_S);
      filledAt = t;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    takeRefusalReceipt(t) {
      if (secondOf(t) !== second) {
        second = secondOf(t);
        receipts = 0;
      }
      if (receipts < MAX_REFUSAL_RECEIPTS_PER_SECOND) {
        receipts++;
        return true;
      }
      uncounted++;
      return false;
    },
    unreported(t) {
      if (uncounted === 0 || secondOf(t) === second) return 0;
      const count = uncounted;
      uncounted = 0;
      return count;
    },
  };
}
