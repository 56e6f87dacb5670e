import { z } from "zod";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { heartbeatOf } from "./messages.ts";

/** An enabling relay: energised by heartbeats that allow motion, opened by anything else and by silence. */
export const relay = actuatorKind(
  "relay",
  "an enabling relay on a serial line",
  z.strictObject({ kind: z.literal("relay"), ...actuatorShape }),
  (name, { address }, sender) => ({
    name,
    block: ({ code }) => sender.send(address, { kind: "stop", pose: [], code }),
    slow: () => false,
    heartbeat: (effect) => sender.send(address, heartbeatOf(effect)),
    permit: () => false,
    revoke: () => false,
  }),
);
