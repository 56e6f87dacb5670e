import { z } from "zod";
import type { Device, DeviceChannel } from "../../src/edge/ports/index.ts";
import { sum8 } from "../../src/edge/wire/index.ts";
import { framedSession } from "../framed-session.ts";

const FRAME_BYTES = 9;
const HEAD = 0x59;
/** weaker echoes are not trusted by the maker */
const STRENGTH_MIN = 100;
/** the sensor's own words for "too weak", "saturated" and "too much light" */
const DISTANCE_MARKS_FROM = 65_532;
const CM_PER_M = 100;

const settings = z.strictObject({
  maxRangeM: z
    .number()
    .min(0.3)
    .max(12)
    .default(12)
    .describe("longest distance of this model: TFmini 12, TFmini-S 12, TFmini Plus 12"),
});

export const benewakeTfmini: Device = {
  name: "benewake_tfmini",
  title: "Benewake TFmini, TFmini-S, TFmini Plus",
  purpose: "single-beam range finder",
  link: "serial",
  line: { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 },
  rateHz: 100,
  silenceMs: 50,
  maxFrameBytes: FRAME_BYTES,
  settings,
  probeSettings: {},
  open(raw) {
    const { maxRangeM } = raw as z.infer<typeof settings>;
    const channel: DeviceChannel = {
      name: "range",
      quantity: "range",
      width: 1,
      unit: "m",
      limits: [[0, maxRangeM]],
    };
    const row = new Float64Array(1);
    return framedSession({
      channels: [channel],
      maxFrameBytes: FRAME_BYTES,
      headBytes: 2,
      measure: (bytes, at) => (bytes[at] === HEAD && bytes[at + 1] === HEAD ? FRAME_BYTES : 0),
      decode(frame, bytes, out) {
        if (sum8(bytes, 0, 8) !== bytes[8]) return false;
        const distanceCm = frame.getUint16(2, true);
        const strength = frame.getUint16(4, true);
        if (strength < STRENGTH_MIN || strength === 0xffff || distanceCm >= DISTANCE_MARKS_FROM) {
          out.fault(0, "DEVICE_STATUS", `echo strength ${strength}, distance word ${distanceCm}`);
          return true;
        }
        row[0] = distanceCm / CM_PER_M;
        out.reading(0, row);
        return true;
      },
    });
  },
};
