import { describe, expect, it } from "vitest";
import { createOutEncoder } from "../../../src/edge/transports/ros/out-encoder.ts";
import {
  AnyEncoder,
  createRosRow,
  parseDefinition,
  rosDefinition,
  rosReading,
} from "../../../src/edge/wire/index.ts";

const encoder = (type: string): AnyEncoder => {
  const layout = parseDefinition(type, "ros2msg", rosDefinition(type)!);
  if (!layout.ok) throw new Error(layout.error);
  return new AnyEncoder(layout.value);
};
const jog = encoder("control_msgs/msg/JointJog");
const stamped = encoder("geometry_msgs/msg/TwistStamped");
const header = (frame_id: string) => ({ stamp: { sec: 5, nanosec: 0 }, frame_id });
const row = createRosRow(16);
function read(type: string, quantity: "jogCommand" | "twistCommand", bytes: Uint8Array, frame?: string) {
  const settings = { quantity, jointNames: ["a", "b", "c"], ...(frame !== undefined && { frame }) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fault = rosReading(type, settings)!.decode(view, 0, bytes.length, row);
  return fault ?? Array.from(row.values.subarray(0, row.count));
}
const jogged = (joint_names: string[], velocities: number[], displacements: number[] = []) =>
  jog.encode({
    header: header(""),
    joint_names,
    velocities: Float64Array.from(velocities),
    displacements: Float64Array.from(displacements),
    duration: 0.1,
  });

describe("velocities that somebody asks for", () => {
  it("of joints come in the robot's order; who is not named stands", () => {
    expect(read("control_msgs/JointJog", "jogCommand", jogged(["c", "a"], [0.3, 0.1]))).toEqual([
      0.1, 0, 0.3,
    ]);
  });
  it("of joints are refused where they cannot be limited or do not fit", () => {
    expect(read("control_msgs/JointJog", "jogCommand", jogged(["a"], [0.1], [0.5]))).toBe("displacement");
    expect(read("control_msgs/JointJog", "jogCommand", jogged(["a", "x"], [0.1, 0.1]))).toBe("joints");
    expect(read("control_msgs/JointJog", "jogCommand", jogged(["a", "b"], [0.1]))).toBe("joints");
  });
  it("with a stamp count only in the frame in which they go out", () => {
    const twist = { linear: { x: 0.4, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0.2 } };
    const bytes = stamped.encode({ header: header("base_link"), twist }).slice();
    expect(read("geometry_msgs/TwistStamped", "twistCommand", bytes)).toEqual([0.4, 0, 0, 0, 0, 0.2]);
    expect(read("geometry_msgs/TwistStamped", "twistCommand", bytes, "tool0")).toBe("frame");
  });
  it("go out to Servo by the names of the joints, and zero at a stop", () => {
    const settings = {
      message: "control_msgs/JointJog",
      frame: "base_link",
      blockedValue: true,
      holdMs: 0,
      release: "jazzy",
      exclusive: true,
    };
    const out = createOutEncoder(settings as never, ["a", "b", "c"]);
    const sent = (message: Parameters<typeof out>[0]) => {
      const bytes = out(message, 5_000_000);
      return bytes === null ? null : read("control_msgs/JointJog", "jogCommand", bytes.slice());
    };
    expect(sent({ kind: "velocity", values: [0.1, 0.2, -0.3] })).toEqual([0.1, 0.2, -0.3]);
    expect(sent({ kind: "slow", scale: 0.5 })).toEqual([0.05, 0.1, -0.15]);
    expect(sent({ kind: "stop", pose: [], code: "X" })).toEqual([0, 0, 0]);
    expect(sent({ kind: "velocity", values: [1] })).toBeNull();
  });
});
