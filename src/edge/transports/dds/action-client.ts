import { AnyDecoder, ddsNameOf, type RosMessage } from "../../wire/index.ts";
import {
  COMMAND_QOS,
  GOAL_STATUS,
  type GoalsOut,
  idOf,
  type RosAction,
  type RosActionClient,
  uuidOf,
} from "../ros/index.ts";
import { FEEDBACK_QOS, serviceOf, STATUS_QOS } from "./action-server.ts";
import type { DdsEndpoints } from "./endpoints.ts";
import { askDds } from "./services.ts";

const ANY_GOAL = "0".repeat(32);
/** Questions whose answer is still awaited; older ones are given up. */
const MAX_WAITING = 64;

/** Sends goals as ROS does, over DDS. A goal that arrives late is never sent: its request has a lifespan. */
export function createActionClient(bus: DdsEndpoints, action: RosAction, goals: GoalsOut): RosActionClient {
  const sent = new Map<bigint, string>();
  const results = new Map<bigint, string>();
  const result = askDds(bus, serviceOf(action, "get_result"), (answer, number) => {
    const id = taken(results, number);
    if (id !== null) goals.result(id, Number(answer["status"]), answer["result"] as RosMessage);
  });
  const send = askDds(
    bus,
    serviceOf(action, "send_goal"),
    (answer, number) => {
      const id = taken(sent, number);
      if (id === null) return;
      const accepted = answer["accepted"] === true;
      if (accepted) waitFor(results, result.ask({ goal_id: uuidOf(id) }), id);
      goals.accepted(id, accepted);
    },
    COMMAND_QOS,
  );
  const cancel = askDds(bus, serviceOf(action, "cancel_goal"), (answer) => {
    const list = answer["goals_canceling"] as readonly RosMessage[];
    goals.canceling(list.map((info) => idOf(info["goal_id"] as RosMessage)));
  });
  const topic = (name: string): string => ddsNameOf(`${action.name}/_action/${name}`, "topic");
  const feedback = new AnyDecoder(action.layouts.feedback);
  bus.read(topic("feedback"), bus.type(action.layouts.feedback), FEEDBACK_QOS, {
    topic: `${action.name}/_action/feedback`,
    listener(view, length) {
      const message = feedback.decode(view, 0, length);
      if (message.ok)
        goals.feedback(idOf(message.value["goal_id"] as RosMessage), message.value["feedback"] as RosMessage);
    },
  });
  const status = new AnyDecoder(action.layouts.status);
  bus.read(topic("status"), bus.type(action.layouts.status), STATUS_QOS, {
    topic: `${action.name}/_action/status`,
    listener(view, length) {
      const message = status.decode(view, 0, length);
      if (message.ok) goals.running(runningOf(message.value["status_list"] as readonly RosMessage[]));
    },
  });

  return {
    send(id, goal) {
      const number = send.ask({ goal_id: uuidOf(id), goal });
      waitFor(sent, number, id);
      return number !== null;
    },
    cancel(id = ANY_GOAL) {
      return cancel.ask({ goal_info: { goal_id: uuidOf(id) } }) !== null;
    },
    heard: () => send.heard() && cancel.heard() && result.heard(),
  };
}

function runningOf(list: readonly RosMessage[]): string[] {
  return list
    .filter(({ status }) => status === GOAL_STATUS.accepted || status === GOAL_STATUS.executing)
    .map(({ goal_info }) => idOf((goal_info as RosMessage)["goal_id"] as RosMessage));
}
function waitFor(waiting: Map<bigint, string>, number: bigint | null, id: string): void {
  if (number === null) return;
  waiting.set(number, id);
  if (waiting.size > MAX_WAITING) for (const oldest of waiting.keys()) return void waiting.delete(oldest);
}
function taken(waiting: Map<bigint, string>, number: bigint): string | null {
  const id = waiting.get(number) ?? null;
  waiting.delete(number);
  return id;
}
