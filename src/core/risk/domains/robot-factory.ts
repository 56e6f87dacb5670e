import type { RiskDomain } from "./domain.ts";

/** Levels tell a head in which pose and with which load the robot is, and so when in its job contacts used to happen. */
const POSE_AND_LOAD = "a level of pose and load: it would teach the job's timetable instead of risk";

/** A robot cell that people may enter: contacts, overloads, stops. */
export const robotFactory: RiskDomain = {
  name: "robot-factory",
  summary: "contact, overload and stop in a robot cell",
  events: [
    { name: "contact", meaning: "the robot touches a person or an obstacle" },
    { name: "collision", meaning: "contact above the force limit of what is hit" },
    { name: "protective_stop", meaning: "the controller stopped the robot" },
    { name: "estop", meaning: "somebody pressed an emergency stop" },
    { name: "grip_lost", meaning: "the part left the gripper" },
    { name: "failure", meaning: "an execution failed: obstruction, slip, wrong position" },
  ],
  // proposals and hidden vectors need recordings of a policy; health of sources is the reflex's business
  groups: [
    "force",
    "force_rate",
    "force_band",
    "force_spread",
    "contact_impulse",
    "proximity",
    "separation",
    "scan",
    "occupancy",
    "motion",
    "effort",
    "residual",
    "currents",
    "tracking",
    "twist",
    "scalar",
  ],
  without: [
    "force_n",
    "torque_nm",
    "force_side_mean_n",
    "torque_mean_nm",
    "effort_share",
    "joint_power_w",
    "joint_limit_margin_rad",
  ].map((name) => ({ name, because: POSE_AND_LOAD })),
  horizonMs: 600,
  leadMs: 200,
  missRate: 0.03,
  battery: "robot-factory",
};
