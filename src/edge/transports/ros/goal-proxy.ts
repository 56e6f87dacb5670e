import { randomBytes } from "node:crypto";
import { type Code, codeEntry, isCode, PROPOSAL_SCHEMA } from "../../../core/domain/index.ts";
import type { OutMessage, TransportContext } from "../../ports/index.ts";
import type { RosMessage } from "../../wire/index.ts";
import {
  followJointTrajectory,
  GOAL_STATUS,
  type GoalEnd,
  type RosActionClient,
  type RosActionServer,
} from "./action.ts";
import type { RosBus } from "./bus.ts";
import { badGoal, controllerGoal, forwardedGoal, resultOf, trajectoryOf } from "./goal-message.ts";
import type { ActionSettings } from "./settings.ts";

/** A goal between its sender and the controller. */
interface Goal {
  readonly id: string;
  readonly actionId: string;
  /** as it came; null: it was proposed in another way and has no sender here */
  readonly asked: RosMessage | null;
  /** handed to the controller */
  sent: boolean;
  cancelled: boolean;
  /** what the gate said when it took the permit back */
  words: string | null;
  confirm: NodeJS.Timeout | null;
}
export interface ProxyNames {
  /** the action served here, and the one of the controller, in full */
  readonly own: string;
  readonly controller: string;
  /** of the transport, as the deployment calls it */
  readonly transport: string;
  /** of the actuator that carries permits to the controller */
  readonly actuator: string | null;
}
type Permit = Extract<OutMessage, { kind: "permit" }>;
type Condition = (code: Code, active: boolean, detail: string) => void;

/** Goals that are open at once; a sender with more is told so. */
const MAX_GOALS = 32;
const ID_BYTES = 16;
const CANCEL_AGAIN_MS = 200;

/**
 * Stands where an arm's controller is asked to move. Whoever sends goals sends them here; each is proposed to
 * the gate, goes on to the controller when it is permitted, and its end is the end of the permit.
 */
export class GoalProxy {
  readonly names: ProxyNames;
  readonly #settings: ActionSettings;
  readonly #context: TransportContext;
  readonly #condition: Condition;
  readonly #goals = new Map<string, Goal>();
  #server: RosActionServer | null = null;
  #client: RosActionClient | null = null;
  #cancelledAt = -Infinity;

