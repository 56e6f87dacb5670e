import { err, ok, type Result } from "../base/result.ts";
import type { RobotConfig } from "../domain/index.ts";
import { basePose, type Chain } from "./chain.ts";
import type { ArmDrive, ArmDynamics, MassPoint, MissingDynamics } from "./dynamics.ts";
import { bodyIn, impossibleBody } from "./inertia.ts";
import { compose, identityPose, type Pose } from "./pose.ts";
import { spheresAlong } from "./spheres.ts";
import type { Urdf } from "./urdf.ts";
import { type UrdfBody, urdfBodies, urdfDrives } from "./urdf-bodies.ts";

export type FoundDynamics = Result<ArmDynamics | MissingDynamics, string>;
const missing = (what: string): FoundDynamics => ok({ missing: what });

/** The links together may weigh this share of `massMovingKg`: otherwise one of the two is wrong. */
const LIGHTEST = 0.5;
const HEAVIEST = 1.1;

/** What the deployment says of masses and drives; an error is a number that no arm can have. */
export function readDynamics(robot: RobotConfig, chain: Chain, urdf: Urdf | null): FoundDynamics {
  const count = wrongCount(robot);
  if (count !== null) return err(count);
  const points = pointsAtZero(chain);
  const bodies = urdf === null ? dhBodies(robot, chain) : urdfBodies(urdf, basePose(robot));
  if (!bodies.ok) return bodies;
  if ("missing" in bodies.value) return ok(bodies.value);
  const shaped = withShapes(robot, bodies.value, points);
  if ("missing" in shaped) return ok(shaped);
  const total = shaped.reduce((sum, body) => sum + body.massKg, 0);
  if (total < LIGHTEST * robot.massMovingKg || total > HEAVIEST * robot.massMovingKg)
    return missing(
      `the links weigh ${Math.round(total * 100) / 100} kg together and robot.massMovingKg says ${robot.massMovingKg}; correct the one that is wrong`,
    );
  const drives = drivesOf(robot, chain, urdf);
  return "missing" in drives ? ok(drives) : ok({ order: chain.order, bodies: shaped, drives });
}

function wrongCount({ joints, kinematics, dynamics }: RobotConfig): string | null {
  if (dynamics === undefined) return null;
  if ("urdf" in kinematics && dynamics.links !== undefined)
    return "robot.dynamics.links belongs to kinematics.dh; a URDF states masses in its <inertial> elements";
  for (const key of ["links", "linkRadiiM", "drives"] as const) {
    const count = dynamics[key]?.length ?? joints.length;
    if (count !== joints.length)
      return `robot.dynamics.${key} has ${count} entries for ${joints.length} joints`;
  }
  return null;
}

/** Frame in front of each turn, and the tool's, while all angles are zero. */
const framesAtZero = ({ fixed }: Chain): Pose[] => {
  let frame = identityPose();
  return fixed.map((pose) => (frame = compose(frame, pose)));
};
/** Each joint's place, and the tool's, while all angles are zero. */
export const pointsAtZero = (chain: Chain): number[][] =>
  framesAtZero(chain).map((frame) => [frame[3]!, frame[7]!, frame[11]!]);

function dhBodies(
  { dynamics }: RobotConfig,
  chain: Chain,
): Result<readonly UrdfBody[] | MissingDynamics, string> {
  if (dynamics?.links === undefined)
    return ok({
      missing:
        "robot.dynamics.links: for each joint massKg, centreM and inertiaKgM2; and robot.dynamics.linkRadiiM",
    });
  const frames = framesAtZero(chain);
  const bodies: UrdfBody[] = [];
  for (const [i, { massKg, centreM, inertiaKgM2: m }] of dynamics.links.entries()) {
    const inertiaKgM2 = [m.xx, m.yy, m.zz, m.xy, m.xz, m.yz];
    const wrong = impossibleBody(massKg, inertiaKgM2);
    if (wrong !== null) return err(`robot.dynamics.links.${i}: ${wrong}`);
    const own: MassPoint = { massKg, centreM, inertiaKgM2 };
    bodies.push({ ...bodyIn(frames[i + 1]!, own), spheres: [], shapeless: "" });
  }
  return ok(bodies);
}

function withShapes(
  { dynamics, kinematics }: RobotConfig,
  bodies: readonly UrdfBody[],
  points: readonly number[][],
): ArmDynamics["bodies"] | MissingDynamics {
  const radii = dynamics?.linkRadiiM;
  const bare = bodies.find((body) => body.spheres.length === 0);
  if (radii === undefined && bare !== undefined)
    return {
      missing:
        "urdf" in kinematics
          ? `robot.dynamics.linkRadiiM, the thickness of each link: ${bare.shapeless}`
          : "robot.dynamics.linkRadiiM: the thickness of each link",
    };
  return bodies.map(({ massKg, centreM, inertiaKgM2, spheres }, i) => ({
    massKg,
    centreM,
    inertiaKgM2,
    spheres: radii === undefined ? spheres : spheresAlong([points[i]!, centreM, points[i + 1]!], radii[i]!),
  }));
}

function drivesOf(
  robot: RobotConfig,
  chain: Chain,
  urdf: Urdf | null,
): readonly ArmDrive[] | MissingDynamics {
  const said = urdf === null ? new Map<string, Partial<ArmDrive>>() : urdfDrives(urdf);
  const drives: ArmDrive[] = [];
  for (const [turn, index] of chain.order.entries()) {
    const { name, minRad, maxRad, maxRadPerS, maxRadPerS2, maxEffortNm } = robot.joints[index]!;
    const own = said.get(name);
    const most = Math.min(maxEffortNm ?? Number.MAX_VALUE, own?.maxEffortNm ?? Number.MAX_VALUE);
    if (most === Number.MAX_VALUE)
      return { missing: `maxEffortNm of robot.joints "${name}": the largest torque of the joint` };
    const stated = robot.dynamics?.drives?.[turn];
    drives.push({
      name,
      minRad,
      maxRad,
      maxRadPerS,
      maxRadPerS2,
      maxEffortNm: most,
      giveRad: robot.dynamics?.servoGiveRad ?? 0.01,
      rotorInertiaKgM2: stated?.rotorInertiaKgM2 ?? 0,
      viscousFrictionNmSPerRad: stated?.viscousFrictionNmSPerRad ?? own?.viscousFrictionNmSPerRad ?? 0,
      dryFrictionNm: stated?.dryFrictionNm ?? own?.dryFrictionNm ?? 0,
    });
  }
  return drives;
}
