import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CycloneBus } from "../../../src/edge/transports/dds/cyclone-bus.ts";
import { layoutOf } from "../../../src/edge/transports/dds/definitions.ts";
import { ddsSettingsSchema } from "../../../src/edge/transports/dds/index.ts";
import { loadCyclone } from "../../../src/edge/transports/dds/library.ts";
import { AnyEncoder, crc16Modbus } from "../../../src/edge/wire/index.ts";
import { NodeProcess, ROOT } from "../../node/processes.ts";
import { runCommand } from "../../cli/run-command.ts";
import { until } from "../../contract/recorder.ts";
import { testDomain } from "./dds/peer.ts";
import { PtyPair, SOCAT_MISSING } from "./serial/pty-pair.ts";

/**
 * From nothing to a cell of one's own that runs, as a new user goes: a Robotiq FT 300 on a serial line, a Modbus module
 * with the e-stop and the enabling relay, a laser scanner over DDS, and a URDF. Commands alone, no source read.
 */
const cyclone = await loadCyclone(process.env["LIBDDSC"]);
const MISSING = SOCAT_MISSING ?? (cyclone.ok ? null : cyclone.error.detail);
const folder = mkdtempSync(join(tmpdir(), "cellgate-walk-"));
const file = join(folder, "cell.yaml");
const data = join(folder, "data");
const domain = testDomain(7);
const RAYS = 181;

const sealed = (frame: Buffer): Buffer => {
  const crc = crc16Modbus(frame, 0, frame.length - 2);
  frame.writeUInt16LE(crc, frame.length - 2);
  return frame;
};
/** the data stream of an FT 300: six counts, never twice the same */
let counts = 0;
function forceFrame(): Buffer {
  const frame = Buffer.alloc(16);
  frame.writeUInt16BE(0x204e, 0);
  counts++;
  for (let i = 0; i < 6; i++) frame.writeInt16LE(((counts * 7 + i * 3) % 41) - 20, 2 + 2 * i);
  return sealed(frame);
}
/** answers of a Modbus module whose one contact is closed */
let coil = 0;
function relayAnswers(asked: Uint8Array): Buffer[] {
  const answers: Buffer[] = [];
  for (let at = 0; at + 8 <= asked.length; at += 8) {
    const question = Buffer.from(asked.subarray(at, at + 8));
    if (question[1] === 2) answers.push(sealed(Buffer.from([question[0]!, 2, 1, 1, 0, 0])));
    if (question[1] === 5) {
      coil = question[4]!;
      answers.push(question);
    }
  }
  return answers;
}

const force = new PtyPair();
const relay = new PtyPair();
const timers: NodeJS.Timeout[] = [];
let bus: CycloneBus | null = null;
let node: NodeProcess | null = null;

async function publishScans(): Promise<void> {
  if (!cyclone.ok) return;
  bus = await CycloneBus.open(cyclone.value, ddsSettingsSchema.parse({ kind: "dds", domainId: domain }), {
    graph: () => undefined,
    tooLarge: () => undefined,
    failed: () => undefined,
    stopped: () => undefined,
  });
  const type = "sensor_msgs/msg/LaserScan";
  const qos = { reliable: false, transientLocal: false, depth: 4, lifespanMs: null };
  const writer = bus.advertise({ name: "/scan", type, qos });
  bus.start();
  const encoder = new AnyEncoder(layoutOf(type));
  timers.push(
    setInterval(() => {
      const ms = Date.now();
      const stamp = { sec: Math.floor(ms / 1_000), nanosec: (ms % 1_000) * 1e6 };
      writer.write(
        encoder.encode({
          header: { stamp, frame_id: "laser" },
          angle_min: -Math.PI / 2,
          angle_max: Math.PI / 2,
          angle_increment: Math.PI / (RAYS - 1),
          range_max: 8,
          ranges: Float64Array.from({ length: RAYS }, (_, i) => 5 + ((i * 7 + ms) % 13) * 0.001),
        } as never),
      );
    }, 50),
  );
}