  constructor(names: ProxyNames, settings: ActionSettings, context: TransportContext, condition: Condition) {
    this.names = names;
    this.#settings = settings;
    this.#context = context;
    this.#condition = condition;
  }
  attach(bus: RosBus): void {
    this.#server = bus.serveAction(followJointTrajectory(this.names.own), {
      goal: (id, goal) => this.#propose(id, goal),
      cancel: (ids) => this.#cancelAsked(ids),
    });
    this.#client = bus.actionClient(followJointTrajectory(this.names.controller), {
      accepted: (id, accepted) => this.#accepted(id, accepted),
      feedback: (id, feedback) => this.#server?.feedback(id, feedback),
      canceling: (ids) => this.#canceling(ids),
      result: (id, status, result) => this.#result(id, status, result),
      running: (ids) => this.#running(ids),
    });
  }
  detach(): void {
    for (const goal of this.#goals.values()) if (goal.confirm !== null) clearTimeout(goal.confirm);
    this.#goals.clear();
    this.#server = null;
    this.#client = null;
  }

  /** What the gate said about a proposal of ours. */
  answer(
    actionId: string,
    said: { verdict?: unknown; code?: unknown; reason?: unknown; stage?: unknown },
  ): void {
    const goal = this.#goals.get(actionId);
    if (goal === undefined) return;
    const words = wordsOf(said.code, said.reason);
    if (said.stage === 0 && this.#forwardsUnjudged(goal, String(said.code))) return;
    switch (said.verdict) {
      case "GREEN":
      case "YELLOW":
        if (said.stage === 0) this.#finish(goal, "aborted", wordsOf("ROS_GOAL_IN_SHADOW", said.verdict));
        return;
      case "RED":
        return this.#finish(goal, "aborted", words);
      case "EXPIRED":
      case "REVOKED":
      case "ABORTED":
        goal.words = words;
        // what the controller has to say about it comes with its result; without one this is the end
        if (!goal.sent) this.#finish(goal, goal.cancelled ? "canceled" : "aborted", words);
    }
  }
  send(message: OutMessage): boolean {
    switch (message.kind) {
      case "permit":
        return this.#permit(message);
      case "revoke":
        return this.#revoke(message.actionId, message.code);
      case "stop":
        return this.#stop();
      default:
        return false;
    }
  }

  /** In shadow nothing is enforced; a blocked cell and a goal that cannot be read stay what they are. */
  #forwardsUnjudged(goal: Goal, code: string): boolean {
    if (this.#settings.inShadow !== "forward" || goal.sent || goal.asked === null) return false;
    if (code === "GATE_CELL_BLOCKED" || code.startsWith("PROPOSAL_")) return false;
    const message = forwardedGoal(goal.asked);
    if (this.#client?.send(goal.id, message) !== true)
      this.#finish(goal, "aborted", wordsOf("ROS_GOAL_NOT_TAKEN", "nobody serves the controller's action"));
    else goal.sent = true;
    return true;
  }
  #propose(id: string, asked: RosMessage | null): void {
    const actionId = `goal-${id}`;
    const goal: Goal = { id, actionId, asked, sent: false, cancelled: false, words: null, confirm: null };
    const via = { transport: this.names.transport, caller: this.names.own };
    const bad =
      this.#goals.size >= MAX_GOALS
        ? (["PROPOSER_BUSY", `${MAX_GOALS} goals open`] as const)
        : badGoal(asked);
    this.#goals.set(actionId, goal);
    if (bad !== null || asked === null) {
      const [code, detail] = bad ?? ["PROPOSAL_TOO_LARGE", ""];
      this.#context.door.refusedProposal(code, via);
      return this.#finish(goal, "aborted", wordsOf(code, detail));
    }
    const { target, proposer } = this.#settings;
    const args = trajectoryOf(asked);
    this.#context.door.proposal(
      { schema: PROPOSAL_SCHEMA, action_id: actionId, proposer, target, verb: "trajectory", args },
      via,
    );
  }
  #permit({ actionId, action }: Permit): boolean {
    const known = this.#goals.get(actionId);
    if (known === undefined && actionId.startsWith("goal-")) {
      // its sender was told no before a person said yes: nothing may move that nobody waits for
      queueMicrotask(() => this.#report("aborted", actionId, "the sender of the goal was answered before"));
      return true;
    }
    const goal = known ?? this.#ownGoal(actionId);
    if (goal.cancelled) {
      queueMicrotask(() => this.#ended(goal, "canceled", "cancelled by its sender"));
      return true;
    }
    const message = controllerGoal(action, goal.asked);
    if (message === null || this.#client?.send(goal.id, message) !== true) {
      this.#finish(goal, "aborted", wordsOf("ROS_GOAL_NOT_TAKEN", "nobody serves the controller's action"));
      return false;
    }
    goal.sent = true;
    return true;
  }
  #ownGoal(actionId: string): Goal {
    const id = randomBytes(ID_BYTES).toString("hex");
    const goal: Goal = {
      id,
      actionId,
      asked: null,
      sent: false,
      cancelled: false,
      words: null,
      confirm: null,
    };
    this.#goals.set(actionId, goal);
    return goal;
  }
  #revoke(actionId: string, code: string): boolean {
    const goal = this.#goals.get(actionId);
    if (goal === undefined || !goal.sent) return true;
    goal.words ??= wordsOf(code, "");
    return this.#cancel(goal);
  }
  /** Cancels at the controller; what it does not confirm in time is reported as not carried. */
  #cancel(goal: Goal): boolean {
    if (this.#client?.cancel(goal.id) !== true) return false;
    goal.confirm ??= setTimeout(() => {
      const detail = `${this.names.controller} did not confirm the cancel in ${this.#settings.cancelMs} ms`;
      if (this.names.actuator !== null)
        this.#context.door.actuator(this.names.actuator, "failed", null, detail, "revoke");
    }, this.#settings.cancelMs).unref();
    return true;
  }
  /** Everything that the controller runs is cancelled, also goals that this process knows nothing of. */
  #stop(): boolean {
    const client = this.#client;
    if (client === null || !client.heard()) return false;
    const now = performance.now();
    const open = [...this.#goals.values()].some((goal) => goal.sent);
    if (!open && now - this.#cancelledAt < 10 * CANCEL_AGAIN_MS) return true;
    if (now - this.#cancelledAt < CANCEL_AGAIN_MS) return true;
    this.#cancelledAt = now;
    return client.cancel();
  }
  #cancelAsked(ids: readonly string[]): readonly string[] {
    const taken: string[] = [];
    for (const id of ids) {
      const goal = this.#goals.get(`goal-${id}`);
      if (goal === undefined) continue;
      goal.cancelled = true;
      taken.push(id);
      if (goal.sent) this.#cancel(goal);
    }
    return taken;
  }

  #accepted(id: string, accepted: boolean): void {
    const goal = this.#byId(id);
    if (goal === undefined) return;
    if (!accepted)
      return this.#ended(goal, "aborted", wordsOf("ROS_GOAL_NOT_TAKEN", "refused by the controller"));
    this.#server?.executing(id);
    this.#report("accepted", goal.actionId, "");
  }
  #canceling(ids: readonly string[]): void {
    for (const id of ids) {
      const goal = this.#byId(id);
      if (goal?.confirm != null) clearTimeout(goal.confirm);
    }
  }
  #result(id: string, status: number, result: RosMessage): void {
    const goal = this.#byId(id);
    if (goal === undefined) return;
    const text = String(result["error_string"] ?? "");
    if (status === GOAL_STATUS.succeeded) {
      this.#close(goal);
      this.#report("completed", goal.actionId, "");
      return this.#server?.end(id, GOAL_STATUS.succeeded, result);
    }
    const words = [goal.words, text].filter((part) => part !== null && part !== "").join("; ");
    this.#close(goal);
    this.#report(
      "aborted",
      goal.actionId,
      words === "" ? `the controller ended it with status ${status}` : words,
    );
    const how =
      status === GOAL_STATUS.canceled && goal.cancelled ? GOAL_STATUS.canceled : GOAL_STATUS.aborted;
    const code = Number(result["error_code"] ?? 0);
    this.#server?.end(id, how, resultOf(code === 0 && how === GOAL_STATUS.aborted ? undefined : code, words));
  }
  #running(ids: readonly string[]): void {
    const foreign = ids.filter((id) => this.#byId(id)?.sent !== true);
    this.#condition(
      "ROS_FOREIGN_GOAL",
      foreign.length > 0,
      `${this.names.controller} runs ${foreign.join(", ")}`,
    );
  }
  #ended(goal: Goal, how: "canceled" | "aborted", words: string): void {
    this.#report("aborted", goal.actionId, words);
    this.#finish(goal, how, words);
  }
  #finish(goal: Goal, how: keyof typeof GOAL_STATUS, words: string): void {
    this.#close(goal);
    this.#server?.end(goal.id, GOAL_STATUS[how] as GoalEnd, resultOf(undefined, words));
  }
  #close(goal: Goal): void {
    if (goal.confirm !== null) clearTimeout(goal.confirm);
    this.#goals.delete(goal.actionId);
  }
  #report(report: "accepted" | "completed" | "aborted", actionId: string, detail: string): void {
    if (this.names.actuator !== null)
      this.#context.door.actuator(this.names.actuator, report, actionId, detail);
  }
  #byId(id: string): Goal | undefined {
    for (const goal of this.#goals.values()) if (goal.id === id) return goal;
    return undefined;
  }
}

/** Code, reason and remedy, as a person reads them in the sender's log. */
export function wordsOf(code: unknown, reason: unknown): string {
  const name = String(code);
  const entry = isCode(name) ? codeEntry(name) : null;
  const because = reason === "" || reason === undefined ? "" : ` (${String(reason)})`;
  return entry === null ? `${name}${because}` : `${name}: ${entry.title}${because}. ${entry.remedy}`;
}
