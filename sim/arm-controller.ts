import { assert } from "../src/base/assert.ts";
import type { OutMessage } from "../src/ports/index.ts";
import { createPermitReceiver, type PermitReceiver } from "./permit-receiver.ts";
import { type ArmPlan, createCursor, type PlanCursor } from "./arm-path.ts";

/** What became of a permitted action; told to the node by the transport. */
export interface ActionReport {
  readonly report: "accepted" | "failed" | "completed" | "aborted";
  readonly actionId: string;
  readonly detail: string;
}

/**
 * The simulated robot controller: follows its plan on its own clock, obeys stop, slow, heartbeat, permit and
 * revoke, and never leaves its acceleration limits while doing so. It is the same for every engine.
 */
export interface ArmController {
  readonly q: Float64Array;
  readonly qd: Float64Array;
  readonly qdd: Float64Array;
  readonly receiver: PermitReceiver;
  /** pace of the plan's clock, 0…1 */
  rate(): number;
  command(message: OutMessage, nowUs: number): void;
  step(nowUs: number, dtS: number): void;
  reports(each: (report: ActionReport) => void): void;
}
export interface ControllerSetting {
  readonly plan: ArmPlan;
  /** seconds from full pace to standstill and back */
  readonly rampS: number;
  /** false: nothing of what the node says is heard; shows what would have happened without it */
  readonly obeys: boolean;
  /** how long a command needs until it acts */
  readonly latencyUs: number;
  /** makes a plan from where the arm stands through the points of a permitted trajectory and back */
  planAction?(from: Float64Array, action: unknown, home: readonly number[]): ArmPlan | string;
  /** the way back to its job after an action that ended half way */
  planBack?(from: Float64Array, home: readonly number[]): ArmPlan;
}
const QUEUE_MAX = 256;
const STANDING_RATE = 1e-6;

export function createArmController(setting: ControllerSetting): ArmController {
  const receiver = createPermitReceiver();
  const work = createCursor(setting.plan);
  const n = setting.plan.from.length;
  const qd = new Float64Array(n);
  const qdd = new Float64Array(n);
  const waiting: { readonly atUs: number; readonly message: OutMessage }[] = [];
  const reports: ActionReport[] = [];
  let cursor: PlanCursor = work;
  let action: string | null = null;
  let s = 0;
  let revoked = false;
  let rate = setting.obeys ? 0 : 1;
  let scale = 1;
  work.seek(0);

  const tell = (report: ActionReport["report"], actionId: string, detail: string): void => {
    if (reports.length < QUEUE_MAX) reports.push({ report, actionId, detail });
  };
  /** the arm stands half way through an action: that action is over, whatever comes next */
  const abort = (): void => {
    tell("aborted", action!, "stopped");
    action = null;
    revoked = false;
    if (setting.planBack === undefined) return;
    cursor = createCursor(setting.planBack(cursor.q, setting.plan.from));
    s = 0;
  };
  const permit = (message: Extract<OutMessage, { kind: "permit" }>, nowUs: number): void => {
    const { actionId } = message;
    if (nowUs > message.expiresUs) return tell("failed", actionId, "permit has expired");
    if (action !== null) return tell("failed", actionId, `busy with ${action}`);
    const plan =
      setting.planAction?.(cursor.q, message.action, setting.plan.from) ?? "this arm runs its own job only";
    if (typeof plan === "string") return tell("failed", actionId, plan);
    tell("accepted", actionId, "");
    action = actionId;
    cursor = createCursor(plan);
    s = 0;
  };
  const obey = (message: OutMessage, nowUs: number): void => {
    if (message.kind === "stop") receiver.stop();
    else if (message.kind === "slow") scale = message.scale >= 0 && message.scale <= 1 ? message.scale : 0;
    else if (message.kind === "heartbeat") receiver.heartbeat(message, nowUs, rate < STANDING_RATE);
    else if (message.kind === "permit") permit(message, nowUs);
    else if (message.kind === "revoke" && message.actionId === action) revoked = true;
  };
  const backToWork = (): void => {
    if (action !== null) tell("completed", action, "");
    action = null;
    revoked = false;
    cursor = work;
    s = 0;
  };
  const controller: ArmController = {
    get q() {
      return cursor.q;
    },
    qd,
    qdd,
    receiver,
    rate: () => rate,
    command(message, nowUs) {
      if (!setting.obeys) return;
      if (setting.latencyUs === 0) return obey(message, nowUs);
      // a full queue drops the oldest: the newest word of a safety node counts most
      if (waiting.length >= QUEUE_MAX) waiting.shift();
      waiting.push({ atUs: nowUs + setting.latencyUs, message });
    },
    step(nowUs, dtS) {
      while (waiting.length > 0 && waiting[0]!.atUs <= nowUs) obey(waiting.shift()!.message, nowUs);
      const may = !setting.obeys || (receiver.mayMove(nowUs) && !revoked);
      const target = may ? scale : 0;
      // every plan begins at rest: at its very start the pace may jump
      const most = s === 0 ? 1 : dtS / setting.rampS;
      const change = Math.max(-most, Math.min(most, target - rate));
      rate += change;
      if (action !== null && !may && rate < STANDING_RATE) abort();
      s += rate * dtS;
      cursor.seek(s);
      for (let i = 0; i < n; i++) {
        qd[i] = cursor.dq[i]! * rate;
        qdd[i] = cursor.ddq[i]! * rate * rate + (cursor.dq[i]! * change) / dtS;
      }
      if (cursor !== work && cursor.done(s)) backToWork();
    },
    reports(each) {
      for (const report of reports.splice(0)) each(report);
    },
  };
  assert(setting.rampS > 0, "an arm needs time to stop");
  return controller;
}
