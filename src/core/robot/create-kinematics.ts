import { assert } from "../base/assert.ts";
import { hypot3 } from "../base/math.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { RobotConfig } from "../domain/index.ts";
import { basePose, type Chain, chainOfDh, chainOfJoints } from "./chain.ts";
import type { Kinematics } from "./kinematics.ts";
import { multiplyPose, POSE_SIZE, turnZ } from "./pose.ts";
import { linkRadiiOf } from "./link-radii.ts";
import { pointsAtZero, readDynamics } from "./read-dynamics.ts";
import { named, readUrdf, type Urdf } from "./urdf.ts";

/** The arm's geometry and masses from a deployment, or the words that tell its author what is wrong. */
export function readKinematics(robot: RobotConfig, urdfText?: string): Result<Kinematics, string> {
  const base = basePose(robot);
  const given = robot.kinematics;
  if ("dh" in given)
    return given.dh.length === robot.joints.length
      ? withDynamics(robot, chainOfDh(given.dh, base), null)
      : err(`kinematics.dh has ${given.dh.length} rows for ${robot.joints.length} joints`);
  if (urdfText === undefined) return err(`the text of ${given.urdf} is missing`);
  const urdf = readUrdf(urdfText, { tip: given.tip, joints: robot.joints.map((joint) => joint.name) });
  if (!urdf.ok) return urdf;
  const beyond = beyondUrdf(robot, urdf.value);
  return beyond === null
    ? withDynamics(robot, chainOfJoints(urdf.value.places, base), urdf.value)
    : err(beyond);
}

/** A deployment may allow less than the arm's maker states, never more: stopping is computed from it. */
function beyondUrdf(robot: RobotConfig, { way }: Urdf): string | null {
  for (const { name, maxRadPerS2 } of robot.joints) {
    const joint = way.find((element) => element.attributes.get("name") === name);
    for (const limit of ["acceleration", "deceleration"]) {
      const most = Number((joint && named(joint, "limit", limit)) ?? Number.POSITIVE_INFINITY);
      if (maxRadPerS2 > most)
        return `robot.joints ${name}: maxRadPerS2 is ${maxRadPerS2}, the URDF's ${limit} limit is ${most}`;
    }
  }
  return null;
}

function withDynamics(robot: RobotConfig, chain: Chain, urdf: Urdf | null): Result<Kinematics, string> {
  const dynamics = readDynamics(robot, chain, urdf);
  if (!dynamics.ok) return dynamics;
  const radii = linkRadiiOf(robot, dynamics.value, pointsAtZero(chain));
  return ok(kinematicsOf(chain, dynamics.value, radii));
}

/** As `readKinematics`, for a deployment that was checked before: anything wrong is our mistake. */
export function createKinematics(robot: RobotConfig, urdfText?: string): Kinematics {
  const read = readKinematics(robot, urdfText);
  assert(read.ok, read.ok ? "" : `robot: ${read.error}`);
  return read.value;
}

function kinematicsOf(
  chain: Chain,
  dynamics: Kinematics["dynamics"],
  linkRadiiM: Kinematics["linkRadiiM"],
): Kinematics {
  const n = chain.order.length;
  const fixed = new Float64Array((n + 1) * POSE_SIZE);
  chain.fixed.forEach((pose, i) => fixed.set(pose, i * POSE_SIZE));
  const order = Int32Array.from(chain.order);
  // pose i = frame whose z is axis i, before its turn; pose n = tool
  const frames = new Float64Array((n + 1) * POSE_SIZE);
  const turned = new Float64Array(POSE_SIZE);
  frames.set(fixed.subarray(0, POSE_SIZE));
  const forward = (q: ArrayLike<number>): void => {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < POSE_SIZE; k++) turned[k] = frames[i * POSE_SIZE + k]!;
      turnZ(turned, 0, q[order[i]!]!);
      multiplyPose(turned, 0, fixed, (i + 1) * POSE_SIZE, frames, (i + 1) * POSE_SIZE);
    }
  };
  const speed = new Float64Array(3);
  const last = n * POSE_SIZE;
  return {
    joints: n,
    dynamics,
    linkRadiiM,
    bodyPoints: n + 1,
    tool(q, out) {
      forward(q);
      for (let k = 0; k < 3; k++) out[k] = frames[last + 4 * k + 3]!;
    },
    toolPose(q, out) {
      forward(q);
      for (let k = 0; k < POSE_SIZE; k++) out[k] = frames[last + k]!;
    },
    body(q, out) {
      forward(q);
      for (let i = 0; i <= n; i++)
        for (let k = 0; k < 3; k++) out[3 * i + k] = frames[i * POSE_SIZE + 4 * k + 3]!;
    },
    toolSpeed(q, qd) {
      forward(q);
      speed.fill(0);
      for (let i = 0; i < n; i++) addLever(frames, i, last, qd[order[i]!]!, speed);
      return hypot3(speed[0]!, speed[1]!, speed[2]!);
    },
    jacobian(q, out) {
      forward(q);
      for (let i = 0; i < n; i++) {
        const column = order[i]!;
        speed.fill(0);
        addLever(frames, i, last, 1, speed);
        for (let k = 0; k < 3; k++) {
          out[k * n + column] = speed[k]!;
          out[(k + 3) * n + column] = frames[i * POSE_SIZE + 4 * k + 2]!;
        }
      }
    },
  };
}

/** out += rate · (axis i × lever from joint i to the tool) */
function addLever(frames: Float64Array, i: number, tool: number, rate: number, out: Float64Array): void {
  const at = i * POSE_SIZE;
  const x = frames[tool + 3]! - frames[at + 3]!;
  const y = frames[tool + 7]! - frames[at + 7]!;
  const z = frames[tool + 11]! - frames[at + 11]!;
  const ax = frames[at + 2]! * rate;
  const ay = frames[at + 6]! * rate;
  const az = frames[at + 10]! * rate;
  out[0] = out[0]! + ay * z - az * y;
  out[1] = out[1]! + az * x - ax * z;
  out[2] = out[2]! + ax * y - ay * x;
}
