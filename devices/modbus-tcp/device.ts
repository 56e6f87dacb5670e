import { z } from "zod";
import { QUANTITIES } from "../../src/core/domain/index.ts";
import type { Device, DeviceChannel, DeviceSession, OutMessage } from "../../src/edge/ports/index.ts";
import { type CheckedEmit, framedSession } from "../framed-session.ts";

/** Function codes of the questions, by the table that they read. */
const READ = { coils: 1, inputs: 2, holding: 3, registers: 4 } as const;
type Table = keyof typeof READ;
const WRITE_COIL = 5;
const WRITE_REGISTER = 6;
const EXCEPTION = 0x80;
/** transaction, protocol, length, unit; then function and what it brings */
const HEAD_BYTES = 7;
const ECHO_BYTES = HEAD_BYTES + 5;
const EXCEPTION_BYTES = HEAD_BYTES + 2;
const SPAN_MAX_BITS = 512;
const SPAN_MAX_REGISTERS = 100;
const MAX_FRAME_BYTES = HEAD_BYTES + 2 + 2 * SPAN_MAX_REGISTERS;
/** the low bits of a transaction say which question it was; the last one marks a command */
const QUESTIONS = 8;
const COMMAND = QUESTIONS - 1;
const TRANSACTIONS = 0x1_0000 / QUESTIONS;
const FLOAT_LIMIT = 1e9;

const BITS = ["estop", "estopDual", "protectiveStop", "flag"] as const;
const NUMBERS = ["range", "scalar", "heartbeat", "safetyMode", "wrench"] as const;
const TYPES = {
  u16: { registers: 1, low: 0, high: 65_535 },
  i16: { registers: 1, low: -32_768, high: 32_767 },
  u32: { registers: 2, low: 0, high: 4_294_967_295 },
  i32: { registers: 2, low: -2_147_483_648, high: 2_147_483_647 },
  f32: { registers: 2, low: -FLOAT_LIMIT, high: FLOAT_LIMIT },
} as const;
type NumberType = keyof typeof TYPES;

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/)
  .max(64)
  .describe("address of the channel");
const at = z.number().int().min(0).max(65_535).describe("first bit or register, counted from 0");
const bitInput = z.strictObject({
  name,
  quantity: z.enum(BITS),
  table: z.enum(["coils", "inputs"]).default("inputs").describe("discrete inputs or coils"),
  at,
  healthy: z
    .union([z.literal(0), z.literal(1)])
    .default(1)
    .describe("level while all is well (closed contact)"),
});
const numberInput = z.strictObject({
  name,
  quantity: z.enum(NUMBERS),
  table: z.enum(["holding", "registers"]).describe("holding or input registers"),
  at,
  type: z.enum(["u16", "i16", "u32", "i32", "f32"]).default("i16").describe("high word first"),
  scale: z
    .number()
    .min(-1e6)
    .max(1e6)
    .default(1)
    .describe("value = number × scale + offset, in the channel's unit"),
  offset: z.number().min(-1e9).max(1e9).default(0),
});
const input = z.union([bitInput, numberInput]);
type Input = z.infer<typeof input>;
type NumberInput = z.infer<typeof numberInput>;

const settings = z
  .strictObject({
    unit: z.number().int().min(0).max(255).default(1).describe("unit behind the address"),
    inputs: z.array(input).min(1).max(32),
    pollMs: z.number().min(2).max(1_000).default(20).describe("time between two questions"),
  })
  .refine((s) => s.inputs.every((i) => !("scale" in i) || i.scale !== 0), {
    message: "a scale of 0 hides the value",
    path: ["inputs"],
  })
  .refine((s) => tablesOf(s.inputs).every(({ count, limit }) => count <= limit), {
    message: `inputs of one table must lie within ${SPAN_MAX_BITS} bits or ${SPAN_MAX_REGISTERS} registers`,
    path: ["inputs"],
  });
type Settings = z.infer<typeof settings>;

const isNumber = (one: Input): one is NumberInput => "type" in one;
const widthOf = ({ quantity }: Input): number => QUANTITIES[quantity].width;
const placesOf = (one: Input): number =>
  isNumber(one) ? widthOf(one) * TYPES[one.type].registers : widthOf(one);

/** One question: the stretch of a table that holds all its inputs. */
interface Stretch {
  readonly table: Table;
  readonly first: number;
  readonly count: number;
  readonly limit: number;
  readonly dataBytes: number;
}
function tablesOf(inputs: readonly Input[]): Stretch[] {
  return (Object.keys(READ) as Table[]).flatMap((table) => {
    const own = inputs.filter((one) => one.table === table);
    if (own.length === 0) return [];
    const first = Math.min(...own.map((one) => one.at));
    const count = Math.max(...own.map((one) => one.at + placesOf(one))) - first;
    const bits = table === "coils" || table === "inputs";
    return {
      ...{ table, first, count },
      limit: bits ? SPAN_MAX_BITS : SPAN_MAX_REGISTERS,
      dataBytes: bits ? Math.ceil(count / 8) : 2 * count,
    };
  });
}
function limitsOf(one: Input): readonly (readonly [number, number])[] {
  if (!isNumber(one)) return [[0, 1]];
  const { low, high } = TYPES[one.type];
  const ends = [low * one.scale + one.offset, high * one.scale + one.offset];
  return [[Math.min(...ends), Math.max(...ends)]];
}
const channelOf = (one: Input): DeviceChannel => ({
  name: one.name,
  quantity: one.quantity,
  width: widthOf(one),
  unit: QUANTITIES[one.quantity].unit,
  limits: limitsOf(one),
});

