import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadBattery, robotConfigOf, SPLITS } from "../../sim/index.ts";
import { createKit, scenarioOf } from "../../sim/index.ts";
import { BAG_TOPICS } from "../../sim/bag.ts";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";
import { SIM_CHANNELS } from "../../sim/scenario.ts";
import { parseDeployment } from "../../src/node/deployment/index.ts";
import { mjcfOf, modernSdfOf } from "../../sim/index.ts";

const launch = resolve(import.meta.dirname, "../../launch");
const files = readdirSync(launch).filter(
  (name) => name.endsWith(".yaml") && /kind: sim\b/.test(readFileSync(join(launch, name), "utf8")),
);

describe("one source of truth", () => {
  it.each(files)("%s states the limits of the described arm", (name) => {
    const loaded = parseDeployment(readFileSync(join(launch, name), "utf8"), name);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.deployment.robot).toEqual(robotConfigOf(ROBOT_FACTORY));
    for (const channel of Object.values(loaded.deployment.channels)) {
      if (!(SIM_CHANNELS as readonly string[]).includes(channel.address)) continue;
      if (channel.quantity !== "scan") continue;
      expect(channel).toMatchObject({
        angleMinRad: ROBOT_FACTORY.sensors.scan.angleMinRad,
        angleStepRad: ROBOT_FACTORY.sensors.scan.angleStepRad,
      });
    }
  });
  it("at least the demonstration and the simulated factory are checked", () => {
    expect(files).toEqual(expect.arrayContaining(["demo-cell.yaml", "sim.yaml"]));
  });
  it("every world has every joint, with the limits of the description", () => {
    const [sdf, mjcf] = [modernSdfOf(ROBOT_FACTORY), mjcfOf(ROBOT_FACTORY)];
    for (const joint of ROBOT_FACTORY.arm.joints) {
      expect(sdf).toContain(`<joint name="${joint.name}" type="revolute">`);
      expect(sdf).toContain(`<upper>${joint.maxRad}</upper>`);
      expect(mjcf).toContain(`<joint name="${joint.name}" type="hinge"`);
    }
  });
});

describe("the bridge to ROS 2", () => {
  const entries = parse(readFileSync(join(launch, "sim.bridge.yaml"), "utf8")) as {
    ros_topic_name: string;
    gz_topic_name: string;
    ros_type_name: string;
    gz_type_name: string;
    direction: string;
  }[];
  it("carries what today's Gazebo gives under the topics that the bags use", () => {
    const types = Object.fromEntries(entries.map((entry) => [entry.ros_topic_name, entry.ros_type_name]));
    for (const channel of ["wrist_ft", "base_scan", "joint_states"] as const)
      expect(types[BAG_TOPICS[channel].topic]).toBe(BAG_TOPICS[channel].type);
    expect(types["/clock"]).toBe("rosgraph_msgs/msg/Clock");
  });
  it("names only Gazebo topics that the world has", () => {
    const world = modernSdfOf(ROBOT_FACTORY);
    for (const entry of entries) {
      if (entry.gz_topic_name === "/clock" || entry.gz_topic_name.startsWith("/model/")) continue;
      expect(world).toContain(`<topic>${entry.gz_topic_name}</topic>`);
    }
  });
  it("carries trajectories to a controller that knows every joint", () => {
    expect(entries).toContainEqual(
      expect.objectContaining({
        gz_topic_name: "/cell/cmd/arm",
        ros_type_name: "trajectory_msgs/msg/JointTrajectory",
        direction: "ROS_TO_GZ",
      }),
    );
    const world = modernSdfOf(ROBOT_FACTORY);
    for (const joint of ROBOT_FACTORY.arm.joints)
      expect(world).toContain(`<joint_name>${joint.name}</joint_name>`);
  });
  it("feeds the topics that the node's deployment reads and commands", () => {
    const text = readFileSync(join(launch, "sim.ros.yaml"), "utf8");
    const loaded = parseDeployment(text, "launch/sim.ros.yaml");
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const bridged = new Set(entries.map((entry) => entry.ros_topic_name));
    for (const channel of Object.values(loaded.deployment.channels))
      expect(bridged).toContain(channel.address);
    expect(bridged).toContain(Object.values(loaded.deployment.actuators)[0]!.address);
    expect(loaded.deployment.robot).toEqual(robotConfigOf(ROBOT_FACTORY));
  });
});

describe("battery robot-factory", () => {
  const loaded = loadBattery("robot-factory");
  if (!loaded.ok) throw new Error(loaded.error);
  const { entries } = loaded.value;
  it("fixes at least 500 different scenarios in four disjoint parts", () => {
    expect(entries.length).toBeGreaterThanOrEqual(500);
    expect(new Set(entries.map((entry) => entry.scenario_sha256)).size).toBe(entries.length);
    for (const split of SPLITS)
      expect(entries.filter((entry) => entry.split === split).length).toBeGreaterThan(50);
  });
  it("has enough near misses for a promotion to be judged", () => {
    expect(
      entries.filter((entry) => entry.split === "promotion" && entry.class === "near").length,
    ).toBeGreaterThanOrEqual(59);
  });
  it("is still what the generator gives", () => {
    const kit = createKit(ROBOT_FACTORY);
    for (let i = 0; i < entries.length; i += 40)
      expect(scenarioOf(kit, entries[i]!)).toMatchObject({ ok: true });
  });
  it("is refused when a row was edited", () => {
    expect(loadBattery("../robot-factory")).toMatchObject({ ok: false });
    expect(
      scenarioOf(createKit(ROBOT_FACTORY), { ...entries[0]!, seed: entries[0]!.seed + 1 }),
    ).toMatchObject({ ok: false });
  });
});
