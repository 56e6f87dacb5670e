import { z } from "zod";
import type { Device, DeviceChannel, OutMessage } from "../../src/edge/ports/index.ts";
import { crc16Modbus } from "../../src/edge/wire/index.ts";
import { framedSession } from "../framed-session.ts";

const READ_COILS = 1;
const READ_INPUTS = 2;
const WRITE_COIL = 5;
const EXCEPTION = 0x80;
const SPAN_MAX_BITS = 64;
const MAX_FRAME_BYTES = 5 + SPAN_MAX_BITS / 8;
const ECHO_BYTES = 8;
const EXCEPTION_BYTES = 5;

const input = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/)
    .max(64)
    .describe("address of the channel"),
  quantity: z.enum(["estop", "estopDual", "protectiveStop", "grip", "flag"]),
  bit: z.number().int().min(0).max(65_535).describe("first input; estopDual takes this one and the next"),
  healthy: z
    .union([z.literal(0), z.literal(1)])
    .default(1)
    .describe("level of the input while all is well (closed contact)"),
});
const settings = z
  .strictObject({
    unit: z.number().int().min(1).max(247).default(1),
    read: z
      .enum(["inputs", "coils"])
      .default("inputs")
      .describe("discrete inputs (function 2) or coils (function 1)"),
    inputs: z.array(input).min(1).max(16),
    pollMs: z.number().min(2).max(1_000).default(10),
  })
  .refine((s) => span(s.inputs).count <= SPAN_MAX_BITS, {
    message: `inputs must lie within ${SPAN_MAX_BITS} bits`,
    path: ["inputs"],
  });
type Settings = z.infer<typeof settings>;
type Input = z.infer<typeof input>;

function span(inputs: readonly Input[]): { first: number; count: number } {
  const first = Math.min(...inputs.map((i) => i.bit));
  const last = Math.max(...inputs.map((i) => i.bit + (i.quantity === "estopDual" ? 1 : 0)));
  return { first, count: last - first + 1 };
}
function sealed(unit: number, code: number, address: number, value: number): Uint8Array {
  const frame = new Uint8Array(ECHO_BYTES);
  frame.set([unit, code, address >> 8, address & 0xff, value >> 8, value & 0xff]);
  const crc = crc16Modbus(frame, 0, 6);
  frame.set([crc & 0xff, crc >> 8], 6);
  return frame;
}
const channelOf = ({ name, quantity }: Input): DeviceChannel => ({
  name,
  quantity,
  width: quantity === "estopDual" ? 2 : 1,
  unit: "0|1",
  limits: [[0, 1]],
});
/** The relay is energised to enable: only a heartbeat that allows motion closes it, everything else opens it. */
function coilOf(message: OutMessage): number | null {
  if (message.kind === "stop") return 0x0000;
  if (message.kind === "heartbeat") return message.mayMove ? 0xff00 : 0x0000;
  return null;
}

export const modbusSafetyRelay: Device = {
  name: "modbus_safety_relay",
  title: "Modbus RTU input and relay module beside a safety relay",
  purpose: "reads e-stop contacts, opens an enabling relay",
  link: "serial",
  line: { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 },
  rateHz: 100,
  silenceMs: 100,
  maxFrameBytes: MAX_FRAME_BYTES,
  settings,
  probeSettings: { inputs: [{ name: "estop", quantity: "estop", bit: 0 }] },
  open(raw) {
    const set = raw as Settings;
    const { first, count } = span(set.inputs);
    const readCode = set.read === "inputs" ? READ_INPUTS : READ_COILS;
    const dataBytes = Math.ceil(count / 8);
    const question = sealed(set.unit, readCode, first, count);
    const row = new Float64Array(2);
    const bitAt = (bytes: Uint8Array, { bit, healthy }: Input, offset: number): number => {
      const at = bit - first + offset;
      return ((bytes[3 + (at >> 3)]! >> (at & 7)) & 1) === healthy ? 1 : 0;
    };
    const session = framedSession({
      channels: set.inputs.map(channelOf),
      maxFrameBytes: MAX_FRAME_BYTES,
      headBytes: 3,
      measure(bytes, at) {
        if (bytes[at] !== set.unit) return 0;
        const code = bytes[at + 1]!;
        if (code === readCode) return bytes[at + 2] === dataBytes ? 5 + dataBytes : 0;
        if (code === WRITE_COIL) return ECHO_BYTES;
        return code === (readCode | EXCEPTION) || code === (WRITE_COIL | EXCEPTION) ? EXCEPTION_BYTES : 0;
      },
      decode(frame, bytes, out) {
        const end = bytes.length - 2;
        if (crc16Modbus(bytes, 0, end) !== frame.getUint16(end, true)) return false;
        const code = bytes[1]!;
        if ((code & EXCEPTION) !== 0)
          out.fault(-1, "DEVICE_EXCEPTION", `function ${code & 0x7f}, exception ${bytes[2]}`);
        else if (code === readCode)
          set.inputs.forEach((entry, index) => {
            row[0] = bitAt(bytes, entry, 0);
            if (entry.quantity === "estopDual") row[1] = bitAt(bytes, entry, 1);
            out.reading(index, row);
          });
        return true;
      },
    });
    return {
      ...session,
      pollPeriodMs: set.pollMs,
      poll: () => question,
      encode(address, message) {
        const coil = /^coil:(\d{1,5})$/.exec(address);
        const value = coilOf(message);
        const number = coil === null ? -1 : Number(coil[1]);
        return value === null || number < 0 || number > 65_535
          ? null
          : sealed(set.unit, WRITE_COIL, number, value);
      },
    };
  },
};
