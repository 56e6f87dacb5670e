import { describe, expect, it } from "vitest";
import type { OutMessage } from "../../../../src/edge/ports/index.ts";
import { createOutEncoder } from "../../../../src/edge/transports/ros/out-encoder.ts";
import { createProposalReader } from "../../../../src/edge/transports/ros/proposal-reader.ts";
import {
  OUT_MESSAGES,
  rosSettingsSchema,
  SWITCH_CONTROLLER,
  switchLayout,
} from "../../../../src/edge/transports/ros/index.ts";
import { layoutOf } from "../../../../src/edge/transports/dds/definitions.ts";
import { AnyDecoder, RosEncoder } from "../../../../src/edge/wire/index.ts";

const JOINTS = ["a", "b"];
const outSettings = (message: string, more: Record<string, unknown> = {}) =>
  rosSettingsSchema.parse({ out: { "/x": { message, ...more } } }).out["/x"]!;
function encoded(type: string, message: OutMessage, more: Record<string, unknown> = {}): unknown {
  const bytes = createOutEncoder(outSettings(type, more), JOINTS)(message, 1_500_000);
  if (bytes === null) return null;
  const result = new AnyDecoder(layoutOf(type)).decode(
    new DataView(bytes.buffer, bytes.byteOffset),
    0,
    bytes.length,
  );
  expect(result.ok).toBe(true);
  return result.ok ? result.value : null;
}
const stop: OutMessage = { kind: "stop", pose: [0.5, -1], code: "ESTOP_PRESSED" };
const beat = (mayMove: boolean): OutMessage => ({
  kind: "heartbeat",
  counter: 4,
  state: "RUN",
  mayMove,
  configHash: "h",
});
const common = { schema: "cellgate.proposal/1", action_id: "a1", proposer: "p", target: "/arm" };
const permit = (verb: string, args: unknown): OutMessage => ({
  kind: "permit",
  actionId: "a1",
  proposalHash: "h",
  expiresUs: 9e15,
  action: { ...common, verb, args },
  retreat: false,
});
const zero = { x: 0, y: 0, z: 0 };

describe("A5 a stop is an explicit command on every kind of topic", () => {
  it("18.8 GripperCommand: what is permitted for the hand, once; a stop lets it hold what it holds", () => {
    const type = "control_msgs/GripperCommand";
    expect(encoded(type, permit("gripper", { width_m: 0.02, force_n: 20 }))).toEqual({
      position: 0.02,
      max_effort: 20,
    });
    expect([encoded(type, stop), encoded(type, beat(true))]).toEqual([null, null]);
  });
  it("Bool: blocked, also when turned round; only a permitting heartbeat is the other value", () => {
    for (const blockedValue of [true, false]) {
      expect(encoded("std_msgs/Bool", stop, { blockedValue })).toEqual({ data: blockedValue });
      expect(encoded("std_msgs/Bool", beat(false), { blockedValue })).toEqual({ data: blockedValue });
      expect(encoded("std_msgs/Bool", beat(true), { blockedValue })).toEqual({ data: !blockedValue });
      expect(encoded("std_msgs/Bool", { kind: "slow", scale: 0.5 }, { blockedValue })).toBeNull();
    }
  });
  it("Twist and TwistStamped: zero", () => {
    expect(encoded("geometry_msgs/Twist", stop)).toEqual({ linear: zero, angular: zero });
    expect(encoded("geometry_msgs/TwistStamped", stop, { frame: "tool0" })).toEqual({
      header: { stamp: { sec: 1, nanosec: 500_000_000 }, frame_id: "tool0" },
      twist: { linear: zero, angular: zero },
    });
  });
  it("JointTrajectory: holds the measured pose, standing still; without a whole pose it cannot stop and says so", () => {
    const held = encoded("trajectory_msgs/JointTrajectory", stop) as {
      joint_names: string[];
      points: Record<string, unknown>[];
    };
    expect(held.joint_names).toEqual(JOINTS);
    expect(held.points).toHaveLength(1);
    expect(Array.from(held.points[0]!["positions"] as Float64Array)).toEqual([0.5, -1]);
    expect(Array.from(held.points[0]!["velocities"] as Float64Array)).toEqual([0, 0]);
    for (const pose of [[], [1], [1, 2, 3], [1, Number.NaN]])
      expect(encoded("trajectory_msgs/JointTrajectory", { ...stop, pose })).toBeNull();
  });
  it("joint velocities: zero for each joint", () => {
    const values = encoded("std_msgs/Float64MultiArray", stop) as { data: Float64Array };
    expect(Array.from(values.data)).toEqual([0, 0]);
  });
  it("Float64: a speed scale of zero", () => {
    expect(encoded("std_msgs/Float64", stop)).toEqual({ data: 0 });
    expect(encoded("std_msgs/Float64", { kind: "slow", scale: 0.25 })).toEqual({ data: 0.25 });
    expect(encoded("std_msgs/Float64", { kind: "publish", body: 3.5, retain: false })).toEqual({ data: 3.5 });
  });
  it("String: the whole command", () => {
    expect(JSON.parse((encoded("std_msgs/String", stop) as { data: string }).data)).toEqual(stop);
    expect(
      JSON.parse(
        (encoded("std_msgs/String", { kind: "publish", body: { a: 1 }, retain: true }) as { data: string })
          .data,
      ),
    ).toEqual({ a: 1 });
  });
});

