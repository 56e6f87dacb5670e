import type { OutMessage } from "../../ports/index.ts";
import { createOutEncoder } from "./out-encoder.ts";
import type { RosSettings } from "./settings.ts";

/** Whether a topic of these settings has a way to say this; nothing is opened and nothing is sent. */
export function rosCarries(
  settings: object,
  robotJoints: readonly string[],
  address: string,
  message: OutMessage,
): boolean {
  const { out, actions } = settings as Pick<RosSettings, "out" | "actions">;
  if (Object.values(actions ?? {}).some((action) => action.controller === address))
    return message.kind === "permit" || message.kind === "revoke" || message.kind === "stop";
  const topic = out?.[address];
  return topic !== undefined && createOutEncoder(topic, robotJoints)(message, 0) !== null;
}
