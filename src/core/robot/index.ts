export type { ArmChain } from "./arm-chain.ts";
export { createKinematics, readKinematics } from "./create-kinematics.ts";
export type { ArmBody, ArmDrive, ArmDynamics, MissingDynamics } from "./dynamics.ts";
export { contactSpeedLimitMPerS, reducedMassKg, robotEffectiveMassKg } from "./effective-mass.ts";
export type { Kinematics } from "./kinematics.ts";
export { clearanceM, FAR_M } from "./link-distance.ts";
export { type UrdfLimits, urdfLimits } from "./urdf-limits.ts";
export { type StatedJoint, summaryOfUrdf, type UrdfSummary } from "./urdf-summary.ts";
