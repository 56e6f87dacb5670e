import type {
  ActionId,
  ActuatorEvent,
  ApprovalEvent,
  Code,
  Deployment,
  Effect,
  EpochMicros,
  HelperEvent,
  Micros,
  Proposal,
  ProposalEvent,
  ReceiptBody,
  ReceiptId,
  StartEvent,
  StoredEvent,
  SwitchEvent,
  TrialsEvent,
} from "../domain/index.ts";
import type { Action, Refusal, TrialProblem } from "../gate/index.ts";
import type { ChannelInfo } from "../reflex/rule.ts";
import type { Kinematics } from "../robot/index.ts";
import type { ActionEnergy } from "./energy.ts";

/** The newest trusted reading of one channel, frozen by copy. */
export interface ChannelSnapshot {
  readonly name: string;
  readonly t: Micros;
  readonly values: readonly number[];
}
/** What the cell knew at one moment: input of a judgement and part of its receipt. */
export interface Snapshot {
  readonly t: Micros;
  readonly seq: number;
  readonly channels: readonly ChannelSnapshot[];
  readonly position: readonly number[];
  readonly velocity: readonly number[];
  /** learned risk energy at that moment; null: no trusted value, which is RED */
  readonly energy: number | null;
  readonly energyContributions: Readonly<Record<string, number>>;
  /** above this the risk head counts its energy as an alarm; absent: the deployment's own limit must be set */
  readonly energyThreshold?: number;
  /** hash of the risk head, "none" without one */
  readonly modelHash: string;
}

/** What the cell decides about a motion out of a block: the states and causes are its own. */
export interface RetreatLeave {
  /** null: the arm stands blocked for causes that it may back away from */
  forbidden(): Refusal | null;
  /** the block is held back for this action and nothing else; any new cause brings it back */
  begin(actionId: ActionId): void;
  /** blocks again, whatever the retreat came to; nothing when no retreat runs */
  end(code: Code, detail: string): void;
}

/** What the cell lends to the life of a proposal. */
export interface PipelineHost {
  readonly deployment: Deployment;
  readonly channels: readonly ChannelInfo[];
  readonly kinematics: Kinematics;
  readonly configHash: string;
  readonly seed: number;
  /** now, on the tape's clock */
  now(): Micros;
  wall(t: Micros): EpochMicros;
  /** share of full speed that the cell allows now */
  pace(): number;
  /** null: the cell may move; otherwise the code of the worst cause that forbids it */
  forbidden(): Code | null;
  /** causes that slow or stop the cell now, as `code source`, in the order of their names */
  causes(): readonly string[];
  snapshot(): Snapshot;
  /** V_s of the cell as the newest snapshot shows it, with this action in it */
  energyOf(proposal: Proposal): ActionEnergy;
  /** motion out of a block, for one checked action */
  readonly retreat: RetreatLeave;
  /** writes a receipt; `awaited`: a stored event with this id will follow */
  receipt(body: ReceiptBody, awaited: boolean): ReceiptId;
  emit(effect: Effect): void;
  /** blocks the cell for a cause that the pipeline found (watcher breach, kill from a stoprule) */
  raise(code: Code, source: string, detail: string): void;
  /** a cause that lasts until it is told again without words */
  lasting(code: Code, source: string, detail: string | null): void;
  /** takes back a cause that waits for a person, once the person's word came another way */
  lower(code: Code, source: string): void;
}

/** The life of a proposal, from the door to its permit. Owned by the cell, pure, synchronous, bounded. */
export interface Pipeline {
  start(event: StartEvent): void;
  proposal(event: ProposalEvent): void;
  trials(event: TrialsEvent): void;
  helper(event: HelperEvent): void;
  stored(event: StoredEvent): void;
  /** emits exactly one `outcome` effect, as does switchStage */
  approval(event: ApprovalEvent): void;
  switchStage(event: SwitchEvent): void;
  actuator(event: ActuatorEvent): void;
  tick(t: Micros): void;
  /** a reading came while the arm backs away */
  backingAway(): void;
  /** a person acknowledged a cause; the pipeline lifts what hung on it */
  acknowledged(code: Code, source: string, by: string, reason: string): void;
  /** the cell was stopped: everything proposed before is void, one receipt each */
  stopped(code: Code): void;
  /** what status and page show */
  view(): PipelineView;
}
/** The motion of an open action, for who draws it: by reference, never to be changed. */
export interface OpenMotion {
  readonly path: Action["path"];
  /** null: no trials have come back */
  readonly trials: {
    readonly problem: TrialProblem;
    readonly seed: number;
    readonly worst: number;
    readonly cause: string;
  } | null;
}
export interface PipelineView {
  readonly stage: number;
  readonly enforced: boolean;
  readonly open: readonly {
    readonly actionId: ActionId;
    readonly proposer: string;
    readonly verb: string;
    readonly state: string;
    readonly verdict: string | null;
    readonly confidence: number | null;
    readonly reason: string;
    /** what it would do with the arm; null: nothing */
    readonly motion: OpenMotion | null;
  }[];
  readonly approvals: readonly {
    readonly actionId: ActionId;
    readonly proposer: string;
    readonly summary: string;
    readonly code: string;
    /** why it is RED, in words */
    readonly reason: string;
    /** the wire that it came by, and who stood at its other end */
    readonly caller: string;
    readonly argsHash: string;
    readonly modelHash: string;
    readonly expiresAt: EpochMicros;
    readonly needed: number;
    readonly granted: readonly string[];
    readonly escalated: boolean;
  }[];
  readonly watchers: readonly {
    readonly actionId: ActionId;
    readonly endsAt: Micros;
    readonly limits: Readonly<Record<string, number>>;
  }[];
  readonly counts: Readonly<Record<string, number>>;
  /** switches that the present stage has on */
  readonly features: Readonly<Record<string, boolean>>;
  /** what a proposer names as the context of its reasoning; null before the first one */
  readonly context: { readonly hash: string; readonly at: EpochMicros } | null;
  /** what speaks for and against the next stage */
  readonly evidence: Readonly<Record<string, number | boolean>>;
}
