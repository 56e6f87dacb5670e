import { z } from "zod";
import { MAX_JOINTS } from "../../core/domain/index.ts";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { armPermit, armVerbs, gripperShape } from "./gripper.ts";
import { revokeOf, stopOf } from "./messages.ts";
import { slowShape, slowThrough } from "./slow.ts";

/** Joint trajectories: a stop holds the pose measured last. Without a pose it cannot hold, and says so. */
export const trajectory = actuatorKind(
  "trajectory",
  "holds the measured pose on a trajectory topic; permitted trajectories pass",
  z.strictObject({
    kind: z.literal("trajectory"),
    ...actuatorShape,
    reports: z
      .enum(["motion", "wire"])
      .default("motion")
      .describe("motion: begin and end are read off the measured joints; wire: the receiver tells them"),
    ...slowShape,
    ...gripperShape,
    joints: z
      .number()
      .int()
      .min(1)
      .max(MAX_JOINTS)
      .describe("joints of the controller; a pose of another size is refused"),
  }),
  armVerbs,
  (name, { address, joints, slow, gripper }, sender) => ({
    name,
    moves: true,
    block(effect) {
      if (effect.pose.length !== joints || !effect.pose.every(Number.isFinite)) return false;
      return sender.send(address, stopOf(effect));
    },
    slow: slowThrough(slow, sender),
    heartbeat: () => false,
    permit: armPermit({ address, gripper }, sender),
    revoke(effect) {
      if (effect.pose.length !== joints || !effect.pose.every(Number.isFinite)) return false;
      return sender.send(address, revokeOf(effect));
    },
  }),
);
