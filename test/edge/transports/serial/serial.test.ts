import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEVICES } from "../../../../devices/index.ts";
import {
  listFromFolder,
  listSerialPorts,
  SerialTransport,
  serialSettings,
} from "../../../../src/edge/transports/serial/index.ts";
import { crc16Modbus } from "../../../../src/edge/wire/index.ts";
import { bindings, contextOf, createRecorder, pause, runClock, until } from "../../../contract/recorder.ts";
import { PtyPair, SOCAT_MISSING } from "./pty-pair.ts";

const RELAY = { inputs: [{ name: "estop", quantity: "estop", bit: 0 }], pollMs: 20 };
const STOP = { kind: "stop", pose: [], code: "ESTOP" } as const;
const heartbeat = (mayMove: boolean) =>
  ({ kind: "heartbeat", counter: 1, state: "RUNNING", mayMove, configHash: "" }) as const;

function sealed(bytes: readonly number[]): Uint8Array {
  const crc = crc16Modbus(Uint8Array.from(bytes));
  return Uint8Array.from([...bytes, crc & 0xff, crc >> 8]);
}
const answer = (bits: number): Uint8Array => sealed([1, 2, 1, bits]);
const COIL_OFF = Buffer.from(sealed([1, 5, 0, 3, 0, 0])).toString("hex");
const COIL_ON = Buffer.from(sealed([1, 5, 0, 3, 0xff, 0])).toString("hex");

describe.skipIf(SOCAT_MISSING !== null)(
  `serial line${SOCAT_MISSING === null ? "" : `: skipped, ${SOCAT_MISSING}`}`,
  () => {
    let pty: PtyPair;
    let transport: SerialTransport;
    const clock = runClock();
    let recorder = createRecorder(clock);
    const heard: string[] = [];

    beforeEach(async () => {
      recorder = createRecorder(clock);
      heard.length = 0;
      pty = new PtyPair();
      await pty.plug();
    });
    afterEach(async () => {
      await transport.close();
      await transport.close();
      await pty.end();
    });
    const open = async (
      device: string,
      deviceSettings: object,
      channels: Parameters<typeof bindings>[0],
      extra: object = {},
    ): Promise<void> => {
      const settings = serialSettings.parse({
        kind: "serial",
        path: pty.near,
        device,
        deviceSettings,
        reopenMs: 30,
        ...extra,
      });
      transport = new SerialTransport("line", settings, DEVICES);
      await transport.open(contextOf(recorder, clock, bindings(channels)));
    };
    const hear = (): string => {
      heard.push(Buffer.from(pty.read()).toString("hex"));
      return heard.join("");
    };

    it("reads a device, asks it, and writes commands before send returns", async () => {
      await open("modbus_safety_relay", RELAY, [{ name: "estop", address: "estop", quantity: "estop" }]);
      await until("a question arrives", () =>
        hear().includes(Buffer.from(sealed([1, 2, 0, 0, 0, 1])).toString("hex")),
      );
      pty.write(answer(1));
      await until("sample", () => recorder.samples.length > 0);
      expect(recorder.samples[0]!.values).toEqual([1]);
      expect(transport.sender.send("coil:3", heartbeat(true))).toBe(true);
      expect(transport.sender.send("coil:3", STOP)).toBe(true);
      expect(transport.sender.send("coil:99999", STOP)).toBe(false);
      expect(
        transport.sender.send("coil:3", {
          kind: "permit",
          actionId: "a",
          proposalHash: "h",
          expiresUs: 1,
          action: {},
          retreat: false,
        }),
      ).toBe(false);
      await until("coil commands arrive", () => hear().includes(COIL_OFF));
      expect(heard.join("")).toContain(COIL_ON);
    });

    it("B14 hot unplug: nothing written meanwhile is sent after the plug returns", async () => {
      await open("modbus_safety_relay", RELAY, [{ name: "estop", address: "estop", quantity: "estop" }]);
      await until("open", () => transport.health().connected);
      pty.write(answer(1));
      await until("sample", () => recorder.samples.length === 1);
      await pty.unplug();
      await until("loss is noticed", () => recorder.active("SERIAL_DISCONNECTED"));
      for (let i = 0; i < 50; i++) expect(transport.sender.send("coil:3", heartbeat(true))).toBe(false);
      heard.length = 0;
      await pty.plug();
      await until("open again", () => !recorder.active("SERIAL_DISCONNECTED"));
      pty.write(answer(0));
      await until("sample after re-plug", () => recorder.samples.length >= 2);
      expect(recorder.samples.at(-1)!.values).toEqual([0]);
      await pause(100);
      expect(hear()).not.toContain(COIL_ON);
      expect(transport.sender.send("coil:3", STOP)).toBe(true);
      await until("fresh command", () => hear().includes(COIL_OFF));
    });

    it("B14 unplug while writing: each write is told false or was handed over, and the process lives", async () => {
      await open("modbus_safety_relay", { ...RELAY, pollMs: 2 }, [
        { name: "estop", address: "estop", quantity: "estop" },
      ]);
      await until("open", () => transport.health().connected);
      let refused = 0;
      const writer = setInterval(() => {
        for (let i = 0; i < 20; i++) if (!transport.sender.send("coil:3", heartbeat(true))) refused++;
      }, 1);
      for (let round = 0; round < 5; round++) {
        await pause(20);
        await pty.unplug();
        await pause(20);
        heard.length = 0;
        await pty.plug();
        await until("open again", () => transport.health().connected);
      }
      clearInterval(writer);
      expect(refused).toBeGreaterThan(0);
    });

    it("a line that fills up refuses instead of queueing", async () => {
      await open("modbus_safety_relay", RELAY, [{ name: "estop", address: "estop", quantity: "estop" }]);
      await until("open", () => transport.health().connected);
      let handed = 0;
      for (let i = 0; i < 100_000 && transport.sender.send("coil:3", heartbeat(true)); i++) handed++;
      expect(handed).toBeLessThan(100_000);
      expect(transport.health().dropped).toBeGreaterThan(0);
    });

    it("B11 storm of wrong checks and half frames: faults, no sample, then the next good frame", async () => {
      await open("modbus_safety_relay", RELAY, [{ name: "estop", address: "estop", quantity: "estop" }]);
      await until("open", () => transport.health().connected);
      pty.write(answer(1));
      await until("sample", () => recorder.samples.length === 1);
      const bad = answer(1);
      bad[5] = bad[5]! ^ 1;
      for (let i = 0; i < 2_000; i++) pty.write(i % 3 === 0 ? bad.subarray(0, 4) : bad);
      await until("faults", () => recorder.faults.length > 500);
      expect(recorder.samples).toHaveLength(1);
      expect(recorder.faults.every((f) => f.code === "DEVICE_CHECKSUM" || f.code === "DEVICE_NOISE")).toBe(
        true,
      );
      pty.write(answer(0));
      pty.write(answer(0));
      await until("good frame after the storm", () => recorder.samples.length > 1);
      expect(recorder.samples.at(-1)!.values).toEqual([0]);
    });

    it("coalesced and torn frames of a fast sensor all arrive", async () => {
      const sensor = { countsPerNewton: [10, 10, 10], maxForceN: 5_000 };
      await open("optoforce_daq", sensor, [{ name: "wrench", address: "wrench", quantity: "wrench" }]);
      await until("greeting", () => hear().startsWith("aa003203"));
      const stream = Buffer.concat(Array.from({ length: 3_000 }, (_, i) => optoforce(i)));
      for (let at = 0, size = 1; at < stream.length; at += size, size = (size * 7 + 3) % 61 || 1) {
        pty.write(stream.subarray(at, at + size));
        if (at % 1_000 < 40) await pause(0);
      }
      await until("all frames", () => recorder.samples.length === 3_000);
      expect(recorder.samples.map((s) => s.sourceSeq)).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
      expect(recorder.faults).toEqual([]);
    });

    it("a port that is not there is a state, not a failed start", async () => {
      const settings = serialSettings.parse({
        kind: "serial",
        path: "/dev/does-not-exist",
        device: "benewake_tfmini",
        reopenMs: 20,
      });
      transport = new SerialTransport("line", settings, DEVICES);
      await transport.open(contextOf(recorder, clock, []));
      expect(transport.health().connected).toBe(false);
      expect(recorder.active("SERIAL_DISCONNECTED")).toBe(true);
      expect(transport.sender.send("coil:0", STOP)).toBe(false);
      await pause(100);
      expect(recorder.healths).toHaveLength(1);
    });
  },
);

