import type { Kinematics } from "../robot/index.ts";
import { type Path, throughRows } from "./path.ts";

/** Near a singular pose the damped inverse asks for less than wanted instead of for infinite joint speeds. */
const DAMPING = 1e-4;

/** The joints' way under a constant twist of the tool, by damped resolved rates. */
export function followTwist(
  q0: readonly number[],
  twist: readonly number[],
  durationS: number,
  steps: number,
  arm: Kinematics,
): Path {
  const n = arm.joints;
  const rows = new Float64Array(n * steps);
  const dtS = durationS / (steps - 1);
  const jacobian = new Float64Array(6 * n);
  const q = Float64Array.from(q0);
  rows.set(q, 0);
  for (let k = 1; k < steps; k++) {
    arm.jacobian(q, jacobian);
    const y = solve(gram(jacobian, n), twist);
    for (let j = 0; j < n; j++) {
      let rate = 0;
      for (let r = 0; r < 6; r++) rate += jacobian[r * n + j]! * y[r]!;
      q[j] = q[j]! + rate * dtS;
    }
    rows.set(q, k * n);
  }
  return throughRows(rows, n, durationS);
}

/** J Jᵀ + λ, six by six */
function gram(jacobian: Float64Array, n: number): Float64Array {
  const g = new Float64Array(36);
  for (let r = 0; r < 6; r++)
    for (let c = 0; c < 6; c++) {
      let sum = r === c ? DAMPING : 0;
      for (let j = 0; j < n; j++) sum += jacobian[r * n + j]! * jacobian[c * n + j]!;
      g[6 * r + c] = sum;
    }
  return g;
}

/** Cholesky for a positive definite 6×6 matrix, in place. */
function solve(g: Float64Array, b: readonly number[]): Float64Array {
  for (let i = 0; i < 6; i++)
    for (let j = 0; j <= i; j++) {
      let sum = g[6 * i + j]!;
      for (let k = 0; k < j; k++) sum -= g[6 * i + k]! * g[6 * j + k]!;
      g[6 * i + j] = i === j ? Math.sqrt(sum) : sum / g[6 * j + j]!;
    }
  const x = Float64Array.from(b);
  for (let i = 0; i < 6; i++) {
    for (let k = 0; k < i; k++) x[i] = x[i]! - g[6 * i + k]! * x[k]!;
    x[i] = x[i]! / g[6 * i + i]!;
  }
  for (let i = 5; i >= 0; i--) {
    for (let k = i + 1; k < 6; k++) x[i] = x[i]! - g[6 * k + i]! * x[k]!;
    x[i] = x[i]! / g[6 * i + i]!;
  }
  return x;
}
