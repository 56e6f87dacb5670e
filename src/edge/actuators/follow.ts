import { z } from "zod";
import { actuatorKind, actuatorShape } from "./actuator-kind.ts";
import { armPermit, armVerbs, gripperShape } from "./gripper.ts";
import { revokeOf } from "./messages.ts";
import { slowShape, slowThrough } from "./slow.ts";

/**
 * The action of a trajectory controller: what is permitted is sent as a goal, and the goal's own end is told
 * back. A stop cancels it; a controller that does not listen is dealt with by the rest of the chain.
 */
export const follow = actuatorKind(
  "follow",
  "goals of a FollowJointTrajectory action; a stop or a revoke cancels",
  z.strictObject({ kind: z.literal("follow"), ...actuatorShape, ...slowShape, ...gripperShape }),
  armVerbs,
  (name, { address, slow, gripper }, sender) => ({
    name,
    moves: true,
    block: ({ code }) => sender.send(address, { kind: "stop", pose: [], code }),
    slow: slowThrough(slow, sender),
    heartbeat: () => false,
    permit: armPermit({ address, gripper }, sender),
    revoke: (effect) => sender.send(address, revokeOf(effect)),
  }),
);
