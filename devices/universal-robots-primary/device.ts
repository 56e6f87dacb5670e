import { z } from "zod";
import type { Device, DeviceChannel } from "../../src/edge/ports/index.ts";
import { type CheckedEmit, framedSession } from "../framed-session.ts";

const HEAD_BYTES = 5;
const MAX_MESSAGE_BYTES = 4_096;
const ROBOT_STATE = 16;
/** every type that the controller sends on its primary and secondary port */
const MESSAGE_TYPES = new Set([5, ROBOT_STATE, 20, 22, 23, 24, 25]);
const JOINTS = 6;
const PACKAGE = { mode: 0, joints: 1, masterboard: 3 } as const;
const JOINT_BYTES = 41;
const MODE_MIN_BYTES = HEAD_BYTES + 16;
const SAFETY_MODE_OFFSET = HEAD_BYTES + 60;
const CHANNEL = { joints: 0, currents: 1, estop: 2, protectiveStop: 3, safetyMode: 4 } as const;

const settings = z.strictObject({
  maxCurrentA: z.number().min(1).max(100).default(40).describe("largest believable motor current"),
});

function channelsOf(maxCurrentA: number): readonly DeviceChannel[] {
  const level = (name: "estop" | "protectiveStop", address: string): DeviceChannel => ({
    name: address,
    quantity: name,
    width: 1,
    unit: "0|1",
    limits: [[0, 1]],
  });
  return [
    { name: "joints", quantity: "joints", width: 3 * JOINTS, unit: "rad, rad/s, Nm", limits: [[-50, 50]] },
    {
      name: "currents",
      quantity: "currents",
      width: JOINTS,
      unit: "A",
      limits: [[-maxCurrentA, maxCurrentA]],
    },
    level("estop", "estop"),
    level("protectiveStop", "protective_stop"),
    { name: "safety_mode", quantity: "safetyMode", width: 1, unit: "code", limits: [[0, 255]] },
  ];
}

/** Sub-packages fill a robot state exactly; anything else is a damaged message. */
function packagesFit(frame: DataView): boolean {
  let at = HEAD_BYTES;
  while (at < frame.byteLength) {
    if (frame.byteLength - at < HEAD_BYTES) return false;
    const length = frame.getUint32(at);
    if (length < HEAD_BYTES || length > frame.byteLength - at) return false;
    at += length;
  }
  return true;
}

export const universalRobotsPrimary: Device = {
  name: "universal_robots_primary",
  title: "Universal Robots controller, primary interface (CB3, e-Series)",
  purpose: "joints, currents and safety state of the arm without ROS",
  link: "tcp",
  port: 30_001,
  rateHz: 10,
  silenceMs: 500,
  maxFrameBytes: MAX_MESSAGE_BYTES,
  settings,
  probeSettings: {},
  open(raw) {
    const { maxCurrentA } = raw as z.infer<typeof settings>;
    const joints = new Float64Array(3 * JOINTS);
    const currents = new Float64Array(JOINTS);
    const one = new Float64Array(1);
    const send = (out: CheckedEmit, channel: number, value: number, stamp: number): void => {
      one[0] = value;
      out.reading(channel, one, -1, stamp);
    };
    const readMode = (frame: DataView, at: number, length: number, out: CheckedEmit): boolean => {
      if (length < MODE_MIN_BYTES) return false;
      const stamp = Number(frame.getBigUint64(at + HEAD_BYTES) & 0x1f_ffff_ffff_ffffn);
      send(out, CHANNEL.estop, frame.getUint8(at + HEAD_BYTES + 11) === 0 ? 1 : 0, stamp);
      send(out, CHANNEL.protectiveStop, frame.getUint8(at + HEAD_BYTES + 12) === 0 ? 1 : 0, stamp);
      return true;
    };
    const readJoints = (frame: DataView, at: number, length: number, out: CheckedEmit): boolean => {
      if (length !== HEAD_BYTES + JOINTS * JOINT_BYTES) return false;
      for (let i = 0; i < JOINTS; i++) {
        const from = at + HEAD_BYTES + i * JOINT_BYTES;
        joints[i] = frame.getFloat64(from);
        joints[JOINTS + i] = frame.getFloat64(from + 16);
        currents[i] = frame.getFloat32(from + 24);
      }
      out.reading(CHANNEL.joints, joints);
      out.reading(CHANNEL.currents, currents);
      return true;
    };
    const readMasterboard = (frame: DataView, at: number, length: number, out: CheckedEmit): boolean => {
      if (length <= SAFETY_MODE_OFFSET) return false;
      send(out, CHANNEL.safetyMode, frame.getUint8(at + SAFETY_MODE_OFFSET), -1);
      return true;
    };
    const readers: Readonly<
      Record<number, (frame: DataView, at: number, length: number, out: CheckedEmit) => boolean>
    > = {
      [PACKAGE.mode]: readMode,
      [PACKAGE.joints]: readJoints,
      [PACKAGE.masterboard]: readMasterboard,
    };
    return framedSession({
      channels: channelsOf(maxCurrentA),
      maxFrameBytes: MAX_MESSAGE_BYTES,
      headBytes: HEAD_BYTES,
      measure(bytes, at) {
        const length =
          ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
        return length > HEAD_BYTES && length <= MAX_MESSAGE_BYTES && MESSAGE_TYPES.has(bytes[at + 4]!)
          ? length
          : 0;
      },
      decode(frame, bytes, out) {
        if (bytes[4] !== ROBOT_STATE) return true;
        if (!packagesFit(frame)) return false;
        for (let at = HEAD_BYTES; at < frame.byteLength; at += frame.getUint32(at)) {
          const reader = readers[frame.getUint8(at + 4)];
          const length = frame.getUint32(at);
          if (reader !== undefined && !reader(frame, at, length, out))
            out.fault(-1, "DEVICE_FORMAT", `package ${frame.getUint8(at + 4)} has ${length} bytes`);
        }
        return true;
      },
    });
  },
};
