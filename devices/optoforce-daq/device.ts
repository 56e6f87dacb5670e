import { z } from "zod";
import type { Device } from "../../src/edge/ports/index.ts";
import { sum16 } from "../../src/edge/wire/index.ts";
import { framedSession } from "../framed-session.ts";
import { wrenchChannel } from "../wrench-channel.ts";

const THREE_AXES = 0x0a;
const SIX_AXES = 0x10;
const DATA_BYTES = { [THREE_AXES]: 16, [SIX_AXES]: 22 } as const;
const ACK_BYTES = 7;
const SPEED_CODES = { 1000: 1, 333: 3, 100: 10, 30: 33 } as const;
const FILTER_CODES = { 0: 0, 500: 1, 150: 2, 50: 3, 15: 4, 5: 5, 1.5: 6 } as const;

const perAxis = z.tuple([
  z.number().min(0.001).max(1e6),
  z.number().min(0.001).max(1e6),
  z.number().min(0.001).max(1e6),
]);
const settings = z.strictObject({
  countsPerNewton: perAxis.describe("x y z from the sensor's own sensitivity report"),
  countsPerNewtonMetre: perAxis.optional().describe("six-axis models only"),
  maxForceN: z.number().min(1).max(20_000).describe("nominal capacity of the sensor"),
  maxTorqueNm: z.number().min(0.01).max(2_000).default(100),
  speedHz: z.union([z.literal(1000), z.literal(333), z.literal(100), z.literal(30)]).default(1000),
  filterHz: z
    .union([z.literal(500), z.literal(150), z.literal(50), z.literal(15), z.literal(5), z.literal(1.5)])
    .default(500)
    .describe("cut-off of the sensor's low-pass filter"),
});
type Settings = z.infer<typeof settings>;

/** Speed and filter, never zeroing: a bias is set by a person while the robot stands unloaded. */
function configuration(set: Settings): Uint8Array {
  const frame = new Uint8Array(9);
  frame.set([0xaa, 0x00, 0x32, 0x03, SPEED_CODES[set.speedHz], FILTER_CODES[set.filterHz], 0]);
  const sum = sum16(frame, 0, 7);
  frame.set([sum >> 8, sum & 0xff], 7);
  return frame;
}
function measure(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0xaa) return 0;
  if (bytes[at + 1] === 0x00) return bytes[at + 2] === 0x50 && bytes[at + 3] === 0x01 ? ACK_BYTES : 0;
  if (bytes[at + 1] !== 0x07 || bytes[at + 2] !== 0x08) return 0;
  const kind = bytes[at + 3]!;
  return kind === THREE_AXES || kind === SIX_AXES ? DATA_BYTES[kind] : 0;
}

export const optoforceDaq: Device = {
  name: "optoforce_daq",
  title: "OptoForce / OnRobot OMD and HEX with DAQ (USB or UART)",
  purpose: "three- or six-axis force/torque sensor",
  link: "serial",
  line: { baudRate: 1_000_000, dataBits: 8, parity: "none", stopBits: 1 },
  rateHz: 1_000,
  silenceMs: 20,
  maxFrameBytes: DATA_BYTES[SIX_AXES],
  settings,
  probeSettings: {
    countsPerNewton: [1, 1, 1],
    countsPerNewtonMetre: [1, 1, 1],
    maxForceN: 20_000,
    maxTorqueNm: 2_000,
  },
  open(raw) {
    const set = raw as Settings;
    const row = new Float64Array(6);
    const session = framedSession({
      channels: [wrenchChannel(set.maxForceN, set.maxTorqueNm)],
      maxFrameBytes: DATA_BYTES[SIX_AXES],
      headBytes: 4,
      measure,
      decode(frame, bytes, out) {
        const end = bytes.length - 2;
        if (sum16(bytes, 0, end) !== frame.getUint16(end)) return false;
        if (bytes.length === ACK_BYTES) return true;
        const status = frame.getUint16(6);
        const counter = frame.getUint16(4);
        if (status !== 0) {
          out.fault(0, "DEVICE_STATUS", `status word ${status.toString(16)}`);
          return true;
        }
        row.fill(0);
        for (let i = 0; i < 3; i++) row[i] = frame.getInt16(8 + 2 * i) / set.countsPerNewton[i]!;
        if (bytes.length === DATA_BYTES[SIX_AXES]) {
          const scale = set.countsPerNewtonMetre;
          if (scale === undefined) {
            out.fault(0, "DEVICE_FORMAT", "six-axis frame, but countsPerNewtonMetre is not set");
            return true;
          }
          for (let i = 0; i < 3; i++) row[3 + i] = frame.getInt16(14 + 2 * i) / scale[i]!;
        }
        out.reading(0, row, -1, counter);
        return true;
      },
    });
    return { ...session, greeting: () => [configuration(set)] };
  },
};
