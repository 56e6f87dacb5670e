import { AnyDecoder, type RosMessage } from "../../wire/index.ts";
import {
  GOAL_STATUS,
  type GoalEnd,
  type GoalsIn,
  type GoalsOut,
  idOf,
  type RosAction,
  type RosActionClient,
  type RosActionServer,
  uuidOf,
} from "../ros/index.ts";
import type { Rcl, RclGoalHandle, RclNode, RclQos } from "./rcl.ts";

const ACCEPT = 2;
const REJECT = 1;
const ANY_GOAL = "0".repeat(32);
type Guarded = (body: () => void) => boolean;

/** A goal that the binding holds, and what ends its execution. */
interface Held {
  readonly handle: RclGoalHandle;
  readonly done: (result: RosMessage) => void;
  readonly result: Promise<RosMessage>;
}

/** Goals of others through the binding's own action server. */
export function serveRclAction(
  rcl: Rcl,
  node: RclNode,
  action: RosAction,
  goals: GoalsIn,
  guarded: Guarded,
): RosActionServer {
  const held = new Map<string, Held>();
  new rcl.ActionServer(
    node,
    action.type,
    action.name,
    // runs until the proxy ends the goal
    (handle) => held.get(idOf(handle.goalId))?.result ?? Promise.resolve({}),
    () => ACCEPT,
    (handle) =>
      void guarded(() => {
        const id = idOf(handle.goalId);
        const { promise, resolve } = Promise.withResolvers<RosMessage>();
        held.set(id, { handle, done: resolve, result: promise });
        goals.goal(id, handle.request);
      }),
    (handle) => {
      let taken = false;
      guarded(() => {
        taken = handle !== undefined && goals.cancel([idOf(handle.goalId)]).length > 0;
      });
      return taken ? ACCEPT : REJECT;
    },
  );
  const end = (id: string, how: GoalEnd, result: RosMessage): void => {
    const goal = held.get(id);
    if (goal === undefined) return;
    held.delete(id);
    guarded(() => {
      // only a goal that executes can end; one that was never forwarded executes for this moment
      goal.handle.execute(() => goal.result);
      if (how === GOAL_STATUS.succeeded) goal.handle.succeed();
      else if (how === GOAL_STATUS.canceled && goal.handle.isCancelRequested) goal.handle.canceled();
      else goal.handle.abort();
    });
    goal.done(result);
  };
  return {
    executing(id) {
      const goal = held.get(id);
      if (goal !== undefined) guarded(() => goal.handle.execute(() => goal.result));
    },
    feedback(id, feedback) {
      const goal = held.get(id);
      if (goal !== undefined) guarded(() => goal.handle.publishFeedback(feedback));
    },
    end,
  };
}

/** Sends goals through the binding's own client; a cancel and the list of goals go by their services and topics. */
export function createRclActionClient(
  rcl: Rcl,
  node: RclNode,
  action: RosAction,
  goals: GoalsOut,
  wire: { guarded: Guarded; statusQos: RclQos },
): RosActionClient {
  const { guarded } = wire;
  const client = new rcl.ActionClient(node, action.type, action.name);
  const canceller = node.createClient("action_msgs/srv/CancelGoal", `${action.name}/_action/cancel_goal`);
  const status = new AnyDecoder(action.layouts.status);
  node.createSubscription(
    "action_msgs/msg/GoalStatusArray",
    `${action.name}/_action/status`,
    { qos: wire.statusQos, isRaw: true },
    (bytes) =>
      void guarded(() => {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const message = status.decode(view, 0, bytes.length);
        if (!message.ok) return;
        const list = message.value["status_list"] as readonly RosMessage[];
        const running = list.filter(
          (one) => one["status"] === GOAL_STATUS.accepted || one["status"] === GOAL_STATUS.executing,
        );
        goals.running(running.map((one) => idOf((one["goal_info"] as RosMessage)["goal_id"] as RosMessage)));
      }),
  );
  const follow = async (id: string, goal: RosMessage): Promise<void> => {
    const taken = await client.sendGoal(
      goal,
      (feedback) => void guarded(() => goals.feedback(id, feedback)),
      uuidOf(id),
    );
    guarded(() => goals.accepted(id, taken.isAccepted()));
    if (!taken.isAccepted()) return;
    const result = await taken.getResult();
    guarded(() => goals.result(id, taken.status, result));
  };
  return {
    send(id, goal) {
      if (!client.isActionServerAvailable()) return false;
      follow(id, goal).catch((error: unknown) =>
        guarded(() => {
          throw error;
        }),
      );
      return true;
    },
    cancel(id = ANY_GOAL) {
      if (!canceller.isServiceServerAvailable()) return false;
      const request = { goal_info: { goal_id: uuidOf(id), stamp: { sec: 0, nanosec: 0 } } };
      return guarded(() =>
        canceller.sendRequest(request, (response) =>
          guarded(() => {
            const list = (response as RosMessage)["goals_canceling"] as readonly RosMessage[];
            goals.canceling(list.map((info) => idOf(info["goal_id"] as RosMessage)));
          }),
        ),
      );
    },
    heard: () => client.isActionServerAvailable(),
  };
}
