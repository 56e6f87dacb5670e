import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openBag } from "../../../src/edge/recordings/index.ts";
import {
  AnyDecoder,
  AnyEncoder,
  definitionOnBoard,
  INTERFACES_ON_BOARD,
  parseDefinition,
} from "../../../src/edge/wire/index.ts";
import {
  inspectBag,
  PLAIN_REPLAY,
  proposeDeployment,
  replayOne,
  type Inspection,
  type TopicFacts,
} from "../../../src/lab/replay/index.ts";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { ROS1_BAGS } from "../../edge/recordings/ros1-bags.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-propose-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bagAt = (name: string): string => {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(ROS1_BAGS.bz2, "base64"));
  return path;
};

async function inspected(): Promise<Inspection> {
  const opened = await openBag(bagAt("one.bag"));
  if (!opened.ok) throw new Error(opened.error);
  const inspection = inspectBag(opened.value, () => {});
  opened.value.close();
  return inspection;
}
/** The recording of a test with other topics in it. */
const withTopics = (
  base: Inspection,
  change: (joints: TopicFacts) => readonly Partial<TopicFacts>[],
): Inspection => {
  const joints = base.topics.find((t) => t.jointNames.length > 0)!;
  return { ...base, topics: change(joints).map((topic) => ({ ...joints, ...topic })) };
};
const load = (text: string) => {
  const loaded = parseDeployment(text, "proposed.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.deployment;
};

describe("a deployment proposed from recordings", () => {
  it("begins with the schema's line, loads, and its recordings replay with it", async () => {
    const bag = bagAt("replayed.bag");
    const said = await runCommand([
      "inspect",
      bag,
      bagAt("second.bag"),
      "--propose",
      join(folder, "cell.yaml"),
    ]);
    expect(said.err).not.toContain("Error");
    const text = readFileSync(join(folder, "cell.yaml"), "utf8");
    expect(text.startsWith("# yaml-language-server: $schema=")).toBe(true);
    expect(text).toContain("from 2 recordings");
    expect(text).toContain("with 95 % confidence; detections cannot be decided without labelled events");
    expect(load(text).robot.joints.map((j) => j.name)).toEqual(["elbow", "a_b"]);
    const setting = { ...PLAIN_REPLAY, version: "test", deployment: { text, file: "proposed.yaml" } };
    const replayed = await replayOne({ bag, ...setting }, () => {});
    expect(replayed.ok && [replayed.value.unreadable, replayed.value.absent]).toEqual([0, []]);
  });

  it("commands are no measurements; the list of joints is the measured one", async () => {
    const inspection = withTopics(await inspected(), () => [
      { name: "/arm/joint_command" },
      { name: "/arm/desired_joint_states", rateHz: 500 },
      { name: "/arm/joint_states" },
      {
        name: "/cmd_vel",
        type: "geometry_msgs/msg/Twist",
        quantities: ["twist"],
        jointNames: [],
        joints: [],
      },
    ]);
    const text = proposeDeployment(inspection);
    expect(Object.keys(load(text).channels)).toEqual(["arm_joint_states"]);
    expect(text).toMatch(/commands, not measurements, so no channels: .*\/cmd_vel/);
  });

  it("wheels and axes that turn without end get no range; names stay as the driver has them", async () => {
    const seen = { smallestRad: -41, largestRad: 3, fastestRadPerS: 9 };
    const still = { smallestRad: 0.2, largestRad: 0.4, fastestRadPerS: 0 };
    const inspection = withTopics(await inspected(), () => [
      { jointNames: ["Joint-1", "left_wheel"], joints: [still, seen] },
    ]);
    const { joints } = load(proposeDeployment(inspection)).robot;
    expect(joints.map((j) => [j.name, j.minRad, j.maxRad])).toEqual([
      ["Joint-1", -0.1, 0.58],
      ["left_wheel", -99, 99],
    ]);
    expect(joints[1]!.maxRadPerS).toBeCloseTo(10.9, 1);
  });

  it("limits of a robot description come first, and empty lists still give a file that loads", async () => {
    const urdf = `<robot name="r"><joint name="elbow" type="revolute"><limit lower="-2" upper="2.5" velocity="1.5" effort="9"/></joint></robot>`;
    const { joints } = load(proposeDeployment(await inspected(), { urdf })).robot;
    expect(joints[0]).toMatchObject({ name: "elbow", minRad: -2, maxRad: 2.5, maxRadPerS: 1.5 });
    const empty = withTopics(await inspected(), () => [
      { jointNames: [], joints: [], fields: [], unreadable: 10 },
    ]);
    expect(Object.keys(load(proposeDeployment(empty)).channels)).toEqual([]);
  });
});

describe("definitions on board", () => {
  it("every one is understood, and a message of it reads as it was written", () => {
    expect(INTERFACES_ON_BOARD.length).toBeGreaterThan(90);
    for (const name of INTERFACES_ON_BOARD) {
      const layout = parseDefinition(name, "ros2msg", definitionOnBoard(name)!);
      if (!layout.ok) throw new Error(`${name}: ${layout.error}`);
      const bytes = new AnyEncoder(layout.value).encode({});
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      expect(new AnyDecoder(layout.value).decode(view, 0, bytes.length).ok, name).toBe(true);
    }
    expect(definitionOnBoard("sensor_msgs/msg/Imu")).toContain("MSG: geometry_msgs/Quaternion");
    expect(definitionOnBoard("nobody_msgs/msg/Thing")).toBeNull();
  });
});
