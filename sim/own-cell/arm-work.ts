import type { Prng } from "../../src/core/base/prng.ts";
import type { Deployment } from "../../src/core/domain/index.ts";
import type { Kinematics } from "../../src/core/robot/index.ts";
import { type ArmPlan, shortestMove, type Stretch } from "../arm-path.ts";

const DRAWS = 240;
/** share of a joint's range around its middle in which the arm works, and the most of it */
const RANGE_SHARE = 0.5;
const RANGE_MAX_RAD = 0.9;
/** the tool goes at least this share of the arm's reach */
const WAY_SHARE = 0.35;
const PAUSE_S = 0.4;
const SAMPLES = 12;

type Box = Deployment["gate"]["zones"][string];

/** What an arm does whose real job nobody knows: to and fro between two postures, clear of every forbidden box. */
export interface ArmWork {
  readonly plan: ArmPlan;
  /** false: no way was found that stays clear, so the arm stands */
  readonly moves: boolean;
  stretch(from: readonly number[], to: readonly number[], pauseS: number): Stretch;
}

export function armWork({ robot, gate }: Deployment, kinematics: Kinematics, prng: Prng): ArmWork {
  const stretch: ArmWork["stretch"] = (from, to, pauseS) => ({
    to,
    moveS: shortestMove(robot, kinematics, from, to),
    pauseS,
  });
  const clear = clearOf(
    Object.values(gate.zones).filter((zone) => zone.kind === "forbidden"),
    kinematics,
    robot.stopDistanceM,
  );
  const middle = robot.joints.map(({ minRad, maxRad }) => (minRad + maxRad) / 2);
  const posture = (): number[] =>
    robot.joints.map(({ minRad, maxRad }, i) => {
      const half = Math.min(RANGE_MAX_RAD, ((maxRad - minRad) / 2) * RANGE_SHARE);
      return middle[i]! + (2 * prng.nextFloat() - 1) * half;
    });
  const reachM = reachOf(kinematics, middle);
  let best: { from: number[]; to: number[]; wayM: number } | null = null;
  for (let draw = 0; draw < DRAWS; draw++) {
    const [from, to] = [posture(), posture()];
    const wayM = distance(toolAt(kinematics, from), toolAt(kinematics, to));
    if ((best !== null && wayM <= best.wayM) || !clear(from, to)) continue;
    best = { from, to, wayM };
    if (wayM >= WAY_SHARE * reachM) break;
  }
  if (best === null) {
    const still = { to: middle, moveS: 1, pauseS: 1 };
    return { plan: { from: middle, stretches: [still], repeats: true }, moves: false, stretch };
  }
  const { from, to } = best;
  const stretches = [stretch(from, to, PAUSE_S), stretch(to, from, PAUSE_S)];
  return { plan: { from, stretches, repeats: true }, moves: true, stretch };
}

const toolAt = (kinematics: Kinematics, q: readonly number[]): Float64Array => {
  const at = new Float64Array(3);
  kinematics.tool(q, at);
  return at;
};
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.sqrt(
    (a[0]! - b[0]!) * (a[0]! - b[0]!) + (a[1]! - b[1]!) * (a[1]! - b[1]!) + (a[2]! - b[2]!) * (a[2]! - b[2]!),
  );

/** From the base to the tool along all links: no posture reaches further. */
export function reachOf(kinematics: Kinematics, q: readonly number[]): number {
  const points = new Float64Array(3 * kinematics.bodyPoints);
  kinematics.body(q, points);
  let length = 0;
  for (let i = 1; i < kinematics.bodyPoints; i++)
    length += distance(points.subarray(3 * (i - 1), 3 * i), points.subarray(3 * i, 3 * i + 3));
  return length;
}

/** No point of the arm comes nearer to a box than a stop is long. */
function clearOf(boxes: readonly Box[], kinematics: Kinematics, roomM: number) {
  const points = new Float64Array(3 * kinematics.bodyPoints);
  const inside = (box: Box, at: number): boolean =>
    [0, 1, 2].every((k) => points[at + k]! > box.min[k]! - roomM && points[at + k]! < box.max[k]! + roomM);
  return (from: readonly number[], to: readonly number[]): boolean => {
    if (boxes.length === 0) return true;
    for (let step = 0; step <= SAMPLES; step++) {
      kinematics.body(
        from.map((q, i) => q + ((to[i]! - q) * step) / SAMPLES),
        points,
      );
      for (let p = 0; p < kinematics.bodyPoints; p++)
        if (boxes.some((box) => inside(box, 3 * p))) return false;
    }
    return true;
  };
}
