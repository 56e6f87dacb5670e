import { assert } from "../src/core/base/assert.ts";
import type { OutMessage } from "../src/edge/ports/index.ts";
import { type ArmPlan, createCursor, type PlanCursor } from "./arm-path.ts";
import { isGripper, jobPaceOf } from "./permitted-action.ts";
import { createPermitReceiver, type PermitReceiver } from "./permit-receiver.ts";

/** What became of a permitted action; told to the node by the transport. */
export interface ActionReport {
  readonly report: "accepted" | "failed" | "completed" | "aborted";
  readonly actionId: string;
  readonly detail: string;
}
export interface ControllerSetting {
  readonly plan: ArmPlan;
  /** seconds from full pace to standstill and back */
  readonly rampS: number;
  /** false: nothing of what the node says is heard; shows what would have happened without it */
  readonly obeys: boolean;
  /** how long a command needs until it acts */
  readonly latencyUs: number;
  /** the plan from where the arm stands through the points of a permitted trajectory and back; words when it cannot */
  planAction(from: Float64Array, action: unknown, home: readonly number[]): ArmPlan | string;
  /** the way back to its job after an action that ended half way */
  planBack(from: Float64Array, home: readonly number[]): ArmPlan;
}
type Permitted = Pick<Message<"permit">, "actionId" | "action" | "retreat">;
type Message<K extends OutMessage["kind"]> = Extract<OutMessage, { kind: K }>;
/** how long the arm stands at the goal of an action, at least */
const GOAL_PAUSE_S = 0.1;
/** how long the hand needs to open or close */
const HAND_US = 300_000;
const QUEUE_MAX = 256;
const STANDING_RATE = 1e-6;
/** Share of a ramp in which its deceleration builds up, and again fades: a real arm does not jerk to a stop. */
const SOFT_SHARE = 0.15;

/**
 * The simulated robot controller: follows its plan on its own clock, obeys stop, slow, heartbeat, permit and
 * revoke, and never leaves its acceleration limits while doing so. It is the same for every engine.
 */
export class ArmController {
  readonly qd: Float64Array;
  readonly qdd: Float64Array;
  readonly receiver: PermitReceiver = createPermitReceiver();
  readonly #setting: ControllerSetting;
  readonly #work: PlanCursor;
  readonly #waiting: { readonly atUs: number; readonly message: OutMessage }[] = [];
  readonly #reports: ActionReport[] = [];
  #cursor: PlanCursor;
  #action: string | null = null;
  /** a permitted plan waits until the arm stands */
  #next: Permitted | null = null;
  /** the action that runs although the arm is stopped */
  #backingAway = false;
  #revoked = false;
  /** what the hand does now, and when that is over */
  #hand: { readonly actionId: string; readonly untilUs: number } | null = null;
  #s = 0;
  /** on the plan's clock: when an action has reached its goal; infinite without one */
  #goalAtS = Number.POSITIVE_INFINITY;
  #rate: number;
  /** how fast the pace changes now, per second */
  #rateRate = 0;
  #scale = 1;
  /** how fast the job is done, share of its full pace */
  #pace = 1;

  constructor(setting: ControllerSetting) {
    assert(setting.rampS > 0, "an arm needs time to stop");
    this.#setting = setting;
    this.#work = createCursor(setting.plan);
    this.#work.seek(0);
    this.#cursor = this.#work;
    this.#rate = setting.obeys ? 0 : 1;
    this.qd = new Float64Array(setting.plan.from.length);
    this.qdd = new Float64Array(setting.plan.from.length);
  }

  get q(): Float64Array {
    return this.#cursor.q;
  }
  /** pace of the plan's clock, 0…1 */
  get rate(): number {
    return this.#rate;
  }

