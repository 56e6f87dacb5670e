import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCommand } from "../../cli/run-command.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "cellgate-broken-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const launch = (name: string): string => readFileSync(join(ROOT, "launch", name), "utf8");

/** A cell that a person would write: an FT300 on a serial port, a relay, a robot by URDF. */
const OWN = `cellgate: 1
cell: my_cell
robot:
  name: arm
  kinematics: { urdf: arm.urdf, tip: tool }
  joints:
    - { name: elbow, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 10 }
  maxToolSpeedMPerS: 1
  stopTimeMs: 300
  stopDistanceM: 0.3
  positionUncertaintyM: 0.01
  massMovingKg: 10
  payloadKg: 1
transports:
  ft: { kind: serial, path: /dev/ttyUSB0, device: robotiq_ft300 }
  relay: { kind: serial, path: /dev/ttyUSB1, device: modbus_safety_relay, deviceSettings: { inputs: [{ name: stop, quantity: estop, bit: 0 }] } }
channels:
  wrist: { quantity: wrench, transport: ft, address: wrench, maxAgeMs: 100, minRateHz: 50, min: -300, max: 300 }
actuators:
  stop: { kind: relay, transport: relay, address: "coil:0", confirmMs: 500 }
rules: {}
`;
const URDF = `<robot name="arm"><link name="base"/><link name="tool"/>
<joint name="elbow" type="revolute"><parent link="base"/><child link="tool"/><axis xyz="0 0 1"/>
<limit lower="-3.14" upper="3.14" velocity="3" effort="50"/></joint></robot>`;
writeFileSync(join(folder, "arm.urdf"), URDF);

const DEMO = launch("demo-cell.yaml");
const MQTT = launch("mqtt-cell.yaml");
const ROS = launch("ros2-cell.yaml");
/** what is wrong → the text, the change, the place that must be named, the word that must be said */
type Broken = readonly [
  what: string,
  text: string,
  from: string | RegExp,
  to: string,
  place: string,
  word: RegExp,
];
const BROKEN: readonly Broken[] = [
  [
    "an unknown device",
    OWN,
    "robotiq_ft300",
    "robotic_ft300",
    "transports.ft.device",
    /did you mean "robotiq_ft300"/,
  ],
  [
    "a device on the wrong kind of wire",
    OWN,
    "kind: serial, path: /dev/ttyUSB0",
    "kind: udp, host: 127.0.0.1, port: 9",
    "transports.ft.kind",
    /serial, not udp/,
  ],
  [
    "an address that the device does not bring",
    OWN,
    "address: wrench",
    "address: wrist",
    "channels.wrist.address",
    /brings no "wrist"/,
  ],
  [
    "a quantity that the device does not measure",
    OWN,
    "quantity: wrench",
    "quantity: range",
    "channels.wrist.quantity",
    /write quantity: wrench/,
  ],
  [
    "missing settings of a device",
    OWN,
    /, deviceSettings: \{ inputs.*?\] \}/,
    "",
    "transports.relay.deviceSettings",
    /modbus-safety-relay/,
  ],
  [
    "a joint beyond the URDF's range",
    OWN,
    "maxRad: 3,",
    "maxRad: 6.2,",
    "robot.joints.0.maxRad",
    /beyond the URDF/,
  ],
  [
    "a joint faster than the URDF allows",
    OWN,
    "maxRadPerS: 2",
    "maxRadPerS: 9",
    "robot.joints.0.maxRadPerS",
    /velocity limit/,
  ],
  ["a URDF that is not there", OWN, "urdf: arm.urdf", "urdf: leg.urdf", "robot", /cannot be read/],
  [
    "an actuator on no transport",
    OWN,
    "kind: relay, transport: relay",
    "kind: relay, transport: rely",
    "actuators.stop.transport",
    /no transport is called "rely"; there are ft, relay/,
  ],
  [
    "a kind of transport that does not exist",
    OWN,
    "kind: serial, path: /dev/ttyUSB0",
    "kind: serail, path: /dev/ttyUSB0",
    "transports.ft.kind",
    /unknown kind/,
  ],
  [
    "a kind of actuator that does not exist",
    OWN,
    "kind: relay",
    "kind: realy",
    "actuators.stop.kind",
    /unknown kind/,
  ],
  [
    "a key with its unit left out",
    OWN,
    "maxAgeMs",
    "maxAge",
    "channels.wrist.maxAge",
    /did you mean "maxAgeMs"/,
  ],
  ["a misspelt key", OWN, "stopTimeMs", "stopTimeMS", "robot.stopTimeMS", /did you mean "stopTimeMs"/],
  ["no cell", OWN, "cell: my_cell\n", "", "cell", /missing/],
  ["zero where zero would mean off", OWN, "maxAgeMs: 100", "maxAgeMs: 0", "channels.wrist.maxAgeMs", /./],
  [
    "text where a number belongs",
    OWN,
    "maxRadPerS: 2",
    "maxRadPerS: fast",
    "robot.joints.0.maxRadPerS",
    /expected a number/,
  ],
  [
    "a list where a mapping belongs",
    OWN,
    /channels:\n.*\n/,
    "channels: []\n",
    "channels",
    /a mapping of names/,
  ],
  [
    "a certificate that is not there",
    MQTT,
    /url: mqtt:[^\n]*/,
    "url: mqtts://127.0.0.1:8883\n    tls: { caFile: /nowhere/ca.crt }",
    "transports.plant.tls.caFile",
    /cannot be read/,
  ],
  [
    "a way out that is not declared",
    ROS,
    /address: \/cellgate\/block/,
    "address: /cellgate/blok",
    "actuators.block.address",
    /no stop can leave/,
  ],
  [
    "a head that is not there",
    DEMO,
    "head: robot-factory.head.json",
    "head: other.head.json",
    "risk.head",
    /cannot be read/,
  ],
  [
    "a channel of a rule that does not exist",
    DEMO,
    "channel: tool_prox",
    "channel: tool_prix",
    "rules.proximity",
    /tool_prix/,
  ],
  ["a number that is none", OWN, "maxAgeMs: 100", "maxAgeMs: .nan", "", /finite|number|NaN/i],
  ["the same key twice", OWN, "payloadKg: 1", "payloadKg: 1\n  payloadKg: 2", "", /YAML/],
  ["a bracket that is not closed", OWN, "device: robotiq_ft300 }", "device: robotiq_ft300", "", /YAML/],
  ["a negative rate", OWN, "minRateHz: 50", "minRateHz: -5", "channels.wrist.minRateHz", /./],
  [
    "a switched off check without a reason",
    DEMO,
    "minM: 0.2",
    "minM: 0.2, monitored: false",
    "rules.proximity",
    /because/,
  ],
];

