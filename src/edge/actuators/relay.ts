import { z } from "zod";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { levelActuator } from "./level.ts";

/** An enabling relay: energised by heartbeats that allow motion, opened by anything else and by silence. */
export const relay = actuatorKind(
  "relay",
  "an enabling relay, or a counter that allows motion, on a serial line or Modbus TCP",
  z.strictObject({ kind: z.literal("relay"), ...actuatorShape }),
  () => [],
  (name, { address }, sender) => levelActuator(name, address, sender),
);
