import type { CellDescription } from "../../src/core/physics/index.ts";
import { bodyCentreZ, floatingPerson, rays, type SdfDialect, sdfOf, stepText } from "./sdf.ts";
import { numbers, text, type Xml, xml } from "./xml.ts";

/** Iterations of the solver: 30 give the same wrench as 60 and are faster. */
export const SOLVER_ITERATIONS = 30;

/** The cell as a world of Gazebo 11 (SDF 1.6), with the lockstep plugin. */
export const classicSdfOf = (cell: CellDescription, plugin: string | null): string =>
  sdfOf(cell, classic(cell, plugin));

const classic = (cell: CellDescription, plugin: string | null): SdfDialect => ({
  version: "1.6",
  world: plugin === null ? [] : [lockstep(cell, plugin)],
  physics: xml(
    "physics",
    { type: "ode" },
    stepText(),
    text("real_time_factor", 1),
    text("real_time_update_rate", plugin === null ? 1_000 : 0),
    xml(
      "ode",
      {},
      xml("solver", {}, text("type", "quick"), text("iters", SOLVER_ITERATIONS), text("sor", 1.3)),
      xml(
        "constraints",
        {},
        text("cfm", 0),
        text("erp", 0.2),
        text("contact_max_correcting_vel", 100),
        text("contact_surface_layer", 0),
      ),
    ),
  ),
  armPlugins: [],
  person: floatingPerson,
  scanSensor: (of) =>
    xml(
      "sensor",
      { name: "base_scan", type: "ray" },
      text("always_on", plugin === null),
      text("update_rate", of.sensors.scan.rateHz),
      xml("ray", {}, ...rays(of)),
    ),
  wrenchSensor: (of) =>
    xml(
      "sensor",
      { name: "wrist_ft", type: "force_torque" },
      text("always_on", plugin === null),
      text("update_rate", of.sensors.wrench.rateHz),
      xml("force_torque", {}, text("frame", "child"), text("measure_direction", "child_to_parent")),
    ),
});

/** Names, gains and rates travel with the world, so that the plugin knows nothing of its own. */
function lockstep(cell: CellDescription, file: string): Xml {
  const { body, hand } = cell.person;
  const parts = [body, body, hand, hand, hand];
  return xml(
    "plugin",
    { name: "cellgate_lockstep", filename: file },
    text("joints", cell.arm.joints.map((joint) => joint.name).join(" ")),
    text(
      "stiffness",
      numbers([...cell.arm.joints.map((j) => j.stiffnessNmPerRad), ...parts.map((p) => p.stiffnessNPerM)]),
    ),
    text(
      "damping",
      numbers([...cell.arm.joints.map((j) => j.dampingNmSPerRad), ...parts.map((p) => p.dampingNSPerM)]),
    ),
    text("body_z", bodyCentreZ(cell)),
    text("tool_length", cell.tool.lengthM),
    text("rays", cell.sensors.scan.rays),
  );
}
