import type { Code } from "./codes/index.ts";
import type { LatchedCause } from "./event.ts";
import type { ActionId, ActuatorIndex, ReceiptId } from "./ids.ts";
import type { Receipt } from "./receipt.ts";
import type { Micros } from "./time.ts";
import type { TrialRequest } from "./trial.ts";

/** Everything the cell may ever ask for. A block is always first in the list. */
export type Effect =
  | BlockEffect
  | SlowEffect
  | VelocityEffect
  | HeartbeatEffect
  | PersistEffect
  | KeepStageEffect
  | ReceiptEffect
  | TrialsEffect
  | HelperEffect
  | PermitEffect
  | RevokeEffect
  | AnswerEffect
  | OutcomeEffect
  | AlarmEffect;

/** Stop and hold the measured pose. Repeated while blocked, never silent. */
export interface BlockEffect {
  readonly kind: "block";
  readonly actuator: ActuatorIndex;
  readonly code: Code;
  readonly detail: string;
  /** position measured last, one per joint; empty when unknown: the actuator then stops without a pose */
  readonly pose: readonly number[];
  /** false: a repetition of a block that was sent before */
  readonly first: boolean;
}
/** Scale the speed of what runs; 1 = full speed. */
export interface SlowEffect {
  readonly kind: "slow";
  readonly scale: number;
}
/** What is asked of a base, a tool or the joints, as far as it may go out now. */
export interface VelocityEffect {
  readonly kind: "velocity";
  readonly actuator: ActuatorIndex;
  /** as the command channel has them; all zero: stand */
  readonly values: readonly number[];
}
/** The permit heartbeat: may move while it counts. Not sent when a part does not answer. */
export interface HeartbeatEffect {
  readonly kind: "heartbeat";
  readonly counter: number;
  readonly state: string;
  readonly mayMove: boolean;
  readonly configHash: string;
}
/** What must survive a kill: written before the step's other effects are, after the block. */
export interface PersistEffect {
  readonly kind: "persist";
  readonly latched: readonly LatchedCause[];
}
/** The stage of the gate that the next start comes up in. */
export interface KeepStageEffect {
  readonly kind: "keepStage";
  readonly stage: number;
}
export interface ReceiptEffect {
  readonly kind: "receipt";
  readonly id: ReceiptId;
  readonly receipt: Receipt;
  /** the cell waits for a stored event before it goes on */
  readonly awaited: boolean;
  /** true: stands for one that could not be written; whoever waits for that one is told no */
  readonly substitute?: true;
}
export interface TrialsEffect {
  readonly kind: "trials";
  readonly request: TrialRequest;
}
/** Real, bounded work on another thread: a deeper trial, a cross-check, a search for a safer variant. */
export interface HelperEffect {
  readonly kind: "helper";
  readonly helperId: number;
  readonly actionId: ActionId;
  readonly task: unknown;
}
/** Leave to run one action once. */
export interface PermitEffect {
  readonly kind: "permit";
  readonly actionId: ActionId;
  readonly actuator: ActuatorIndex;
  /** hash of the canonical proposal: the permit is void for anything else */
  readonly proposalHash: string;
  readonly expires: Micros;
  /** the checked action, as the actuator needs it */
  readonly action: unknown;
  readonly watched: boolean;
  /** true: runs while the cell is blocked, alone, and ends with the next block */
  readonly retreat: boolean;
}
/** Takes a permit back and aborts its action. */
export interface RevokeEffect {
  readonly kind: "revoke";
  readonly actionId: ActionId;
  readonly actuator: ActuatorIndex;
  readonly code: Code;
  /** position measured last, for an actuator that ends a motion by holding it; empty when unknown */
  readonly pose: readonly number[];
}
/** What the proposer is told. */
export interface AnswerEffect {
  readonly kind: "answer";
  readonly actionId: ActionId;
  readonly via: { readonly transport: string; readonly caller: string };
  readonly answer: unknown;
}
/** What became of a person's request (operator, approval, stage): exactly one for each such event. */
export interface OutcomeEffect {
  readonly kind: "outcome";
  readonly accepted: boolean;
  readonly code: Code | null;
  readonly detail: string;
}
/** For people and metrics only; never leads to motion. */
export interface AlarmEffect {
  readonly kind: "alarm";
  readonly code: Code;
  readonly detail: string;
}
