import type { Actuator, CommandSender } from "../ports/index.ts";
import { heartbeatOf } from "./messages.ts";

/** One level: a stop or a heartbeat. It knows no speed and no single action. */
export const levelActuator = (name: string, address: string, sender: CommandSender): Actuator => ({
  name,
  moves: false,
  block: ({ code }) => sender.send(address, { kind: "stop", pose: [], code }),
  slow: () => false,
  heartbeat: (effect) => sender.send(address, heartbeatOf(effect)),
  permit: () => false,
  revoke: () => false,
});
