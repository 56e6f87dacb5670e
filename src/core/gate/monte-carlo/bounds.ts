import { fastest, hardest, jerkOf, type Motion } from "../motion.ts";
import type { TypedChain } from "./arm-chain.ts";

/** Places in a row of bounds. */
export const BOUND = { accel: 0, jerk: 1 } as const;

/** Farthest that turning each joint, base to tool, can matter: the levers from it to the tool, end to end. */
export function reachesOf(chain: TypedChain): Float64Array {
  const reaches = new Float64Array(chain.joints);
  let sum = 0;
  for (let n = chain.joints - 1; n >= 0; n--) {
    const [x, y, z] = [chain.levers[3 * n]!, chain.levers[3 * n + 1]!, chain.levers[3 * n + 2]!];
    sum += Math.sqrt(x * x + y * y + z * z);
    reaches[n] = sum;
  }
  return reaches;
}

/**
 * Bounds on the acceleration and jerk of every point of the arm between two times of one piece. A derivative of
 * a point by joint angles is a vector turned about the outermost of the joints that it names, so it is no longer
 * than that joint's reach; what the joints do at most is exact. V, B, C: largest speed, acceleration and jerk of a joint.
 *
 * accel ≤ Σ R·B + Σ R(outer of j, k) V V        jerk ≤ Σ R·C + 3 Σ R(outer) B V + Σ R(outer) V V V
 */
export function boundMotion(
  motion: Motion,
  piece: number,
  span: { readonly from: number; readonly to: number },
  chain: TypedChain,
  reaches: Float64Array,
  out: Float64Array,
): void {
  let speeds = 0;
  let accels = 0;
  let accel = 0;
  let jerk = 0;
  for (let n = 0; n < chain.joints; n++) {
    const at = 4 * (piece * motion.joints + chain.order[n]!);
    const v = fastest(motion.powers, at, span.from, span.to);
    const b = hardest(motion.powers, at, span.from, span.to);
    const c = jerkOf(motion.powers, at);
    const sum = speeds + v;
    accel += reaches[n]! * (b + sum * sum - speeds * speeds);
    jerk += reaches[n]! * (c + 3 * (b * sum + v * accels) + sum * sum * sum - speeds * speeds * speeds);
    speeds = sum;
    accels += b;
  }
  out[BOUND.accel] = accel;
  out[BOUND.jerk] = jerk;
}
