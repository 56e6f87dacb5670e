import type { RiskDomain } from "./domain.ts";

/** Levels tell a head in which pose and with which load the robot is, and so when in its job contacts used to happen. */
const POSE_AND_LOAD = "a level of pose and load: it would teach the job's timetable instead of risk";

/** A robot cell that people may enter: contacts, overloads, stops. */
export const robotFactory: RiskDomain = {
  name: "robot-factory",
  summary: "contact, overload and stop in a robot cell",
  events: [
    {
      name: "contact",
      meaning: "the robot touches a person or an obstacle",
      codes: ["FORCE_SPIKE", "PFL_HEAD_CONTACT"],
    },
    {
      name: "collision",
      meaning: "contact above the force limit of what is hit",
      codes: ["FORCE_LIMIT", "TORQUE_LIMIT", "PFL_TRANSIENT", "PFL_QUASI_STATIC"],
    },
    {
      name: "protective_stop",
      meaning: "the controller stopped the robot",
      codes: ["PROTECTIVE_STOP", "SAFETY_MODE_PROTECTIVE"],
    },
    {
      name: "estop",
      meaning: "somebody pressed an emergency stop",
      codes: ["ESTOP_PRESSED", "SAFETY_MODE_EMERGENCY"],
    },
    { name: "grip_lost", meaning: "the part left the gripper", codes: ["GRIP_LOST"] },
    {
      name: "failure",
      meaning: "an execution failed: obstruction, slip, wrong position",
      codes: ["ACTION_ABORTED", "ACTION_OVERRAN", "PATH_LEFT"],
    },
  ],
  metrics: [
    {
      name: "near_misses",
      meaning: "somebody or something came closer than a stop distance, and nothing was touched",
      codes: ["PROXIMITY_MIN", "SEPARATION_LOST"],
    },
    {
      name: "force_spikes",
      meaning: "a force or torque rose suddenly or passed its limit",
      codes: [
        "FORCE_SPIKE",
        "FORCE_LIMIT",
        "TORQUE_LIMIT",
        "PFL_TRANSIENT",
        "PFL_QUASI_STATIC",
        "PFL_HEAD_CONTACT",
      ],
    },
    {
      name: "estops",
      meaning: "an emergency stop was pressed",
      codes: ["ESTOP_PRESSED", "SAFETY_MODE_EMERGENCY"],
    },
    {
      name: "protective_stops",
      meaning: "the controller stopped the robot",
      codes: ["PROTECTIVE_STOP", "SAFETY_MODE_PROTECTIVE"],
    },
    {
      name: "forbidden_zone_entries",
      meaning: "somebody entered a stop zone, or the arm a forbidden one",
      codes: ["ZONE_STOP", "ARM_IN_FORBIDDEN_ZONE"],
    },
    { name: "grips_lost", meaning: "a part left the gripper while the arm moved", codes: ["GRIP_LOST"] },
    {
      name: "failed_actions",
      meaning: "a permitted action did not end well",
      codes: ["ACTION_ABORTED", "ACTION_OVERRAN", "PATH_LEFT"],
    },
    {
      name: "missed_events",
      meaning: "an event came that V_s had not announced",
      codes: ["VS_MISSED_EVENT"],
    },
  ],
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
    "stop",
    "sources",
    "plan",
    "program",
    "decision",
    "hidden",
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
