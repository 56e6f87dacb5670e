import type { RobotModel } from "./robot-model.ts";
import { SEVEN_AXES } from "./seven-axes.ts";
import { SIX_AXES_AND_BASES } from "./six-axes-and-bases.ts";
import { UNIVERSAL_ROBOTS } from "./universal-robots.ts";

export type { ModelJoint, ModelRow, RobotModel } from "./robot-model.ts";
/** Every robot of the library. */
export const ROBOTS: readonly RobotModel[] = [...UNIVERSAL_ROBOTS, ...SEVEN_AXES, ...SIX_AXES_AND_BASES];