describe("a permit carries the action that was judged, or nothing", () => {
  const trajectory = permit("trajectory", {
    joint_names: ["b", "a"],
    points: [{ positions_rad: [1, 2], velocities_rad_s: [0, 0], time_from_start_ms: 1_250 }],
  });
  const twist = permit("twist", { linear_m_s: [0.1, 0, 0], angular_rad_s: [0, 0, 0.2], duration_ms: 100 });
  it("as trajectory", () => {
    const sent = encoded("trajectory_msgs/JointTrajectory", trajectory) as {
      joint_names: string[];
      points: Record<string, unknown>[];
    };
    expect(sent.joint_names).toEqual(["b", "a"]);
    expect(sent.points[0]!["time_from_start"]).toEqual({ sec: 1, nanosec: 250_000_000 });
  });
  it("as twist", () => {
    expect(encoded("geometry_msgs/Twist", twist)).toEqual({
      linear: { x: 0.1, y: 0, z: 0 },
      angular: { x: 0, y: 0, z: 0.2 },
    });
  });
  it("a topic of another kind does not carry it, nor one whose action cannot be read", () => {
    for (const type of OUT_MESSAGES.filter((t) => !/String|SwitchController/.test(t))) {
      if (type !== "trajectory_msgs/JointTrajectory") expect(encoded(type, trajectory)).toBeNull();
      if (!type.startsWith("geometry_msgs/")) expect(encoded(type, twist)).toBeNull();
      expect(encoded(type, permit("twist", { linear_m_s: "x" }))).toBeNull();
    }
  });
  it("a revoked permit ends the motion: zero velocity, or the measured pose held", () => {
    const revoke: OutMessage = { kind: "revoke", actionId: "a1", code: "X", pose: [] };
    expect(encoded("geometry_msgs/Twist", revoke)).toEqual({ linear: zero, angular: zero });
    expect(encoded("trajectory_msgs/JointTrajectory", revoke)).toBeNull();
    const held = encoded("trajectory_msgs/JointTrajectory", { ...revoke, pose: [0.4, 0.5] });
    expect(held).toMatchObject({
      points: [{ positions: Float64Array.of(0.4, 0.5), velocities: Float64Array.of(0, 0) }],
    });
  });
});

describe("C19 proposals of every kind become the same words", () => {
  const read = (message: string, bytes: Uint8Array, more: Record<string, unknown> = {}) => {
    const settings = rosSettingsSchema.parse({ proposals: { "/p": { message, target: "/arm", ...more } } })
      .proposals["/p"]!;
    return createProposalReader(settings)(new DataView(bytes.buffer, bytes.byteOffset), bytes.length, "id");
  };
  const encoder = new RosEncoder();
  it("trajectory", () => {
    const bytes = encoder.jointTrajectory(0, JOINTS, [{ positions: [1, 2], timeFromStartMs: 500 }]);
    expect(read("trajectory_msgs/JointTrajectory", bytes)).toEqual({
      ok: true,
      value: {
        ...common,
        action_id: "id",
        proposer: "ros",
        verb: "trajectory",
        args: { joint_names: JOINTS, points: [{ positions_rad: [1, 2], time_from_start_ms: 500 }] },
      },
    });
  });
  it("twist, with the duration that the deployment gives it", () => {
    const bytes = encoder.twistStamped(0, "", [1, 2, 3, 4, 5, 6]);
    expect(read("geometry_msgs/TwistStamped", bytes, { durationMs: 70 })).toMatchObject({
      ok: true,
      value: { verb: "twist", args: { linear_m_s: [1, 2, 3], angular_rad_s: [4, 5, 6], duration_ms: 70 } },
    });
  });
  it("a whole proposal as JSON, and what is none", () => {
    expect(read("std_msgs/String", encoder.string('{"a":1}'))).toEqual({ ok: true, value: { a: 1 } });
    expect(read("std_msgs/String", encoder.string("{")).ok).toBe(false);
    expect(read("std_msgs/String", encoder.string("x".repeat(70_000))).ok).toBe(false);
    expect(read("trajectory_msgs/JointTrajectory", encoder.string("{}")).ok).toBe(false);
  });
  it("the deployment must say what a trajectory is for", () => {
    expect(
      rosSettingsSchema.safeParse({ proposals: { "/p": { message: "geometry_msgs/Twist" } } }).success,
    ).toBe(false);
    expect(
      rosSettingsSchema.safeParse({ out: { "/x": { message: "std_msgs/Bool", exclusive: false } } }).success,
    ).toBe(false);
  });
});

describe("a stop may take the controllers away, and do nothing else with them", () => {
  const request = {
    activate_controllers: [],
    deactivate_controllers: ["arm"],
    strictness: 1,
    activate_asap: false,
    timeout: { sec: 0, nanosec: 100_000_000 },
  };
  const publish = (body: unknown): OutMessage => ({ kind: "publish", body, retain: false });
  const out = (release: string) =>
    createOutEncoder(outSettings("controller_manager_msgs/SwitchController", { release }), JOINTS);
  it.each(["humble", "jazzy"] as const)("as %s has it", (release) => {
    const bytes = out(release)(publish({ type: SWITCH_CONTROLLER, request }), 0)!;
    const value = new AnyDecoder(switchLayout(release)).decode(
      new DataView(bytes.buffer, bytes.byteOffset),
      0,
      bytes.length,
    );
    expect(value).toMatchObject({ ok: true, value: request });
  });
  it("never activates one, and carries nothing else", () => {
    expect(
      out("jazzy")(
        publish({ type: SWITCH_CONTROLLER, request: { ...request, activate_controllers: ["arm"] } }),
        0,
      ),
    ).toBeNull();
    expect(out("jazzy")(publish({ type: "std_srvs/srv/Trigger", request }), 0)).toBeNull();
    expect(out("jazzy")(stop, 0)).toBeNull();
  });
});
