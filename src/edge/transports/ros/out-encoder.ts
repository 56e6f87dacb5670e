import { proposalSchema } from "../../../core/domain/index.ts";
import type { OutMessage } from "../../ports/index.ts";
import { CdrWriter, RosEncoder, type TrajectoryPoint } from "../../wire/index.ts";
import { ownEncoder } from "./own-messages.ts";
import type { OutSettings } from "./settings.ts";
import { encodeSlider } from "./speed-slider.ts";
import { encodeSwitch } from "./switch-controller.ts";

const ZERO_SIX: readonly number[] = [0, 0, 0, 0, 0, 0];

/** Turns what is meant into the message of one topic; null: this topic cannot carry that meaning. */
export type OutEncoder = (message: OutMessage, stampMicros: number) => Uint8Array | null;

export function createOutEncoder(settings: OutSettings, robotJoints: readonly string[]): OutEncoder {
  const joints = settings.jointNames ?? robotJoints;
  switch (settings.message) {
    case "std_msgs/Bool":
      return boolEncoder(settings.blockedValue);
    case "std_msgs/String":
      return textEncoder();
    case "std_msgs/Float64":
      return numberEncoder();
    case "std_msgs/Float64MultiArray":
      return velocitiesEncoder(joints.length);
    case "geometry_msgs/Twist":
      return twistEncoder((six) => plainTwist(six));
    case "geometry_msgs/TwistStamped":
      return twistEncoder((six, stamp) => encoder.twistStamped(stamp, settings.frame, six));
    case "control_msgs/JointJog":
      return jogEncoder(joints, settings.frame);
    case "trajectory_msgs/JointTrajectory":
      return trajectoryEncoder(joints, settings.holdMs);
    case "controller_manager_msgs/SwitchController":
      return (message) => encodeSwitch(message, settings.release);
    case "control_msgs/GripperCommand":
      return gripperEncoder;
    case "control_msgs/SpeedScalingFactor":
      return (message) => (message.kind === "slow" ? encoder.float64(message.scale) : null);
    case "ur_msgs/SetSpeedSliderFraction":
      return (message) => (message.kind === "slow" ? encodeSlider(message.scale) : null);
    case "cellgate_msgs/Block":
    case "cellgate_msgs/Heartbeat":
    case "cellgate_msgs/State":
    case "cellgate_msgs/Verdict":
      return ownEncoder(settings.message);
  }
}

const encoder = new RosEncoder();
const writer = new CdrWriter();

/** A stop is the blocked value; only a heartbeat that allows motion is the other one. */
function boolEncoder(blocked: boolean): OutEncoder {
  return (message) => {
    if (message.kind === "stop") return encoder.bool(blocked);
    if (message.kind === "heartbeat") return encoder.bool(message.mayMove ? !blocked : blocked);
    return null;
  };
}
function textEncoder(): OutEncoder {
  return (message) => encoder.string(JSON.stringify(message.kind === "publish" ? message.body : message));
}
function numberEncoder(): OutEncoder {
  return (message) => {
    if (message.kind === "slow") return encoder.float64(message.scale);
    if (message.kind === "stop") return encoder.float64(0);
    return message.kind === "publish" ? encodeNumber(message.body) : null;
  };
}
/** A number as it is, or the energy V_s of what the node tells about itself; unknown energy is no number. */
function encodeNumber(body: unknown): Uint8Array | null {
  const value = typeof body === "object" && body !== null && "v_s" in body ? body.v_s : body;
  return typeof value === "number" ? encoder.float64(value) : null;
}
/** Joint velocity commands: a stop or a revoked permit is zero velocity. */
function velocitiesEncoder(joints: number): OutEncoder {
  const zeros = new Float64Array(joints);
  return (message) => {
    if (joints === 0 || (message.kind !== "stop" && message.kind !== "revoke")) return null;
    return writer.begin().u32(0).u32(0).f64s(zeros).end();
  };
}
/** Joint velocities for MoveIt Servo: a stop or a revoked permit is zero velocity of every joint. */
function jogEncoder(joints: readonly string[], frame: string): OutEncoder {
  const zeros: readonly number[] = joints.map(() => 0);
  let running = zeros;
  return (message, stampMicros) => {
    if (joints.length === 0) return null;
    if (message.kind === "stop" || message.kind === "revoke") running = zeros;
    else if (message.kind === "velocity" && message.values.length === joints.length) running = message.values;
    else if (message.kind === "slow") running = running.map((v) => v * message.scale);
    else return null;
    return encoder.jointJog(stampMicros, frame, joints, running);
  };
}
function plainTwist(six: ArrayLike<number>): Uint8Array {
  writer.begin();
  for (let i = 0; i < 6; i++) writer.f64(six[i]!);
  return writer.end();
}
function twistEncoder(encode: (six: ArrayLike<number>, stampMicros: number) => Uint8Array): OutEncoder {
  let scale = 1;
  /** what was permitted last, at full speed, or passed on last */
  let running: readonly number[] = ZERO_SIX;
  const scaled = (stampMicros: number): Uint8Array =>
    encode(
      running.map((v) => v * scale),
      stampMicros,
    );
  return (message, stampMicros) => {
    if (message.kind === "stop" || message.kind === "revoke") {
      running = ZERO_SIX;
      return encode(ZERO_SIX, stampMicros);
    }
    if (message.kind === "velocity") {
      if (message.values.length !== 6) return null;
      running = message.values;
      return encode(running, stampMicros);
    }
    if (message.kind === "slow") {
      scale = message.scale;
      return scaled(stampMicros);
    }
    if (message.kind !== "permit") return null;
    const action = proposalSchema.safeParse(message.action);
    if (!action.success || action.data.verb !== "twist") return null;
    const { linear_m_s, angular_rad_s } = action.data.args;
    running = [...linear_m_s, ...angular_rad_s];
    return scaled(stampMicros);
  };
}
/** A permitted hand, once. A stop says nothing here: a hand that holds something goes on holding it. */
const gripperEncoder: OutEncoder = (message) => {
  if (message.kind !== "permit") return null;
  const action = proposalSchema.safeParse(message.action);
  if (!action.success || action.data.verb !== "gripper") return null;
  const { width_m, force_n } = action.data.args;
  return writer.begin().f64(width_m).f64(force_n).end();
};
/** A stop or a revoked permit holds the measured pose; without one the topic cannot stop, and the next actuator is asked. */
function trajectoryEncoder(joints: readonly string[], holdMs: number): OutEncoder {
  const still = new Float64Array(joints.length);
  return (message) => {
    if (message.kind === "stop" || message.kind === "revoke") {
      if (joints.length === 0 || message.pose.length !== joints.length) return null;
      if (!message.pose.every(Number.isFinite)) return null;
      return encoder.jointTrajectory(0, joints, [
        { positions: message.pose, velocities: still, timeFromStartMs: holdMs },
      ]);
    }
    if (message.kind !== "permit") return null;
    const action = proposalSchema.safeParse(message.action);
    if (!action.success || action.data.verb !== "trajectory") return null;
    const points = action.data.args.points.map(
      (point): TrajectoryPoint => ({
        positions: point.positions_rad,
        timeFromStartMs: point.time_from_start_ms,
        ...(point.velocities_rad_s === undefined ? {} : { velocities: point.velocities_rad_s }),
      }),
    );
    return encoder.jointTrajectory(0, action.data.args.joint_names, points);
  };
}
