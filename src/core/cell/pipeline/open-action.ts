import type {
  ActionId,
  ActuatorIndex,
  Code,
  EpochMicros,
  Micros,
  Proposal,
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
  Look,
  Measured,
  Nominal,
  RetreatGuard,
  Strangeness,
  TrialProblem,
} from "../../gate/index.ts";
import type { LoopFinding, MotionFollower, Watcher } from "../../gate/watch/index.ts";
import type { Snapshot } from "../host.ts";
import type { Lane } from "./lanes.ts";

export interface Via {
  readonly transport: string;
  readonly caller: string;
}
/** Where an action is on its way. Each state has one way in and a time limit. */
export type ActionState = "trials" | "looking" | "sandbox" | "storing" | "running" | "waiting" | "rechecking";

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
  /** looks at every reading while the arm backs away */
  guard: RetreatGuard | null;
  helpers: string[];
}
/** One frozen look at the cell and what the hard checks made of it. */
export interface Judged {
  readonly sight: Snapshot;
  readonly action: Action;
  readonly actuator: ActuatorIndex;
  readonly problem: TrialProblem;
  readonly nominal: Nominal;
  readonly context: Context;
  readonly drift: Drift;
  readonly entropy: Measured;
  readonly stability: Measured;
  readonly loop: LoopFinding;
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
