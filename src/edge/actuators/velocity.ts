import { z } from "zod";
import { nameText } from "../../core/domain/deployment/units.ts";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";

/**
 * The way out of a velocity filter: what comes in on the command channel leaves here, as far as zones and state allow. A
 * block is zero, repeated by the cell, and takes the place of whatever is asked for meanwhile.
 */
export const velocity = actuatorKind(
  "velocity",
  "passes a command channel on, limited by zones; zero while blocked",
  z.strictObject({
    kind: z.literal("velocity"),
    ...actuatorShape,
    asked: z.literal("at-once").default("at-once").describe("every stop is told in the same call"),
    command: nameText.describe("the twistCommand or jogCommand channel that is passed on"),
  }),
  // what a proposal asks for goes to another actuator; this one passes a stream on
  () => [],
  (name, { address }, sender) => ({
    name,
    moves: true,
    block: ({ code }) => sender.send(address, { kind: "stop", pose: [], code }),
    // what comes next is scaled already; until then, what went out last
    slow: ({ scale }) => sender.send(address, { kind: "slow", scale }),
    velocity: ({ values }) => sender.send(address, { kind: "velocity", values }),
    heartbeat: () => false,
    permit: () => false,
    revoke: () => false,
  }),
);