function numberAt(frame: DataView, at: number, type: NumberType): number {
  switch (type) {
    case "u16":
      return frame.getUint16(at);
    case "i16":
      return frame.getInt16(at);
    case "u32":
      return frame.getUint32(at);
    case "i32":
      return frame.getInt32(at);
    case "f32":
      return frame.getFloat32(at);
  }
}

function frameOf(
  transaction: number,
  unit: number,
  code: number,
  address: number,
  value: number,
): Uint8Array {
  const bytes = new Uint8Array(ECHO_BYTES);
  const frame = new DataView(bytes.buffer);
  frame.setUint16(0, transaction);
  frame.setUint16(4, ECHO_BYTES - 6);
  bytes[6] = unit;
  bytes[7] = code;
  frame.setUint16(8, address);
  frame.setUint16(10, value);
  return bytes;
}

/** What a command means as one write; null: this device cannot carry it. */
function commandOf(address: string, message: OutMessage): { code: number; at: number; value: number } | null {
  const place = /^(coil|register):(\d{1,5})$/.exec(address);
  const at = Number(place?.[2] ?? 65_536);
  if (at > 65_535 || (message.kind !== "stop" && message.kind !== "heartbeat")) return null;
  const goes = message.kind === "heartbeat" && message.mayMove;
  if (place![1] === "coil") return { code: WRITE_COIL, at, value: goes ? 0xff00 : 0 };
  // a counter that moves while motion is allowed, 0 while it is not: the controller can tell a dead node
  return { code: WRITE_REGISTER, at, value: goes ? 1 + (message.counter % 65_535) : 0 };
}

/** Asks its tables one after the other and believes an answer once, only to the question that was asked last. */
function openSession(set: Settings): DeviceSession {
  const tables = tablesOf(set.inputs);
  const row = new Float64Array(6);
  const asked = new Map<number, number>();
  let round = 0;
  let next = 0;
  const stretchOf = (transaction: number): Stretch | undefined => tables[transaction % QUESTIONS];

  function emitAll(stretch: Stretch, frame: DataView, out: CheckedEmit): void {
    const data = HEAD_BYTES + 2;
    set.inputs.forEach((one, index) => {
      if (one.table !== stretch.table) return;
      const width = widthOf(one);
      for (let i = 0; i < width; i++)
        if (isNumber(one)) {
          const place = data + 2 * (one.at - stretch.first + i * TYPES[one.type].registers);
          row[i] = numberAt(frame, place, one.type) * one.scale + one.offset;
        } else {
          const bit = one.at - stretch.first + i;
          row[i] = ((frame.getUint8(data + (bit >> 3)) >> (bit & 7)) & 1) === one.healthy ? 1 : 0;
        }
      out.reading(index, row);
    });
  }
  /** false: an answer to another question than the last one, or the same answer again */
  function isFresh(transaction: number): boolean {
    const wanted = asked.get(transaction % QUESTIONS);
    if (wanted === undefined) return true;
    asked.set(transaction % QUESTIONS, -1);
    return wanted === transaction;
  }

  const session = framedSession({
    channels: set.inputs.map(channelOf),
    maxFrameBytes: MAX_FRAME_BYTES,
    headBytes: HEAD_BYTES + 2,
    measure(bytes, start) {
      if (bytes[start + 2] !== 0 || bytes[start + 3] !== 0 || bytes[start + 6] !== set.unit) return 0;
      const length = (bytes[start + 4]! << 8) | bytes[start + 5]!;
      const code = bytes[start + 7]!;
      const stretch = stretchOf(bytes[start + 1]!);
      if ((code & EXCEPTION) !== 0) return length === 3 ? EXCEPTION_BYTES : 0;
      if (code === WRITE_COIL || code === WRITE_REGISTER) return length === 6 ? ECHO_BYTES : 0;
      if (stretch === undefined || code !== READ[stretch.table]) return 0;
      const whole = bytes[start + 8] === stretch.dataBytes && length === 3 + stretch.dataBytes;
      return whole ? HEAD_BYTES + 2 + stretch.dataBytes : 0;
    },
    decode(frame, bytes, out) {
      const code = bytes[7]!;
      const transaction = frame.getUint16(0);
      if ((code & EXCEPTION) !== 0)
        out.fault(-1, "DEVICE_EXCEPTION", `function ${code & 0x7f}, exception ${bytes[8]}`);
      else if (code !== WRITE_COIL && code !== WRITE_REGISTER) {
        const stretch = stretchOf(transaction)!;
        if (isFresh(transaction)) emitAll(stretch, frame, out);
        else out.fault(-1, "DEVICE_SEQUENCE", `answer ${transaction} to a question that was not asked last`);
      }
      return true;
    },
  });
  return {
    ...session,
    reset() {
      asked.clear();
      session.reset();
    },
    pollPeriodMs: set.pollMs,
    poll() {
      const index = next;
      next = (next + 1) % tables.length;
      if (index === 0) round = (round + 1) % TRANSACTIONS;
      const transaction = round * QUESTIONS + index;
      asked.set(index, transaction);
      const { table, first, count } = tables[index]!;
      return frameOf(transaction, set.unit, READ[table], first, count);
    },
    encode(address, message) {
      const write = commandOf(address, message);
      return write === null
        ? null
        : frameOf(round * QUESTIONS + COMMAND, set.unit, write.code, write.at, write.value);
    },
  };
}

export const modbusTcp: Device = {
  name: "modbus_tcp",
  title: "Modbus TCP controller or module",
  purpose: "reads contacts and registers, opens an enabling relay",
  link: "tcp",
  port: 502,
  rateHz: 50,
  silenceMs: 200,
  maxFrameBytes: MAX_FRAME_BYTES,
  settings,
  probeSettings: { inputs: [{ name: "estop", quantity: "estop", at: 0 }] },
  open: (raw) => openSession(raw as Settings),
};
