import { z } from "zod";
import type { Device } from "../../src/edge/ports/index.ts";
import { CheckedEmit } from "../framed-session.ts";
import { wrenchChannel } from "../wrench-channel.ts";

const REPLY_BYTES = 36;
const COMMAND_STOP = 0x0000;
const COMMAND_STREAM = 0x0002;
const HALF_RING = 0x8000_0000;

const settings = z.strictObject({
  countsPerForce: z
    .number()
    .min(1)
    .max(1e9)
    .default(1_000_000)
    .describe("from the device's configuration page; OptoForce/OnRobot Ethernet: 10000"),
  countsPerTorque: z
    .number()
    .min(1)
    .max(1e9)
    .default(1_000_000)
    .describe("OptoForce/OnRobot Ethernet: 100000"),
  maxForceN: z.number().min(1).max(50_000).default(1_000).describe("range of the transducer"),
  maxTorqueNm: z.number().min(0.01).max(5_000).default(100),
});

/** A request of eight bytes; count 0 asks for readings without end. */
function request(command: number): Uint8Array {
  const frame = new DataView(new ArrayBuffer(8));
  frame.setUint16(0, 0x1234);
  frame.setUint16(2, command);
  return new Uint8Array(frame.buffer);
}

export const atiNetFt: Device = {
  name: "ati_net_ft",
  title: "ATI Net F/T, Ethernet Axia; OptoForce / OnRobot Ethernet",
  purpose: "six-axis force/torque sensor over UDP (RDT)",
  link: "udp",
  port: 49_152,
  rateHz: 1_000,
  silenceMs: 20,
  maxFrameBytes: REPLY_BYTES,
  settings,
  probeSettings: { maxForceN: 50_000, maxTorqueNm: 5_000 },
  open(raw) {
    const set = raw as z.infer<typeof settings>;
    const channels = [wrenchChannel(set.maxForceN, set.maxTorqueNm)];
    const out = new CheckedEmit(channels);
    const row = new Float64Array(6);
    let last = -1;
    /** UDP keeps datagrams whole: each one is a reply or it is none */
    const take = (bytes: Uint8Array): void => {
      if (bytes.length !== REPLY_BYTES)
        return out.fault(0, "DEVICE_FORMAT", `datagram of ${bytes.length} bytes, expected ${REPLY_BYTES}`);
      const reply = new DataView(bytes.buffer, bytes.byteOffset, REPLY_BYTES);
      const sequence = reply.getUint32(0);
      const ahead = (sequence - last) >>> 0;
      if (last !== -1 && (ahead === 0 || ahead >= HALF_RING))
        return out.fault(0, "DEVICE_SEQUENCE", `sequence ${sequence} after ${last}`);
      last = sequence;
      const status = reply.getUint32(8);
      if (status !== 0)
        return out.fault(0, "DEVICE_STATUS", `status word ${status.toString(16).padStart(8, "0")}`);
      for (let i = 0; i < 6; i++)
        row[i] = reply.getInt32(12 + 4 * i) / (i < 3 ? set.countsPerForce : set.countsPerTorque);
      out.reading(0, row, -1, sequence);
    };
    return {
      channels,
      reset: () => {
        last = -1;
      },
      push(bytes, emit) {
        out.lend(emit);
        take(bytes);
        out.lend(null);
      },
      greeting: () => [request(COMMAND_STREAM)],
      farewell: () => [request(COMMAND_STOP)],
    };
  },
};
