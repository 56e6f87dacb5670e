import { z } from "zod";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { levelActuator } from "./level.ts";

/** One level that says blocked or free, for a twist multiplexer's lock, a PLC or a gate in somebody's own code. */
export const bool = actuatorKind(
  "bool",
  "a block level; free only while heartbeats allow motion",
  z.strictObject({ kind: z.literal("bool"), ...actuatorShape }),
  () => [],
  (name, { address }, sender) => levelActuator(name, address, sender),
);
