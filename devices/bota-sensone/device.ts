import { z } from "zod";
import type { Device } from "../../src/edge/ports/index.ts";
import { crc16X25 } from "../../src/edge/wire/index.ts";
import { framedSession } from "../framed-session.ts";
import { wrenchChannel } from "../wrench-channel.ts";

const FRAME_BYTES = 37;
const DATA_FROM = 1;
const DATA_TO = 35;
/** too slow, over range, invalid; the remaining bits inform */
const STATUS_FAULTS = 0b0111;

const settings = z.strictObject({
  maxForceN: z.number().min(1).max(20_000).default(2_000).describe("range of the model, from its data sheet"),
  maxTorqueNm: z.number().min(0.1).max(2_000).default(40),
});

export const botaSensone: Device = {
  name: "bota_sensone",
  title: "Bota Systems SensONE, Rokubi and MegaONE, serial",
  purpose: "six-axis force/torque sensor",
  link: "serial",
  line: { baudRate: 460_800, dataBits: 8, parity: "none", stopBits: 1 },
  rateHz: 800,
  silenceMs: 20,
  maxFrameBytes: FRAME_BYTES,
  settings,
  probeSettings: { maxForceN: 20_000, maxTorqueNm: 2_000 },
  open(raw) {
    const set = raw as z.infer<typeof settings>;
    const row = new Float64Array(6);
    return framedSession({
      channels: [wrenchChannel(set.maxForceN, set.maxTorqueNm)],
      maxFrameBytes: FRAME_BYTES,
      headBytes: 1,
      measure: (bytes, at) => (bytes[at] === 0xaa ? FRAME_BYTES : 0),
      decode(frame, bytes, out) {
        if (crc16X25(bytes, DATA_FROM, DATA_TO) !== frame.getUint16(DATA_TO, true)) return false;
        const status = frame.getUint16(1, true);
        if ((status & STATUS_FAULTS) !== 0) {
          out.fault(0, "DEVICE_STATUS", `status word ${status.toString(16)}`);
          return true;
        }
        for (let i = 0; i < 6; i++) row[i] = frame.getFloat32(3 + 4 * i, true);
        out.reading(0, row, -1, frame.getUint32(27, true));
        return true;
      },
    });
  },
};
