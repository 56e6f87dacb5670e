import { z } from "zod";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { isVerb, permitOf, revokeOf } from "./messages.ts";

/** Velocity of the tool or base: a stop is zero velocity, repeated by the cell for as long as it holds. */
export const twist = actuatorKind(
  "twist",
  "zero velocity on a twist topic; permitted twists pass",
  z.strictObject({
    kind: z.literal("twist"),
    ...actuatorShape,
    reports: z
      .enum(["duration", "wire"])
      .default("duration")
      .describe("duration: a permitted twist ends with zero velocity when its time is over"),
  }),
  () => ["twist"],
  (name, { address }, sender) => ({
    name,
    moves: true,
    block: ({ code }) => sender.send(address, { kind: "stop", pose: [], code }),
    slow: ({ scale }) => sender.send(address, { kind: "slow", scale }),
    heartbeat: () => false,
    permit(effect, nowUs) {
      const message = permitOf(effect, nowUs);
      return message !== null && isVerb(effect, "twist") && sender.send(address, message);
    },
    revoke: (effect) => sender.send(address, revokeOf(effect)),
  }),
);
