import { z } from "zod";
import { ACTUATOR_SKILLS } from "../../core/domain/index.ts";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { heartbeatOf, isVerb, permitOf, revokeOf, stopOf } from "./messages.ts";

/** Verbs that are one command. */
const COMMANDS = ["trajectory", "twist", "gripper", "parameter", "power"] as const;

/** Everything by its meaning, for a receiver that speaks the node's own contract (MQTT). */
export const command = actuatorKind(
  "command",
  "all commands by meaning, as the MQTT contract says",
  z.strictObject({
    kind: z.literal("command"),
    ...actuatorShape,
    carries: z
      .array(z.enum(COMMANDS))
      .min(1)
      .default([...COMMANDS])
      .describe("what the receiver understands; plans and programs reach it step by step"),
    skills: z
      .enum(ACTUATOR_SKILLS)
      .default("by-name")
      .describe(
        "by-name: a skill that states no motion is sent as a program of this one skill; by-steps: never",
      ),
  }),
  ({ carries }) => carries,
  (name, { address, carries, skills }, sender) => ({
    name,
    moves: true,
    block: (effect) => sender.send(address, stopOf(effect)),
    slow: ({ scale }) => sender.send(address, { kind: "slow", scale }),
    heartbeat: (effect) => sender.send(address, heartbeatOf(effect)),
    permit(effect, nowUs) {
      const message = permitOf(effect, nowUs);
      const carried = skills === "by-name" ? [...carries, "program" as const] : carries;
      return (
        message !== null && carried.some((verb) => isVerb(effect, verb)) && sender.send(address, message)
      );
    },
    revoke: (effect) => sender.send(address, revokeOf(effect)),
  }),
);
