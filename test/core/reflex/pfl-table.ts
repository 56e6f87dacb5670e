import { type BodyRegion, type PflLimits, pflLimitsSchema } from "../../../src/core/domain/index.ts";

/** Values of the test vectors. */
type Row = [force: number, factor: number | null, stiffness: number, mass: number];
const ROWS: Record<BodyRegion, Row> = {
  skull_forehead: [130, null, 150, 4.4],
  face: [65, null, 75, 4.4],
  neck: [150, 2, 50, 1.2],
  back_shoulders: [210, 2, 35, 40],
  chest: [140, 2, 25, 40],
  abdomen: [110, 2, 10, 40],
  pelvis: [180, 2, 25, 40],
  upper_arm_elbow: [150, 2, 30, 3],
  lower_arm_wrist: [160, 2, 40, 2],
  hand_finger: [140, 2, 75, 0.6],
  thigh_knee: [220, 2, 50, 75],
  lower_leg: [130, 2, 60, 75],
};
export const TABLE: PflLimits = pflLimitsSchema.parse({
  schema: "cellgate.pfl-limits/1",
  edition: "test edition",
  source: "test vectors",
  notice: "for tests",
  regions: Object.fromEntries(
    Object.entries(ROWS).map(([name, [quasiStaticForceN, transientFactor, stiffnessNPerMm, massKg]]) => [
      name,
      { quasiStaticForceN, transientFactor, stiffnessNPerMm, massKg },
    ]),
  ),
});
