export { createKinematics, readKinematics } from "./create-kinematics.ts";
export { contactSpeedLimitMPerS, reducedMassKg, robotEffectiveMassKg } from "./effective-mass.ts";
export type { Kinematics } from "./kinematics.ts";
