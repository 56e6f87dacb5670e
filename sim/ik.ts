import { assert } from "../src/core/base/assert.ts";
import type { Kinematics } from "../src/core/robot/index.ts";
import type { Triple } from "../src/core/physics/index.ts";

const STEPS_MAX = 400;
const DAMPING = 1e-4;
const POSITION_TOLERANCE_M = 1e-9;
const TURN_STEP_MAX = 0.2;

/** Joint angles that put the tool point at `target`, the tool pointing straight down; starts at `guess`. */
export function reachDown(
  kinematics: Kinematics,
  target: Triple,
  guess: readonly number[],
): readonly number[] {
  const n = kinematics.joints;
  const q = Float64Array.from(guess);
  const pose = new Float64Array(12);
  const jacobian = new Float64Array(6 * n);
  for (let step = 0; step < STEPS_MAX; step++) {
    kinematics.toolPose(q, pose);
    const error = poseError(pose, target);
    if (Math.max(...error.map(Math.abs)) < POSITION_TOLERANCE_M) return [...q];
    kinematics.jacobian(q, jacobian);
    const move = dampedSolve(jacobian, error, n);
    const scale = Math.min(1, TURN_STEP_MAX / Math.max(...move.map(Math.abs)));
    for (let i = 0; i < n; i++) q[i] = q[i]! + scale * move[i]!;
  }
  assert(false, `no joint angles reach ${target.join(", ")} with the tool pointing down`);
}

/** Position error and the turn that takes the tool's axes to: x forward, y to the right, z down. */
function poseError(pose: Float64Array, target: Triple): readonly number[] {
  const wanted = [1, 0, 0, 0, -1, 0, 0, 0, -1];
  const turn = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const [x, y, z] = [pose[axis]!, pose[axis + 4]!, pose[axis + 8]!];
    const [a, b, c] = [wanted[axis]!, wanted[axis + 3]!, wanted[axis + 6]!];
    turn[0]! += (y * c - z * b) / 2;
    turn[1]! += (z * a - x * c) / 2;
    turn[2]! += (x * b - y * a) / 2;
  }
  return [target[0] - pose[3]!, target[1] - pose[7]!, target[2] - pose[11]!, ...turn];
}

/** Jᵀ (J Jᵀ + λ²)⁻¹ e by elimination */
function dampedSolve(jacobian: Float64Array, error: readonly number[], n: number): readonly number[] {
  const rows = error.map((e, r) => [
    ...error.map((_, c) => {
      let sum = r === c ? DAMPING * DAMPING : 0;
      for (let k = 0; k < n; k++) sum += jacobian[r * n + k]! * jacobian[c * n + k]!;
      return sum;
    }),
    e,
  ]);
  const solved = eliminate(rows);
  return Array.from({ length: n }, (_, k) =>
    solved.reduce((sum, value, r) => sum + jacobian[r * n + k]! * value, 0),
  );
}

function eliminate(rows: number[][]): readonly number[] {
  const n = rows.length;
  for (let c = 0; c < n; c++) {
    const best = rows
      .slice(c)
      .reduce((top, row, i) => (Math.abs(row[c]!) > Math.abs(rows[top]![c]!) ? c + i : top), c);
    [rows[c], rows[best]] = [rows[best]!, rows[c]!];
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = rows[r]![c]! / rows[c]![c]!;
      for (let k = c; k <= n; k++) rows[r]![k]! -= factor * rows[c]![k]!;
    }
  }
  return rows.map((row, r) => row[n]! / row[r]!);
}