describe("a broken deployment is told apart from a good one, at its place, in one pass", () => {
  for (const [what, text, from, to, place, word] of BROKEN)
    test(what, async () => {
      const broken = text.replace(from, to);
      expect(broken).not.toBe(text);
      const file = join(folder, "cell.yaml");
      writeFileSync(file, broken);
      const said = await runCommand(["config", "check", file]);
      expect(said.code).toBe(2);
      const lines = said.err.split("\n").filter((l) => l.includes("cell.yaml:"));
      const line = lines.find((l) => l.includes(place) && word.test(l));
      expect(line, said.err).toBeDefined();
      expect(line).toMatch(/cell\.yaml:\d+:\d+/);
      const json = JSON.parse((await runCommand(["config", "check", file, "--json"])).out) as { ok: boolean };
      expect(json.ok).toBe(false);
      // starting it says the same and never shows a stack
      const run = await runCommand([
        "run",
        file,
        "--for",
        "1s",
        "--port",
        "0",
        "--data",
        join(folder, "data"),
      ]);
      expect(run.code).toBe(2);
      expect(run.err).not.toMatch(/^\s+at /m);
    });

  test("many mistakes at once are all said at once", async () => {
    const file = join(folder, "many.yaml");
    writeFileSync(
      file,
      OWN.replace("maxAgeMs", "maxAge")
        .replace("kind: relay", "kind: realy")
        .replace("path: /dev/ttyUSB1", "baud: 9"),
    );
    const { err } = await runCommand(["config", "check", file]);
    for (const place of ["channels.wrist.maxAge", "actuators.stop.kind", "transports.relay"])
      expect(err).toContain(place);
  });

  test("a good one is followed by what guards the cell and by what does not", async () => {
    const said = await runCommand(["config", "check", join(ROOT, "launch/demo-cell.yaml")], { columns: 200 });
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/stop zone occupied +base_scan +zone danger +below 0\.9 m +stop +reset/);
    expect(said.out).toContain("Not guarded:");
    const bare = join(folder, "bare.yaml");
    writeFileSync(bare, OWN);
    const gaps = (await runCommand(["config", "check", bare])).out;
    for (const gap of ["no emergency stop is observed", "no operator", "no rule limits them"])
      expect(gaps).toContain(gap);
  });
});
