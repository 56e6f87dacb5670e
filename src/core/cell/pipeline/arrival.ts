import { poseTime } from "../../gate/index.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction } from "./open-action.ts";

/**
 * Whether the joints bear out that an action is over: "completed" is a word on a wire, standing at the goal is
 * measured. True as well where the cell measures no joints, or the action moves none: nothing else can tell.
 */
export function hasArrived(action: OpenAction, desk: Desk): boolean {
  const { deployment } = desk.host;
  const { action: checked } = action.judged;
  const sight = desk.host.snapshot();
  if (!checked.moves || poseTime(sight, deployment.channels) < 0) return true;
  for (const speed of sight.velocity)
    if (!(Math.abs(speed) <= deployment.robot.standstillRadPerS)) return false;
  // only a trajectory names the pose in which it ends
  if (checked.verb !== "trajectory") return true;
  const { path } = checked;
  const last = (path.steps - 1) * path.joints;
  for (let j = 0; j < path.joints; j++)
    if (!(Math.abs(sight.position[j]! - path.q[last + j]!) <= desk.gate.limits.goalToleranceRad))
      return false;
  return true;
}
