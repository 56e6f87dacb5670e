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
  Verb,
} from "../../domain/index.ts";
import {
  type Action,
  argsHash,
  type Ceiling,
  type Confidence,
  type Context,
  type Decision,
  type Drift,
  type HelperFinding,
  type Look,
  type Measured,
  NO_DECISION,
  type Nominal,
  type RestOfWay,
  type RetreatGuard,
  type Strangeness,
  type TrialProblem,
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
  | "rechecking"
  | "stepping";

/** Everything known about one action between its proposal and its end. */
export interface OpenAction {
  readonly id: ActionId;
  readonly via: Via;
  readonly lane: Lane;
  readonly proposal: Proposal;
  readonly argsHash: string;
  readonly questions: readonly string[];
  /** how many offers of helpers it descends from; at the cap no helpers start for it */
  readonly generation: number;
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
  /** what its trials took beyond the time that passed on the tape meanwhile */
  untapedMs: number;
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
  /** set while the steps of a plan run, each as an action of its own */
  plan: PlanRun | null;
  /** set when the action is a step of a plan */
  readonly step: StepOf | null;
  /** how an action that was permitted ended; null: it has not, or was never permitted */
  fate: { readonly completed: boolean; readonly code: Code; readonly detail: string } | null;
}
/** Where a plan is: its steps follow one another, and its locks are held from step to step. */
export interface PlanRun {
  /** the step that runs or begins next, counted from 0 */
  place: number;
  readonly held: Set<string>;
  current: OpenAction | null;
  /** end of a step in which nothing is commanded */
  standsUntil: Micros | null;
}
export interface StepOf {
  readonly plan: OpenAction;
  /** counted from 1 */
  readonly number: number;
  readonly of: number;
  readonly name: string;
  readonly skill: string;
  readonly locks: readonly string[];
  /** verb that its target has to allow; undefined: the step's own */
  readonly askedAs: Verb | undefined;
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
  /** how many different persons have to say yes */
  readonly needed: number;
  /** who did, each by the name of the person who answered or in whose place it was answered */
  readonly granted: string[];
  /** when further operators are asked; null: never, or they were */
  escalatesAt: Micros | null;
  escalated: boolean;
  attempts: number;
}

type Begin = Pick<
  OpenAction,
  "id" | "via" | "lane" | "proposal" | "questions" | "generation" | "begunAt" | "seq" | "judged" | "step"
>;
/** An action that has passed the hard rules and of which nothing else is known yet. */
export const openAction = (begin: Begin): OpenAction => ({
  ...begin,
  argsHash: argsHash(begin.proposal, begin.judged.action.target),
  state: "trials",
  deadline: begin.begunAt,
  trials: null,
  decision: NO_DECISION,
  confidence: null,
  requestId: 0,
  requestedAt: begin.begunAt,
  trialSeed: 0,
  untapedMs: 0,
  loop: null,
  wounds: [],
  wounded: false,
  helping: null,
  looked: null,
  lookedAt: null,
  again: false,
  sandbox: null,
  receiptId: null,
  watched: false,
  approval: null,
  approved: false,
  accepted: false,
  claimedDone: false,
  permitExpires: 0 as Micros,
  watcher: null,
  follower: null,
  endsAt: null,
  rest: null,
  guard: null,
  plan: null,
  fate: null,
});