beforeAll(async () => {
  if (MISSING !== null) return;
  await Promise.all([force.plug(), relay.plug(), publishScans()]);
  timers.push(
    setInterval(() => force.write(forceFrame()), 10),
    setInterval(() => {
      for (const answer of relayAnswers(relay.read())) relay.write(answer);
    }, 3),
  );
});
afterAll(async () => {
  if (node !== null && node.child.exitCode === null) await node.kill("SIGKILL");
  for (const timer of timers) clearInterval(timer);
  bus?.close();
  await Promise.all([force.end(), relay.end()]);
  rmSync(folder, { recursive: true, force: true });
});

/** a command in a process of its own, as a person gives it */
async function say(...argv: string[]): Promise<{ code: number | null; err: string }> {
  const process = new NodeProcess(...argv);
  return { code: await process.ended, err: process.stderr };
}

describe.skipIf(MISSING !== null)(
  `a cell of one's own${MISSING === null ? "" : `: skipped, ${MISSING}`}`,
  () => {
    test("init finds the sensor and reads the scanner's fan, and what it writes is good", async () => {
      const urdf = join(folder, "arm.urdf");
      copyFileSync(resolve(ROOT, "test/core/robot/six-axis.urdf"), urdf);
      const said = await say(
        ...["init", "--yes", "--urdf", urdf, "--out", file, "--ft", `serial:${force.near}`],
        ...[
          "--estop",
          `modbus:${relay.near}`,
          "--stop",
          `modbus:${relay.near}`,
          "--scan",
          `dds:/scan@${domain}`,
        ],
      );
      expect(said.err).toMatch(/Robotiq FT 300/);
      expect(said.code).toBe(0);
      const text = readFileSync(file, "utf8");
      expect(text).toMatch(/urdf: "arm\.urdf"/);
      expect(text).toMatch(/device: robotiq_ft300/);
      expect(text).toMatch(/angleMinRad: -1\.57/);
      const checked = await runCommand(["config", "check", file]);
      expect(checked.code).toBe(0);
      expect(checked.out).toMatch(/stop zone occupied +base_scan/);
    }, 60_000);

    test("it runs in simulation before a wire is used", async () => {
      const { out, code } = await runCommand(
        [
          "run",
          file,
          "--simulate",
          "--for",
          "3s",
          "--seed",
          "7",
          "--speed",
          "max",
          "--data",
          join(folder, "sim"),
        ],
        { cwd: folder },
      );
      expect(code).toBe(0);
      expect(out).toMatch(/→ RUNNING/);
    }, 60_000);

    test("and on the wires: it comes up blocked, a person resets and resumes, and the relay closes", async () => {
      // emulated devices share this machine with everything else: their silences say nothing here
      const text = readFileSync(file, "utf8");
      const patient = text.replace(/maxAgeMs: \d+, minRateHz: [\d.]+/g, "maxAgeMs: 5000, minRateHz: 0.5");
      writeFileSync(file, `${patient}self: { maxLoopLagMs: 4000 }\n`);
      node = new NodeProcess("run", file, "--data", data, "--port", "0", "--json", "--for", "5m");
      await node.line((line) => line.kind === "status" && line.state !== "STARTING");
      expect(coil).toBe(0);
      // nothing is latched unless the machine was slow: then a reset comes first
      let said = await runCommand(["resume", "--data", data]);
      for (let tries = 0; tries < 40 && said.code !== 0; tries++) {
        await new Promise((done) => setTimeout(done, 250));
        await runCommand(["reset", "--data", data]);
        said = await runCommand(["resume", "--data", data]);
      }
      expect(said.code, said.err).toBe(0);
      await node.line(
        (line) => line.kind === "status" && (line.state === "RUNNING" || line.state === "SLOW"),
      );
      await until("the enabling relay is closed", () => coil === 0xff);
    }, 120_000);
  },
);
