import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { benewakeTfmini } from "../../devices/benewake-tfmini/device.ts";
import { optoforceDaq } from "../../devices/optoforce-daq/device.ts";
import { robotiqFt300 } from "../../devices/robotiq-ft300/device.ts";
import { universalRobotsPrimary } from "../../devices/universal-robots-primary/device.ts";
import { crc16Modbus } from "../../src/edge/wire/index.ts";
import { listen, openDevice } from "../contract/device.ts";

const DATA = new URL("../../../shared/data/", import.meta.url);
const at = (name: string): URL => new URL(name, DATA);
const missing = (name: string): string | null =>
  existsSync(at(name)) ? null : `recording ${name} is not here`;
const title = (what: string, reason: string | null): string =>
  reason === null ? what : `${what}: skipped, ${reason}`;
const COUNTS = { countsPerNewton: [1, 1, 1], maxForceN: 20_000 };

const CAPTURE = "optoforce_capture/test-data.bin";
describe.skipIf(missing(CAPTURE) !== null)(
  title("OptoForce: capture of a real sensor", missing(CAPTURE)),
  () => {
    it("34,320 valid frames, 54 damaged ones, in chunks of any size", () => {
      const bytes = new Uint8Array(readFileSync(at(CAPTURE)));
      for (const size of [bytes.length, 4_096, 17, 1]) {
        const session = openDevice(optoforceDaq, COUNTS);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const heard = listen(session, chunks);
        expect(heard.readings).toHaveLength(34_320);
        expect(heard.faults.filter((code) => code === "DEVICE_CHECKSUM")).toHaveLength(54);
        expect(heard.readings[0]).toEqual({
          channel: 0,
          values: [-9, -5, 7, 0, 0, 0],
          sourceSeq: 11_626,
          stamp: -1,
        });
        expect(heard.readings.at(-1)!.sourceSeq).toBe(45_999);
      }
    });
    it("a counter that only ever moves forward", () => {
      const session = openDevice(optoforceDaq, COUNTS);
      const seqs = listen(session, [new Uint8Array(readFileSync(at(CAPTURE)))]).readings.map(
        (r) => r.sourceSeq,
      );
      const gaps = seqs.slice(1).map((seq, i) => seq - seqs[i]!);
      expect(Math.min(...gaps)).toBe(1);
      expect(gaps.filter((gap) => gap > 1)).toHaveLength(54);
    });
  },
);

const FRAMES = "serial_frames/frames.json";
describe.skipIf(missing(FRAMES) !== null)(title("frames from manuals and users", missing(FRAMES)), () => {
  const frames = existsSync(at(FRAMES))
    ? (JSON.parse(readFileSync(at(FRAMES), "utf8")) as Record<string, Record<string, unknown>>)
    : {};
  const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
  it("TFmini: each dump with a wrong check is refused", () => {
    const bad = (frames["tfmini"]!["real_frames_checksum_BAD"] as { frames: string[] }).frames;
    expect(bad).toHaveLength(7);
    for (const frame of bad)
      expect(listen(openDevice(benewakeTfmini, {}), [hex(frame)])).toEqual({
        readings: [],
        faults: ["DEVICE_CHECKSUM"],
      });
  });
  it("OptoForce: real frames are read", () => {
    const good = frames["optoforce_daq"]!["real_frames_OK"] as string[];
    expect(listen(openDevice(optoforceDaq, COUNTS), good.map(hex)).readings.map((r) => r.sourceSeq)).toEqual([
      11_626, 11_627, 11_628,
    ]);
  });
  it("Robotiq: check values of the manuals agree, and the start command is sealed the same way", () => {
    for (const text of frames["robotiq_ft300"]!["modbus_crc_vectors_from_robotiq_manuals_OK"] as string[]) {
      const bytes = hex(text);
      expect(crc16Modbus(bytes, 0, bytes.length - 2)).toBe(bytes.at(-2)! | (bytes.at(-1)! << 8));
    }
    const [start] = openDevice(robotiqFt300, {}).greeting!();
    expect(crc16Modbus(start!, 0, start!.length - 2)).toBe(start!.at(-2)! | (start!.at(-1)! << 8));
  });
});

const UR = "ur_client_frames/ur_client_library_test_frames.json";
describe.skipIf(missing(UR) !== null)(
  title("Universal Robots: byte arrays of the client library", missing(UR)),
  () => {
    const arrays = existsSync(at(UR))
      ? (JSON.parse(readFileSync(at(UR), "utf8")) as { array: string; file: string; hex: string }[])
      : [];
    const bytesOf = (array: string): Uint8Array =>
      Uint8Array.from(Buffer.from(arrays.find((a) => a.array === array)!.hex, "hex"));
    const hear = (...chunks: Uint8Array[]) => listen(openDevice(universalRobotsPrimary, {}), chunks);
    it("robot state: joints, currents, no stop, safety mode normal", () => {
      const { readings, faults } = hear(bytesOf("ROBOT_STATE"));
      expect(faults).toEqual([]);
      const of = (channel: number): number[] => readings.find((r) => r.channel === channel)!.values;
      expect(
        of(0)
          .slice(0, 2)
          .map((v) => v.toFixed(6)),
      ).toEqual(["-1.600700", "-1.727100"]);
      expect(of(0)).toHaveLength(18);
      expect(of(1)).toHaveLength(6);
      expect([of(2), of(3), of(4)]).toEqual([[1], [1], [1]]);
    });
    it("other messages before, between and after change nothing", () => {
      const others = [
        "VERSION_MESSAGE",
        "KEY_MESSAGE",

        "SAFETY_MODE_MESSAGE",
      ].map(bytesOf);
      const state = bytesOf("ROBOT_STATE");
      expect(hear(...others, state, ...others, state)).toEqual(hear(state, state));
    });
    it("bytes behind the stated length of a message are noise, and the next state is still read", () => {
      const heard = hear(
        bytesOf("ROBOT_STATE"),
        bytesOf("RUNTIME_EXCEPTION_MESSAGE"),
        bytesOf("ROBOT_STATE"),
      );
      expect(heard).toEqual({
        readings: hear(bytesOf("ROBOT_STATE"), bytesOf("ROBOT_STATE")).readings,
        faults: ["DEVICE_NOISE"],
      });
    });
    it("no array of another protocol becomes a reading", () => {
      for (const { hex, array, file } of arrays.filter(
        (a) => a.array !== "ROBOT_STATE" && a.hex.length < 2_000,
      ))
        expect([
          file,
          array,
          listen(openDevice(universalRobotsPrimary, {}), [Uint8Array.from(Buffer.from(hex, "hex"))]).readings,
        ]).toEqual([file, array, []]);
    });
  },
);
