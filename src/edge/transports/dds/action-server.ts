import { AnyEncoder, ddsNameOf, type RosMessage } from "../../wire/index.ts";
import {
  GOAL_STATUS,
  type GoalEnd,
  type GoalsIn,
  idOf,
  type RosAction,
  type RosActionServer,
  type RosQos,
  uuidOf,
} from "../ros/index.ts";
import type { DdsEndpoints } from "./endpoints.ts";
import type { Asker } from "./service-header.ts";
import { type DdsService, serveDds } from "./services.ts";

/** As ROS has it for the two topics of an action. */
export const FEEDBACK_QOS: RosQos = { reliable: true, transientLocal: false, depth: 10, lifespanMs: null };
export const STATUS_QOS: RosQos = { reliable: true, transientLocal: true, depth: 1, lifespanMs: null };
/** Goals whose end is still told to whoever asks; the oldest ones are forgotten. */
const GOALS_REMEMBERED = 64;
const NO_ERROR = 0;
const UNKNOWN_GOAL = 2;
const GOAL_ENDED = 3;
const UNKNOWN_STATUS = 0;
const UUID_BYTES = 16;
const ANY_GOAL = "0".repeat(2 * UUID_BYTES);

interface Goal {
  status: number;
  readonly stamp: RosMessage;
  result: RosMessage | null;
  readonly waiting: Asker[];
}

/** The three services and two topics by which ROS sends goals, served over DDS. */
export function serveAction(bus: DdsEndpoints, action: RosAction, goals: GoalsIn): RosActionServer {
  const { layouts } = action;
  const known = new Map<string, Goal>();
  const topic = (name: string): string => ddsNameOf(`${action.name}/_action/${name}`, "topic");
  const status = bus.writer(topic("status"), bus.type(layouts.status), STATUS_QOS);
  const statusEncoder = new AnyEncoder(layouts.status);
  const feedback = bus.writer(topic("feedback"), bus.type(layouts.feedback), FEEDBACK_QOS);
  const feedbackEncoder = new AnyEncoder(layouts.feedback);

  const tell = (): void => {
    const status_list = [...known].map(([id, goal]) => ({
      goal_info: infoOf(id, goal),
      status: goal.status,
    }));
    status.write(statusEncoder.encode({ status_list }));
  };
  const take = (id: string, goal: RosMessage | null, asker: Asker): void => {
    const fresh = id !== ANY_GOAL && !known.has(id);
    const entry: Goal = { status: GOAL_STATUS.accepted, stamp: stampNow(), result: null, waiting: [] };
    if (fresh) remember(known, id, entry);
    // the answer comes first: what is made of the goal may end it at once
    answerGoal(asker, { accepted: fresh, stamp: entry.stamp });
    if (!fresh) return;
    tell();
    goals.goal(id, goal);
  };
  const answerGoal = serveDds(
    bus,
    serviceOf(action, "send_goal"),
    (request, asker) => take(idOf(request["goal_id"] as RosMessage), request["goal"] as RosMessage, asker),
    (head, asker) => take(Buffer.from(head.subarray(0, UUID_BYTES)).toString("hex"), null, asker),
  );
  const answerCancel = serveDds(bus, serviceOf(action, "cancel_goal"), (request, asker) => {
    const info = request["goal_info"] as RosMessage;
    const id = idOf(info["goal_id"] as RosMessage);
    const asked = wanted(known, id, info["stamp"] as RosMessage);
    const open = asked.filter((one) => isOpen(known.get(one)));
    const canceling = goals.cancel(open);
    for (const one of canceling) {
      const goal = known.get(one);
      if (isOpen(goal)) goal!.status = GOAL_STATUS.canceling;
    }
    const code = canceling.length > 0 ? NO_ERROR : refusalOf(id, known);
    const goals_canceling = canceling.map((one) => infoOf(one, known.get(one)!));
    answerCancel(asker, { return_code: code, goals_canceling });
    if (canceling.length > 0) tell();
  });
  const answerResult = serveDds(bus, serviceOf(action, "get_result"), (request, asker) => {
    const goal = known.get(idOf(request["goal_id"] as RosMessage));
    if (goal === undefined) return void answerResult(asker, { status: UNKNOWN_STATUS, result: {} });
    if (goal.result === null) goal.waiting.push(asker);
    else answerResult(asker, { status: goal.status, result: goal.result });
  });
  const end = (id: string, how: GoalEnd, result: RosMessage): void => {
    const goal = known.get(id);
    if (goal === undefined || goal.result !== null) return;
    goal.status = how;
    goal.result = result;
    for (const asker of goal.waiting.splice(0)) answerResult(asker, { status: how, result });
    tell();
  };

  return {
    executing(id) {
      const goal = known.get(id);
      if (goal?.status !== GOAL_STATUS.accepted) return;
      goal.status = GOAL_STATUS.executing;
      tell();
    },
    feedback(id, message) {
      if (feedback.heard())
        feedback.write(feedbackEncoder.encode({ goal_id: uuidOf(id), feedback: message }));
    },
    end,
  };
}

export function serviceOf(
  { name, layouts }: RosAction,
  part: "send_goal" | "cancel_goal" | "get_result",
): DdsService {
  const full = `${name}/_action/${part}`;
  switch (part) {
    case "send_goal":
      return { name: full, request: layouts.sendGoal, answer: layouts.sendGoalAnswer };
    case "cancel_goal":
      return { name: full, request: layouts.cancelGoal, answer: layouts.cancelGoalAnswer };
    case "get_result":
      return { name: full, request: layouts.getResult, answer: layouts.getResultAnswer };
  }
}

const isOpen = (goal: Goal | undefined): boolean => goal !== undefined && goal.result === null;
const infoOf = (id: string, { stamp }: Goal): RosMessage => ({ goal_id: uuidOf(id), stamp });
/** ROS asks for one goal, for all up to a time, or with neither for all. */
function wanted(known: ReadonlyMap<string, Goal>, id: string, stamp: RosMessage): string[] {
  const before = nanosOf(stamp);
  if (before === 0) return id === ANY_GOAL ? [...known.keys()] : [id];
  return [...known].filter(([one, goal]) => one === id || nanosOf(goal.stamp) <= before).map(([one]) => one);
}
const nanosOf = (stamp: RosMessage): number => Number(stamp["sec"]) * 1e9 + Number(stamp["nanosec"]);
function refusalOf(id: string, known: ReadonlyMap<string, Goal>): number {
  if (id === ANY_GOAL) return NO_ERROR;
  return known.has(id) ? GOAL_ENDED : UNKNOWN_GOAL;
}
function stampNow(): RosMessage {
  const ms = Date.now();
  return { sec: Math.floor(ms / 1_000), nanosec: (ms % 1_000) * 1e6 };
}
function remember(known: Map<string, Goal>, id: string, goal: Goal): void {
  known.set(id, goal);
  if (known.size <= GOALS_REMEMBERED) return;
  for (const [oldest, one] of known) if (one.result !== null) return void known.delete(oldest);
}
