import type {
  ActionId,
  ActuatorIndex,
  Code,
  EpochMicros,
  Micros,
  Proposal,
  ReceiptBody,
  ReceiptBodyOf,
  ReceiptId,
  TrialSummary,
} from "../../domain/index.ts";
import type {
  Action,
  Ceiling,
  Confidence,
  Context,
  Decision,
  Drift,
  HelperFinding,
  Look,
  Measured,
  Nominal,
  RestOfWay,
  RetreatGuard,
  Strangeness,
  TrialProblem,
} from "../../gate/index.ts";
import type { LoopFinding, MotionFollower, Watcher } from "../../gate/watch/index.ts";
import type { ActionEnergy } from "../energy.ts";
import type { Snapshot } from "../host.ts";
import type { Lane } from "./lanes.ts";

export interface Via {
  readonly transport: string;
  readonly caller: string;
}
/** Where an action is on its way; `action-states.ts` says what each is and how it ends. */
export type ActionState =
  | "trials"
  | "looking"
  | "helping"
  | "sandbox"
  | "storing"
  | "running"
  | "waiting"
  | "rechecking";

/** Everything known about one action between its proposal and its end. */
export interface OpenAction {
  readonly id: ActionId;
  readonly via: Via;
  readonly lane: Lane;
  readonly proposal: Proposal;
  readonly argsHash: string;
  readonly questions: readonly string[];
  readonly begunAt: Micros;
  readonly seq: number;
  state: ActionState;
  /** when the present state ends by itself */
  deadline: Micros;
  judged: Judged;
  /** what the trials of this action came to last */
  trials: TrialReport | null;
  decision: Decision;
  confidence: Confidence | null;
  requestId: number;
  requestedAt: Micros;
  trialSeed: number;
  /** what the detector said about its questions; null: it was not asked yet, which happens once */
  loop: LoopFinding | null;
  /** drops within its own confidence, as they were written */
  wounds: readonly WrittenLeaf[];
  /** true: the wounds of its caller reached another multiple of what helpers start for */
  wounded: boolean;
  helping: Helping | null;
  looked: Look | null;
  lookedAt: Micros | null;
  /** a GREEN or YELLOW is judged again at most once */
  again: boolean;
  sandbox: SandboxResult | null;
  receiptId: ReceiptId | null;
  watched: boolean;
  approval: PendingApproval | null;
  /** true after a person approved: the score no longer counts, hard rules do */
  approved: boolean;
  accepted: boolean;
  /** the actuator says that it is over; believed when the measured joints agree */
  claimedDone: boolean;
  permitExpires: Micros;
  watcher: Watcher | null;
  /** reads begin and end off the joints, where the actuator does not tell them */
  follower: MotionFollower | null;
  /** when what is permitted is over by itself, where nothing else tells; null: something does */
  endsAt: Micros | null;
  /** judges what is left of the motion while it runs */
  rest: RestWatch | null;
  /** looks at every reading while the arm backs away */
  guard: RetreatGuard | null;
}
/** The rest of one running motion under watch. */
export interface RestWatch {
  readonly way: RestOfWay;
  /** people as they were judged last */
  persons: readonly number[];
  dueAt: Micros;
  /** the cell was made slow for it */
  slowed: boolean;
  clearSince: Micros;
}
/** A receipt that stands under the root of a spawn. */
export interface WrittenLeaf {
  readonly id: ReceiptId;
  readonly body: ReceiptBody;
}
/** Helpers of one action: what they are wanted for, who is still awaited, what came back. */
export interface Helping {
  readonly reason: NonNullable<ReceiptBodyOf<"spawn">["reason"]>;
  readonly woundCount: number;
  readonly started: number;
  /** helpers that have not come back, with the kind of their work */
  readonly awaited: Map<number, string>;
  readonly leaves: WrittenLeaf[];
  readonly findings: HelperFinding[];
}
/** One frozen look at the cell and what the hard checks made of it. */
export interface Judged {
  readonly sight: Snapshot;
  /** V_s with this action in it */
  readonly energy: ActionEnergy;
  readonly action: Action;
  readonly actuator: ActuatorIndex;
  readonly problem: TrialProblem;
  readonly nominal: Nominal;
  readonly context: Context;
  readonly drift: Drift;
  readonly entropy: Measured;
  readonly stability: Measured;
  readonly features: readonly number[];
  strangeness: Strangeness | null;
}
export interface TrialReport {
  readonly summary: TrialSummary | null;
  /** why the trials do not count in full */
  readonly ceiling: Ceiling | null;
  readonly latencyMs: number;
}
export interface SandboxResult {
  readonly ok: boolean;
  readonly code: Code | null;
  readonly detail: string;
}
export interface PendingApproval {
  readonly argsHash: string;
  readonly configHash: string;
  readonly modelHash: string;
  readonly expiresAt: Micros;
  readonly expiresWall: EpochMicros;
  /** bound on the safe share when the person was asked */
  readonly cap: number;
  attempts: number;
}