  command(message: OutMessage, nowUs: number): void {
    const { obeys, latencyUs } = this.#setting;
    if (!obeys) return;
    if (latencyUs === 0) return this.#obey(message, nowUs);
    // a full queue drops the oldest: the newest word of a safety node counts most
    if (this.#waiting.length >= QUEUE_MAX) this.#waiting.shift();
    this.#waiting.push({ atUs: nowUs + latencyUs, message });
  }

  step(nowUs: number, dtS: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.atUs <= nowUs)
      this.#obey(this.#waiting.shift()!.message, nowUs);
    const allowed = !this.#setting.obeys || this.#mayMove(nowUs);
    this.#stepHand(allowed, nowUs);
    if (!allowed) this.#dropNext();
    if (this.#next !== null && this.#rate < STANDING_RATE) this.#beginNext(this.#next);
    const may = allowed && !this.#revoked && this.#next === null && this.#hand === null;
    const wanted = this.#cursor === this.#work ? this.#scale * this.#pace : this.#scale;
    const change = this.#changeTo(may ? wanted : 0, dtS);
    this.#rate += change;
    if (this.#action !== null && !may && this.#rate < STANDING_RATE) this.#abort();
    this.#follow(change / dtS, dtS);
    if (this.#s >= this.#goalAtS) this.#reachGoal();
    if (this.#cursor !== this.#work && this.#cursor.done(this.#s)) this.#backToWork();
  }

  /** A retreat needs a leave of its own, and has no use for the one that everything else needs. */
  #mayMove(nowUs: number): boolean {
    const backsAway = this.#backingAway || this.#next?.retreat === true;
    return backsAway ? this.receiver.mayBackAway(nowUs) : this.receiver.mayMove(nowUs);
  }

  reports(each: (report: ActionReport) => void): void {
    for (const report of this.#reports.splice(0)) each(report);
  }

  /** by how much the pace goes towards `goal` in this step: evenly, with soft ends */
  #changeTo(goal: number, dtS: number): number {
    const left = goal - this.#rate;
    // every plan begins at rest: at its very start the pace may jump
    if (this.#s === 0) {
      this.#rateRate = 0;
      return left;
    }
    const steepest = 1 / (this.#setting.rampS * (1 - SOFT_SHARE));
    const growth = steepest / (this.#setting.rampS * SOFT_SHARE);
    // the steepest pace change that can still fade before the goal
    const wish = Math.sign(left) * Math.min(steepest, Math.sqrt(2 * growth * Math.abs(left)));
    const most = growth * dtS;
    this.#rateRate += Math.max(-most, Math.min(most, wish - this.#rateRate));
    const change = this.#rateRate * dtS;
    if (Math.sign(change) !== Math.sign(left) || Math.abs(change) < Math.abs(left) - most * dtS)
      return change;
    this.#rateRate = 0;
    return left;
  }

  #follow(rateRate: number, dtS: number): void {
    this.#s += this.#rate * dtS;
    this.#cursor.seek(this.#s);
    const { dq, ddq } = this.#cursor;
    for (let i = 0; i < this.qd.length; i++) {
      this.qd[i] = dq[i]! * this.#rate;
      this.qdd[i] = ddq[i]! * this.#rate * this.#rate + dq[i]! * rateRate;
    }
  }

  #obey(message: OutMessage, nowUs: number): void {
    if (message.kind === "stop") this.receiver.stop();
    else if (message.kind === "slow")
      this.#scale = message.scale >= 0 && message.scale <= 1 ? message.scale : 0;
    else if (message.kind === "heartbeat")
      this.receiver.heartbeat(message, nowUs, this.#rate < STANDING_RATE);
    else if (message.kind === "permit") this.#permit(message, nowUs);
    else if (message.kind === "revoke" && message.actionId === this.#hand?.actionId)
      this.#dropHand("revoked");
    else if (message.kind === "revoke" && message.actionId === this.#action) this.#revoked = true;
    else if (message.kind === "revoke" && message.actionId === this.#next?.actionId) this.#dropNext();
  }

  #permit({ actionId, action, expiresUs, retreat }: Message<"permit">, nowUs: number): void {
    const busy = this.#action ?? this.#next?.actionId ?? this.#hand?.actionId;
    if (nowUs > expiresUs) return this.#tell("failed", actionId, "permit has expired");
    const pace = jobPaceOf(action);
    if (pace !== null) return this.#setPace(actionId, pace);
    if (busy !== undefined) return this.#tell("failed", actionId, `busy with ${busy}`);
    if (isGripper(action)) {
      this.#hand = { actionId, untilUs: nowUs + HAND_US };
      return this.#tell("accepted", actionId, "");
    }
    this.#next = { actionId, action, retreat };
    if (retreat) this.receiver.backAway();
  }

  /** The arm stands while the hand works; a hand that is stopped half way has not done what was asked. */
  #stepHand(allowed: boolean, nowUs: number): void {
    if (this.#hand === null) return;
    if (!allowed) return this.#dropHand("stopped");
    if (nowUs < this.#hand.untilUs) return;
    this.#tell("completed", this.#hand.actionId, "");
    this.#hand = null;
  }
  #dropHand(why: string): void {
    if (this.#hand !== null) this.#tell("aborted", this.#hand.actionId, why);
    this.#hand = null;
  }

  #setPace(actionId: string, pace: number): void {
    this.#pace = pace;
    this.#tell("accepted", actionId, "");
    this.#tell("completed", actionId, "");
  }

  #beginNext({ actionId, action, retreat }: Permitted): void {
    this.#next = null;
    const plan = this.#setting.planAction(this.q, action, this.#setting.plan.from);
    if (typeof plan === "string") return this.#tell("failed", actionId, plan);
    this.#tell("accepted", actionId, "");
    this.#action = actionId;
    this.#backingAway = retreat;
    // after a retreat the way back to the job leads past whoever is there: the arm stays
    if (retreat) return this.#begin({ ...plan, stretches: plan.stretches.slice(0, -1) });
    const stretches = standingAtGoal(plan.stretches);
    this.#begin({ ...plan, stretches });
    this.#goalAtS = -GOAL_PAUSE_S / 2;
    // the way back to the job is no part of what was asked for
    for (const { moveS, pauseS } of stretches.slice(0, -1)) this.#goalAtS += moveS + pauseS;
  }

  /** The arm stands where the action ends, long enough to be seen standing. */
  #reachGoal(): void {
    this.#goalAtS = Number.POSITIVE_INFINITY;
    if (this.#action !== null) this.#tell("completed", this.#action, "");
    this.#action = null;
  }

  #dropNext(): void {
    if (this.#next !== null) this.#tell("aborted", this.#next.actionId, "stopped before it began");
    this.#next = null;
  }

  /** the arm stands half way through an action: that action is over, whatever comes next */
  #abort(): void {
    this.#tell("aborted", this.#action!, this.#revoked ? "revoked" : "stopped");
    this.#action = null;
    this.#backingAway = false;
    this.#revoked = false;
    this.#begin(this.#setting.planBack(this.q, this.#setting.plan.from));
  }

  #begin(plan: ArmPlan): void {
    this.#cursor = createCursor(plan);
    this.#s = 0;
    this.#goalAtS = Number.POSITIVE_INFINITY;
  }

  #backToWork(): void {
    if (this.#action !== null) this.#tell("completed", this.#action, "");
    this.#action = null;
    this.#revoked = false;
    if (this.#backingAway) return this.#stayThere();
    this.#cursor = this.#work;
    this.#s = 0;
    this.#work.seek(0);
  }

  /** The job waits where the retreat ended, and is taken up again from there once everything may move. */
  #stayThere(): void {
    this.#backingAway = false;
    this.#begin(this.#setting.planBack(this.q, this.#setting.plan.from));
  }

  #tell(report: ActionReport["report"], actionId: string, detail: string): void {
    if (this.#reports.length < QUEUE_MAX) this.#reports.push({ report, actionId, detail });
  }
}

/** An action ends at rest: the arm stays at its goal for a moment before it goes back to its job. */
const standingAtGoal = (stretches: ArmPlan["stretches"]): ArmPlan["stretches"] =>
  stretches.map((stretch, i) =>
    i === stretches.length - 2 ? { ...stretch, pauseS: Math.max(stretch.pauseS, GOAL_PAUSE_S) } : stretch,
  );
