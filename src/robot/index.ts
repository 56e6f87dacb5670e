export type { Kinematics } from "./kinematics.ts";
