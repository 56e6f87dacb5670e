import { z } from "zod";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { heartbeatOf, permitOf, revokeOf, stopOf } from "./messages.ts";

/** Everything by its meaning, for a receiver that speaks the node's own contract (MQTT). */
export const command = actuatorKind(
  "command",
  "all commands by meaning, as the MQTT contract says",
  z.strictObject({ kind: z.literal("command"), ...actuatorShape }),
  (name, { address }, sender) => ({
    name,
    moves: true,
    block: (effect) => sender.send(address, stopOf(effect)),
    slow: ({ scale }) => sender.send(address, { kind: "slow", scale }),
    heartbeat: (effect) => sender.send(address, heartbeatOf(effect)),
    permit(effect, nowUs) {
      const message = permitOf(effect, nowUs);
      return message !== null && sender.send(address, message);
    },
    revoke: (effect) => sender.send(address, revokeOf(effect)),
  }),
);
