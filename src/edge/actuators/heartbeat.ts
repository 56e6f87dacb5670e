import { z } from "zod";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { heartbeatOf } from "./messages.ts";

/**
 * The permit heartbeat: counter, state and configuration hash at a fixed rate. The receiver stops after three
 * periods without a counter that moves, so that the death of this node stops the robot too.
 */
export const heartbeat = actuatorKind(
  "heartbeat",
  "may-move heartbeat that the receiver must miss to stop",
  z.strictObject({ kind: z.literal("heartbeat"), ...actuatorShape }),
  () => [],
  (name, { address }, sender) => {
    let counter = 0;
    let configHash = "";
    return {
      name,
      moves: false,
      block: ({ code }) =>
        sender.send(address, { kind: "heartbeat", counter, state: code, mayMove: false, configHash }),
      slow: () => false,
      heartbeat(effect) {
        counter = effect.counter;
        configHash = effect.configHash;
        return sender.send(address, heartbeatOf(effect));
      },
      permit: () => false,
      revoke: () => false,
    };
  },
);
