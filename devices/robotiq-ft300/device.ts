import { z } from "zod";
import type { Device } from "../../src/edge/ports/index.ts";
import { crc16Modbus } from "../../src/edge/wire/index.ts";
import { framedSession } from "../framed-session.ts";
import { wrenchChannel } from "../wrench-channel.ts";

const FRAME_BYTES = 16;
const COUNTS_PER_NEWTON = 100;
const COUNTS_PER_NEWTON_METRE = 1_000;
const STREAM_REGISTER = 410;
const STREAM_ON = 0x0200;
/** the maker asks for about half a second of FF to end the stream */
const STREAM_OFF_BYTES = 50;

const settings = z.strictObject({
  unit: z.number().int().min(1).max(247).default(9).describe("Modbus unit of the sensor"),
  maxForceN: z.number().min(1).max(300).default(300),
  maxTorqueNm: z.number().min(0.1).max(30).default(30),
});

/** Modbus write of one register that switches the data stream on. */
function streamOn(unit: number): Uint8Array {
  const frame = new Uint8Array(11);
  frame.set([
    unit,
    0x10,
    STREAM_REGISTER >> 8,
    STREAM_REGISTER & 0xff,
    0,
    1,
    2,
    STREAM_ON >> 8,
    STREAM_ON & 0xff,
  ]);
  const crc = crc16Modbus(frame, 0, 9);
  frame.set([crc & 0xff, crc >> 8], 9);
  return frame;
}

export const robotiqFt300: Device = {
  name: "robotiq_ft300",
  title: "Robotiq FT 300 and FT 300-S, data stream",
  purpose: "six-axis force/torque sensor",
  link: "serial",
  line: { baudRate: 19_200, dataBits: 8, parity: "none", stopBits: 1 },
  rateHz: 100,
  silenceMs: 50,
  maxFrameBytes: FRAME_BYTES,
  settings,
  probeSettings: {},
  open(raw) {
    const set = raw as z.infer<typeof settings>;
    const row = new Float64Array(6);
    const session = framedSession({
      channels: [wrenchChannel(set.maxForceN, set.maxTorqueNm)],
      maxFrameBytes: FRAME_BYTES,
      headBytes: 2,
      measure: (bytes, at) => (bytes[at] === 0x20 && bytes[at + 1] === 0x4e ? FRAME_BYTES : 0),
      decode(frame, bytes, out) {
        if (crc16Modbus(bytes, 0, 14) !== frame.getUint16(14, true)) return false;
        for (let i = 0; i < 6; i++)
          row[i] = frame.getInt16(2 + 2 * i, true) / (i < 3 ? COUNTS_PER_NEWTON : COUNTS_PER_NEWTON_METRE);
        out.reading(0, row);
        return true;
      },
    });
    return {
      ...session,
      greeting: () => [streamOn(set.unit)],
      farewell: () => [new Uint8Array(STREAM_OFF_BYTES).fill(0xff)],
    };
  },
};
