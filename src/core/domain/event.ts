import type { Code } from "./codes/index.ts";
import type { ActionId, ActuatorIndex, ChannelIndex, OperatorId, ReceiptId, Seq } from "./ids.ts";
import type { Sample } from "./sample.ts";
import type { Role } from "./severity.ts";
import type { EpochMicros, Micros } from "./time.ts";
import type { TrialOutcome } from "./trial.ts";

/** Everything the cell may ever learn. The stream of events is the tape. */
export type CellEvent =
  | StartEvent
  | Sample
  | FaultEvent
  | TickEvent
  | ProposalEvent
  | TrialsEvent
  | HelperEvent
  | StoredEvent
  | OperatorEvent
  | ApprovalEvent
  | SwitchEvent
  | ActuatorEvent
  | HealthEvent;

interface At {
  readonly t: Micros;
  readonly seq: Seq;
}

/** First event of every run: what the process brings along from before. */
export interface StartEvent extends At {
  readonly kind: "start";
  /** counts the starts of this node; part of every receipt id */
  readonly boot: number;
  /** wall time at t = 0 */
  readonly epoch: EpochMicros;
  /** causes that were latched when the last process ended */
  readonly latched: readonly LatchedCause[];
  /** reason why the ledger may not be trusted, or null */
  readonly ledgerFault: string | null;
  readonly configHash: string;
  /** seed of all randomness of the run */
  readonly seed: number;
  /** version of the program that runs; part of every receipt. Absent: not said, and not written */
  readonly program?: string;
  /** stage of the gate that a person chose in an earlier run; absent: nobody did */
  readonly stage?: StoredStage;
}
export type StoredStage =
  | {
      readonly kind: "read";
      readonly stage: number;
      /** the configuration under which it was chosen */
      readonly configHash: string;
    }
  | { readonly kind: "damaged"; readonly detail: string };
/** Enough of a cause to latch it again after a restart. */
export interface LatchedCause {
  readonly code: Code;
  readonly source: string;
  readonly detail: string;
}

/** A reading that could not be trusted. Counts as missing. */
export interface FaultEvent extends At {
  readonly kind: "fault";
  readonly channel: ChannelIndex;
  readonly code: Code;
  readonly detail: string;
}
/** Time passed; carries its due time, never the firing time. */
export interface TickEvent extends At {
  readonly kind: "tick";
}
/** An action that somebody wants to run, as it came: unchecked. `raw` is plain JSON data. */
export interface ProposalEvent extends At {
  readonly kind: "proposal";
  readonly raw: unknown;
  /** who brought it, as the transport knows it; never what the proposal claims */
  readonly via: { readonly transport: string; readonly caller: string };
  /** set when the door already refused it (too large, not JSON, queue full) */
  readonly refused: Code | null;
}
/** A batch of trials came back, or did not. */
export interface TrialsEvent extends At {
  readonly kind: "trials";
  readonly actionId: ActionId;
  readonly requestId: number;
  readonly outcome: TrialOutcome;
  /** measured beside the tape's clock, where that one does not run while trials do */
  readonly tookMs?: number;
}
/** A helper came back with what it found. */
export interface HelperEvent extends At {
  readonly kind: "helper";
  readonly helperId: number;
  readonly actionId: ActionId;
  readonly finding: unknown;
}
/** The ledger holds the receipt durably, or cannot say so. */
export interface StoredEvent extends At {
  readonly kind: "stored";
  readonly receiptId: ReceiptId;
  readonly ok: boolean;
}
/** A person asks for something through the control endpoint or a signed request. */
export interface OperatorEvent extends At {
  readonly kind: "operator";
  readonly act: OperatorAct;
  readonly by: OperatorId;
  readonly roles: readonly Role[];
  /** unique per request: a repeated one is refused */
  readonly requestId: string;
  readonly reason: string;
}
export type OperatorAct =
  /** rising or falling edge of the reset input; reset happens on the rising edge only */
  | { readonly name: "reset"; readonly level: 0 | 1; readonly retained: boolean }
  | { readonly name: "resume" }
  | { readonly name: "acknowledge"; readonly code: Code; readonly source: string }
  | { readonly name: "kill" }
  | { readonly name: "unkill" };

/** A person's answer to a RED. */
export interface ApprovalEvent extends At {
  readonly kind: "approval";
  readonly actionId: ActionId;
  readonly granted: boolean;
  readonly by: OperatorId;
  readonly roles: readonly Role[];
  /** what the person saw and bound the answer to */
  readonly argsHash: string;
  readonly configHash: string;
  readonly modelHash: string;
  /** free text; never reaches the proposer */
  readonly reason: string;
  /** Ed25519 over the canonical approval, hexadecimal, when the deployment asks for one; checked at the door */
  readonly signature: "valid" | "absent" | "invalid";
}
/** Features and stages are switched by a person, with evidence. */
export interface SwitchEvent extends At {
  readonly kind: "switch";
  readonly stage: number;
  readonly by: OperatorId;
  readonly roles: readonly Role[];
  readonly reason: string;
}
/** What an actuator reports: accepted, confirmed (motion ended), failed. */
export interface ActuatorEvent extends At {
  readonly kind: "actuator";
  readonly actuator: ActuatorIndex;
  readonly report: "accepted" | "failed" | "completed" | "aborted";
  readonly actionId: ActionId | null;
  readonly detail: string;
  /** what could not be carried, when it was no block and no permit */
  readonly about?: "revoke" | "slow";
}
/** What the process measured about itself or a transport. */
export interface HealthEvent extends At {
  readonly kind: "health";
  readonly part: string;
  readonly code: Code;
  /** false: the condition has ended */
  readonly active: boolean;
  readonly detail: string;
}
