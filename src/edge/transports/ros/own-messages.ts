import { assert } from "../../../core/base/assert.ts";
import type { OutMessage } from "../../ports/index.ts";
import { AnyEncoder, parseDefinition, type RosMessage, rosDefinition } from "../../wire/index.ts";

/** Messages of the package cellgate_msgs, whose definitions lie beside this file. */
export const OWN_MESSAGES = [
  "cellgate_msgs/Block",
  "cellgate_msgs/Heartbeat",
  "cellgate_msgs/State",
  "cellgate_msgs/Verdict",
] as const;
export type OwnMessage = (typeof OWN_MESSAGES)[number];
type Encoder = (message: OutMessage, stampMicros: number) => Uint8Array | null;

const FILL: Readonly<Record<OwnMessage, (message: OutMessage) => RosMessage | null>> = {
  "cellgate_msgs/Block"(message) {
    if (message.kind === "stop")
      return { blocked: true, code: message.code, pose: Float64Array.from(message.pose) };
    return message.kind === "heartbeat" ? { blocked: !message.mayMove, code: message.state } : null;
  },
  "cellgate_msgs/Heartbeat"(message) {
    if (message.kind !== "heartbeat") return null;
    const { counter, state, mayMove, configHash } = message;
    return { counter, state, may_move: mayMove, config_hash: configHash };
  },
  "cellgate_msgs/State"(message) {
    const body = bodyOf(message);
    if (body === null || typeof body["state"] !== "string") return null;
    return {
      cell: body["cell"] as string,
      state: body["state"],
      may_move: body["may_move"] === true,
      heartbeat: body["heartbeat"] as number,
      config_hash: body["config_hash"] as string,
      why: causeOf(body["why"]),
      causes: ((body["causes"] ?? []) as unknown[]).map(causeOf),
    };
  },
  "cellgate_msgs/Verdict"(message) {
    const body = bodyOf(message);
    const answer = body?.["answer"] as Record<string, unknown> | undefined;
    if (body === null || typeof answer !== "object") return null;
    return {
      action_id: String(body["action_id"] ?? ""),
      verdict: String(answer["verdict"] ?? ""),
      code: String(answer["code"] ?? ""),
      reason: String(answer["reason"] ?? ""),
      stage: Number(answer["stage"] ?? -1),
    };
  },
};

function bodyOf(message: OutMessage): Record<string, unknown> | null {
  if (message.kind !== "publish" || typeof message.body !== "object" || message.body === null) return null;
  return message.body as Record<string, unknown>;
}
function causeOf(cause: unknown): RosMessage {
  const { code, source, severity, active, latched, cleared_by } = (cause ?? {}) as Record<string, unknown>;
  return {
    code: String(code ?? ""),
    source: String(source ?? ""),
    severity: String(severity ?? ""),
    active: active === true,
    latched: latched === true,
    cleared_by: String(cleared_by ?? ""),
  };
}

export function ownEncoder(type: OwnMessage): Encoder {
  const name = type.replace("/", "/msg/");
  const layout = parseDefinition(name, "ros2msg", rosDefinition(name) ?? "");
  assert(layout.ok, `definition of ${name}`);
  const encoder = new AnyEncoder(layout.value);
  return (message, stampMicros) => {
    const filled = FILL[type](message);
    if (filled === null) return null;
    const seconds = Math.floor(stampMicros / 1e6);
    const stamp = { sec: seconds, nanosec: Math.round((stampMicros - seconds * 1e6) * 1_000) };
    return encoder.encode({ stamp, ...filled });
  };
}
