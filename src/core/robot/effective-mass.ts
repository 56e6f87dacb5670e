import { assert } from "../base/assert.ts";

/** Mass that a person meets in a contact with the arm: half of what moves, and the load (ISO/TS 15066, A.3.3). */
export const robotEffectiveMassKg = (movingKg: number, payloadKg: number): number => movingKg / 2 + payloadKg;

/** Reduced mass of two bodies that meet. */
export function reducedMassKg(aKg: number, bKg: number): number {
  assert(aKg > 0 && bKg > 0, "reduced mass: both masses are positive");
  return 1 / (1 / aKg + 1 / bKg);
}

/** Fastest relative speed at which a contact with a spring of this stiffness stays below the force limit. */
export const contactSpeedLimitMPerS = (
  forceNewton: number,
  reducedKg: number,
  stiffnessNPerM: number,
): number => forceNewton / Math.sqrt(reducedKg * stiffnessNPerM);
