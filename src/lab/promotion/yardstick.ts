import type { Truth } from "../../../sim/index.ts";

/** Nearer than this a moving arm is a risk whatever it is doing; the simulator's own limit of a near miss. */
const REACH_M = 0.2;
const SPEED_UNIT_M_PER_S = 1;
const FORCE_UNIT_N = 140;

/**
 * Risk energy in hindsight, from what really happened: the same ruler for both sides, and neither of them
 * made it. Kinetic part near a person, plus the square of the contact force against the quasi-static limit.
 */
export function hindsightEnergy({ distanceM, toolMPerS, contactForceN }: Truth): number {
  const near = Math.max(0, 1 - distanceM / REACH_M);
  const v = toolMPerS / SPEED_UNIT_M_PER_S;
  const force = contactForceN / FORCE_UNIT_N;
  return v * v * near + force * force;
}