function optoforce(counter: number): Buffer {
  const frame = Buffer.from([
    0xaa,
    7,
    8,
    0x0a,
    counter >> 8,
    counter & 0xff,
    0,
    0,
    0,
    counter % 100,
    0,
    2,
    0,
    3,
    0,
    0,
  ]);
  frame.writeUInt16BE(frame.subarray(0, 14).reduce((sum, byte) => sum + byte, 0) & 0xffff, 14);
  return frame;
}

describe("serial settings", () => {
  it("name what is wrong: unknown device, wrong settings, wrong channel", async () => {
    const settings = (device: string, deviceSettings: object) =>
      serialSettings.parse({ kind: "serial", path: "/dev/x", device, deviceSettings });
    expect(() => new SerialTransport("line", settings("nobody", {}), DEVICES)).toThrow(
      /no serial device named "nobody"; known: .*robotiq_ft300/,
    );
    expect(() => new SerialTransport("line", settings("ati_net_ft", {}), DEVICES)).toThrow(
      /no serial device/,
    );
    expect(() => new SerialTransport("line", settings("optoforce_daq", {}), DEVICES)).toThrow(
      /deviceSettings\.countsPerNewton/,
    );
    const recorder = createRecorder(runClock());
    const line = new SerialTransport("line", settings("benewake_tfmini", {}), DEVICES);
    const context = contextOf(
      recorder,
      runClock(),
      bindings([{ name: "front", address: "rnage", quantity: "range" }]),
    );
    await expect(line.open(context)).rejects.toThrow(/has no "rnage", only range/);
    expect(
      serialSettings.safeParse({ kind: "serial", path: "/dev/x", device: "d", reopenMs: 0 }).success,
    ).toBe(false);
  });

  it("ports are listed with udev and without it", async () => {
    expect(Array.isArray(await listSerialPorts())).toBe(true);
    const folder = mkdtempSync(join(tmpdir(), "cellgate-dev-"));
    for (const name of ["ttyUSB0", "ttyACM1", "tty0", "null", "ttyS0x"])
      writeFileSync(join(folder, name), "");
    mkdirSync(join(folder, "serial"));
    expect((await listFromFolder(folder)).map((p) => p.path)).toEqual([
      join(folder, "ttyACM1"),
      join(folder, "ttyUSB0"),
    ]);
    rmSync(folder, { recursive: true });
    const script = `import { listSerialPorts } from ${JSON.stringify(new URL("../../../../src/edge/transports/serial/index.ts", import.meta.url).href)}; console.log(Array.isArray(await listSerialPorts()));`;
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      env: { PATH: "/nonexistent" },
      encoding: "utf8",
    });
    expect(run.stdout.trim()).toBe("true");
  });
});
