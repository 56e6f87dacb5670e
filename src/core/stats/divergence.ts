import { assert } from "../base/assert.ts";
import { log } from "../base/math.ts";

/** KL(p ‖ q) in nats; +Infinity where p has mass that q has not */
export function klCategorical(p: ArrayLike<number>, q: ArrayLike<number>): number {
  assert(p.length === q.length, `distributions of ${p.length} and ${q.length} outcomes cannot be compared`);
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    const a = p[i] as number;
    const b = q[i] as number;
    if (a > 0) total += b > 0 ? a * log(a / b) : Number.POSITIVE_INFINITY;
  }
  return total;
}
