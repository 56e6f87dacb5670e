import { createPlanner } from "../arm-path.ts";
import type { CellDescription } from "../../src/core/physics/index.ts";
import { rays, type SdfDialect, sdfOf, slidingPerson, stepText } from "./sdf.ts";
import { text, type Xml, xml } from "./xml.ts";

/** The cell as a world of today's Gazebo (SDF 1.9). Topics are those of launch/sim.bridge.yaml. */
export const modernSdfOf = (cell: CellDescription): string => sdfOf(cell, modern(cell));

const system = (name: string, library: string, ...children: readonly Xml[]): Xml =>
  xml("plugin", { filename: `gz-sim-${library}-system`, name: `gz::sim::systems::${name}` }, ...children);

/** Follows trajectories as a robot's own controller does, so that a stop can hold the measured pose. */
const trajectoryController = (cell: CellDescription): Xml => {
  const { arm } = cell;
  const each = (name: string, of: (joint: (typeof arm.joints)[number]) => number): Xml[] =>
    arm.joints.map((joint) => text(name, of(joint)));
  return system(
    "JointTrajectoryController",
    "joint-trajectory-controller",
    text("topic", "/cell/cmd/arm"),
    ...arm.joints.map((joint) => text("joint_name", joint.name)),
    ...createPlanner(cell)
      .reach(cell.work.home)
      .map((angle) => text("initial_position", angle)),
    ...each("position_p_gain", (joint) => joint.stiffnessNmPerRad),
    ...each("position_i_gain", () => 0),
    ...each("position_d_gain", (joint) => joint.dampingNmSPerRad),
    ...each("position_cmd_min", (joint) => -joint.maxEffortNm),
    ...each("position_cmd_max", (joint) => joint.maxEffortNm),
  );
};

const modern = (cell: CellDescription): SdfDialect => ({
  version: "1.9",
  physics: xml("physics", { name: "step", type: "ode" }, stepText(), text("real_time_factor", 1)),
  world: [
    system("Physics", "physics"),
    system("UserCommands", "user-commands"),
    system("SceneBroadcaster", "scene-broadcaster"),
    system("Contact", "contact"),
    system("ForceTorque", "forcetorque"),
    // rays need a render engine here: without one the proximity that comes from poses still works
    system("Sensors", "sensors", text("render_engine", "ogre2")),
  ],
  armPlugins: [
    system("JointStatePublisher", "joint-state-publisher", text("topic", "/cell/joint_states")),
    trajectoryController(cell),
    system(
      "PosePublisher",
      "pose-publisher",
      text("publish_link_pose", true),
      text("publish_nested_model_pose", true),
      text("update_frequency", 200),
    ),
  ],
  person: (of) =>
    slidingPerson(
      of,
      ["person_x", "person_y", "hand_x", "hand_y", "hand_z"].map((name, i) => {
        const part = i < 2 ? cell.person.body : cell.person.hand;
        return system(
          "JointPositionController",
          "joint-position-controller",
          text("joint_name", name),
          text("topic", `/cell/cmd/${name}`),
          text("p_gain", part.stiffnessNPerM),
          text("i_gain", 0),
          text("d_gain", part.dampingNSPerM),
        );
      }),
    ),
  scanSensor: (of) =>
    xml(
      "sensor",
      { name: "base_scan", type: "gpu_lidar" },
      text("topic", "/cell/base_scan"),
      text("update_rate", of.sensors.scan.rateHz),
      text("always_on", true),
      xml("lidar", {}, ...rays(of)),
    ),
  wrenchSensor: (of) =>
    xml(
      "sensor",
      { name: "wrist_ft", type: "force_torque" },
      text("topic", "/cell/wrist_ft"),
      text("update_rate", of.sensors.wrench.rateHz),
      text("always_on", true),
      xml("force_torque", {}, text("frame", "child"), text("measure_direction", "child_to_parent")),
    ),
});
