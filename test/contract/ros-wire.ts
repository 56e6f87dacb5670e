import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createPrng } from "../../src/core/base/prng.ts";
import type { Transport } from "../../src/edge/ports/index.ts";
import type { RosBus, RosQos } from "../../src/edge/transports/ros/index.ts";
import { layoutOf } from "../../src/edge/transports/dds/definitions.ts";
import {
  AnyDecoder,
  CdrWriter,
  type Field,
  type MessageLayout,
  type RosMessage,
} from "../../src/edge/wire/index.ts";
import { endPeers, peerMissing, startPeer } from "../edge/transports/dds/peer.ts";
import { binding, seenDoor, until, wireContext } from "./ros-door.ts";

/** What a ROS wire has to give to be put through the contract. */
export interface RosWire {
  readonly kind: string;
  /** why it cannot be tried on this machine, or null */
  missing(): string | null;
  transport(domain: number, settings: Record<string, unknown>): Transport;
  bus(domain: number): Promise<{ bus: RosBus; start(): void; close(): Promise<void> }>;
  /** domains differ between suites that run side by side */
  domain(offset: number): number;
  /** types that the wire's own installation may lack */
  readonly skipTypes?: readonly string[];
}

const RELIABLE: RosQos = { reliable: true, transientLocal: false, depth: 32, lifespanMs: null };
const BEST_EFFORT: RosQos = { ...RELIABLE, reliable: false };
const TYPES = [
  "std_msgs/Bool",
  "std_msgs/UInt8",
  "std_msgs/Int32",
  "std_msgs/UInt64",
  "std_msgs/Float32",
  "std_msgs/Float64",
  "std_msgs/String",
  "std_msgs/Float64MultiArray",
  "geometry_msgs/Wrench",
  "geometry_msgs/WrenchStamped",
  "geometry_msgs/Twist",
  "geometry_msgs/TwistStamped",
  "sensor_msgs/Range",
  "sensor_msgs/LaserScan",
  "sensor_msgs/JointState",
  "nav_msgs/Odometry",
  "trajectory_msgs/JointTrajectory",
  "ur_dashboard_msgs/SafetyMode",
];

const MAY_MOVE = { kind: "heartbeat", counter: 1, state: "RUN", mayMove: true, configHash: "" } as const;

/** A message of any type with values that differ from field to field and print exactly. */
function sampleOf(layout: MessageLayout): { bytes: Uint8Array; numbers: number[] } {
  const writer = new CdrWriter().begin();
  const numbers: number[] = [];
  const prng = createPrng(7).split(layout.name);
  let n = 0;
  const scalar = (primitive: string): void => {
    const value = primitive === "bool" ? 1 : (++n % 100) + (primitive.startsWith("f") ? 0.5 : 0);
    if (primitive === "text") return void writer.text(`t${n}`);
    numbers.push(value);
    if (primitive === "bool") writer.bool(true);
    else if (primitive === "u64" || primitive === "i64") writer[primitive](BigInt(value));
    else writer[primitive as "u8" | "i32" | "f64"](value);
  };
  const one = (field: Field): void => {
    if (field.type.kind === "primitive") scalar(field.type.primitive);
    else for (const inner of layout.types.get(field.type.name)!) all(inner);
  };
  const all = (field: Field): void => {
    const { array } = field;
    const count =
      array.kind === "one" ? 1 : array.kind === "fixed" ? array.count : 1 + Math.floor(prng.nextFloat() * 3);
    if (array.kind === "sequence") writer.u32(count);
    for (let i = 0; i < count; i++) one(field);
  };
  for (const field of layout.types.get(layout.name)!) all(field);
  return { bytes: writer.end().slice(), numbers };
}
function decoded(layout: MessageLayout, bytes: Uint8Array): RosMessage {
  const result = new AnyDecoder(layout).decode(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
  if (!result.ok) throw new Error(`${layout.name}: ${result.error}`);
  return result.value;
}
/** The numbers of a line that the peer printed from its C struct. */
const numbersOf = (line: string): number[] =>
  (
    line
      .replaceAll(/"[^"]*"/g, "")
      .replaceAll("true", "1")
      .slice(line.indexOf("{"))
      .match(/-?\d+(\.\d+)?(e[+-]?\d+)?/g) ?? []
  ).map(Number);

/** Everything that a ROS wire promises, whatever carries it. A real peer in C is at the other end. */
export function rosWireContract(wire: RosWire): void {
  const reason = wire.missing() ?? peerMissing();
  const title = `${wire.kind}: contract of a ROS wire${reason === null ? "" : ` (skipped: ${reason})`}`;

  describe.skipIf(reason !== null)(title, () => {
    const open: Transport[] = [];
    const transport = (domain: number, settings: Record<string, unknown> = {}): Transport => {
      const made = wire.transport(domain, settings);
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of open.splice(0)) await made.close();
      await endPeers();
    });
    afterAll(endPeers);

    describe.each([
      ["reliable", RELIABLE],
      ["best", BEST_EFFORT],
    ] as const)("every message type both ways, %s", (quality, qos) => {
      const types = TYPES.filter((type) => !wire.skipTypes?.includes(type));
      const back = new Map<string, Uint8Array>();
      const lines = new Map<string, string>();
      let close = async (): Promise<void> => undefined;
      beforeAll(async () => {
        const domain = wire.domain(quality === "best" ? 1 : 2);
        const peer = startPeer(["echo", quality], { domain });
        await peer.line((line) => line === "ready");
        const { bus, start, close: shut } = await wire.bus(domain);
        close = shut;
        const writers = types.map((type) => {
          const name = type.split("/")[1]!;
          bus.subscribe({ name: `/out/${name}`, type: layoutOf(type).name, qos }, (view, length) =>
            back.set(type, new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + length))),
          );
          return { type, writer: bus.advertise({ name: `/in/${name}`, type: layoutOf(type).name, qos }) };
        });
        start();
        await until("all types are back", () => {
          for (const { type, writer } of writers)
            if (!back.has(type)) writer.write(sampleOf(layoutOf(type)).bytes);
          return back.size === types.length;
        });
        for (const type of types) {
          const head = `${type.split("/")[1]!} `;
          lines.set(type, await peer.line((line) => line.startsWith(head)));
        }
        await peer.end();
      });
      afterAll(() => close());

      it.each(types)("%s", (type) => {
        const layout = layoutOf(type);
        const sent = sampleOf(layout);
        expect(decoded(layout, back.get(type)!)).toEqual(decoded(layout, sent.bytes));
        expect(numbersOf(lines.get(type)!)).toEqual(sent.numbers);
      });
    });

    it("a scan of 80 KB arrives whole, best effort and reliable", async () => {
      for (const quality of ["best", "reliable"]) {
        const seen = seenDoor();
        const domain = wire.domain(quality === "best" ? 3 : 4);
        const made = transport(domain, { qos: { "/scan": { reliable: quality === "reliable" } } });
        const scan = { quantity: "scan", address: "/scan", angleMinRad: 0, angleStepRad: 0.0005 } as const;
        await made.open(wireContext(seen.door, [binding(0, "scan", scan)]));
        const peer = startPeer(["scan", "rt/scan", "20", quality], { domain });
        await peer.line((line) => line === "done");
        await until("the last scan", () => seen.samples.length === 20);
        expect(seen.samples.every((s) => s.values.length === 8_192)).toBe(true);
        expect(seen.samples[3]!.values[5]).toBeCloseTo(1.08, 5);
        expect(seen.faults).toEqual([]);
        await made.close();
      }
    });

    it("A1 the block is on the wire before the call that brought the e-stop returns", async () => {
      const domain = wire.domain(5);
      const seen = seenDoor();
      const made = transport(domain, { out: { "/block": { message: "std_msgs/Bool" } } });
      const sent: boolean[] = [];
      seen.onSample = (sample) => {
        if (sample.values[0] === 0)
          sent.push(made.sender!.send("/block", { kind: "stop", pose: [], code: "ESTOP_PRESSED" }));
      };
      await made.open(
        wireContext(seen.door, [binding(0, "estop", { quantity: "estop", address: "/estop" })]),
      );
      const hear = startPeer(["hear", "rt/block"], { domain });
      await hear.line((line) => line === "ready");
      await until("the block topic is connected", () => {
        made.sender!.send("/block", MAY_MOVE);
        return hear.lines.includes("0");
      });
      startPeer(["bool", "rt/estop", "0", "latched"], { domain });
      await hear.line((line) => line === "1");
      expect(sent).toEqual([true]);
    });

    it("a late joiner learns the e-stop that was pressed before it came", async () => {
      const domain = wire.domain(6);
      const peer = startPeer(["bool", "rt/estop", "0", "latched"], { domain });
      await peer.line((line) => line === "written");
      const seen = seenDoor();
      await transport(domain).open(
        wireContext(seen.door, [binding(0, "estop", { quantity: "estop", address: "estop/" })]),
      );
      await until("the state from before", () => seen.samples.length > 0);
      expect(seen.samples[0]!.values).toEqual([0]);
    });

    it("B15 two publishers on a safety topic are an error, and so is the end of it", async () => {
      const domain = wire.domain(7);
      const seen = seenDoor();
      await transport(domain).open(
        wireContext(seen.door, [binding(0, "estop", { quantity: "estop", address: "/estop" })]),
      );
      const first = startPeer(["bool", "rt/estop", "1", "latched"], { domain });
      const second = startPeer(["bool", "rt/estop", "1", "latched"], { domain });
      const found = (active: boolean): boolean =>
        seen.health.some((h) => h.code === "ROS_DUPLICATE_PUBLISHER" && h.active === active);
      await until("the second publisher is noticed", () => found(true));
      second.process.stdin.end();
      await until("its end is noticed", () => found(false));
      first.process.stdin.end();
      await until("the last one has left", () => seen.faults.some((f) => f.code === "ROS_PUBLISHER_GONE"));
    });

    it("B15 a foreign publisher on an actuator topic is an error; one that is allowed is not", async () => {
      const domain = wire.domain(8);
      const seen = seenDoor();
      const because = "the pendant stops the same drive";
      const made = transport(domain, {
        out: {
          "/block": { message: "std_msgs/Bool" },
          "/shared": { message: "std_msgs/Bool", exclusive: false, because },
        },
      });
      await made.open(wireContext(seen.door, []));
      startPeer(["bool", "rt/shared", "1", "reliable"], { domain });
      startPeer(["bool", "rt/block", "0", "reliable"], { domain });
      await until("the foreign publisher is noticed", () => seen.health.length > 0);
      expect(seen.health.map((h) => [h.code, h.active])).toEqual([["ROS_FOREIGN_PUBLISHER", true]]);
      expect(seen.health[0]!.detail).toContain("/block");
    });

    it("bytes of a wrong layout end neither the process nor the topic", async () => {
      const domain = wire.domain(9);
      const seen = seenDoor();
      await transport(domain).open(
        wireContext(seen.door, [binding(0, "ft", { quantity: "wrench", address: "/ft" })]),
      );
      const damaged = startPeer(["rt/ft", "300", "200"], { domain, program: "damaged" });
      await damaged.line((line) => line === "done");
      await damaged.end();
      expect(seen.samples).toEqual([]);
      if (wire.kind === "dds") await until("the damage is told", () => seen.faults.length >= 300);
      const good = startPeer(["wrench", "rt/ft", "50", "1000", "best"], { domain });
      await good.line((line) => line === "done");
      await until("good samples again", () => seen.samples.length === 50);
      expect(seen.health.filter((h) => h.code === "ROS_CALLBACK_FAILED")).toEqual([]);
    });

    it("a throw while a message is handled is caught, named, and the next message is served", async () => {
      const domain = wire.domain(10);
      const seen = seenDoor();
      seen.onSample = (sample) => {
        if (sample.values[0] === 3) throw new Error("a mistake of ours");
      };
      await transport(domain).open(
        wireContext(seen.door, [binding(0, "ft", { quantity: "wrench", address: "/ft" })]),
      );
      const peer = startPeer(["wrench", "rt/ft", "20", "1000", "reliable"], { domain });
      await peer.line((line) => line === "done");
      await until("all samples", () => seen.samples.length === 20);
      expect(seen.health.filter((h) => h.code === "ROS_CALLBACK_FAILED")).toHaveLength(1);
      expect(seen.health.find((h) => h.code === "ROS_CALLBACK_FAILED")!.detail).toContain(
        "a mistake of ours",
      );
    });

    it("closes cleanly, opens again, refuses to open twice, sends nothing while closed", async () => {
      const domain = wire.domain(11);
      const made = transport(domain, { out: { "/block": { message: "std_msgs/Bool" } } });
      const stop = { kind: "stop", pose: [], code: "X" } as const;
      const peer = startPeer(["wrench", "rt/ft", "100000", "2000", "best"], { domain });
      expect(made.sender!.send("/block", stop)).toBe(false);
      for (let round = 0; round < 3; round++) {
        const seen = seenDoor();
        const context = wireContext(seen.door, [binding(0, "ft", { quantity: "wrench", address: "/ft" })]);
        await made.open(context);
        await expect(made.open(context)).rejects.toThrow();
        await until("samples", () => seen.samples.length > 20);
        expect(made.sender!.send("/block", stop)).toBe(false);
        const hear = startPeer(["hear", "rt/block"], { domain });
        await until("somebody to command", () => made.sender!.send("/block", stop));
        await hear.end();
        await made.close();
        await made.close();
        expect(made.sender!.send("/block", stop)).toBe(false);
        expect(made.health().connected).toBe(false);
        const heard = seen.samples.length;
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(seen.samples.length).toBe(heard);
      }
      await peer.end();
    });

    it("a late joiner never gets a command that was meant for somebody before it", async () => {
      const domain = wire.domain(12);
      const made = transport(domain, {
        out: { "/cmd": { message: "std_msgs/Bool" }, "/mark": { message: "std_msgs/Bool" } },
      });
      await made.open(wireContext(seenDoor().door, []));
      made.sender!.send("/cmd", { kind: "stop", pose: [], code: "X" });
      const hear = startPeer(["hear", "rt/cmd"], { domain });
      await hear.line((line) => line === "ready");
      await until("a later command arrives", () => {
        made.sender!.send("/cmd", MAY_MOVE);
        return hear.lines.includes("0");
      });
      expect(hear.lines).not.toContain("1");
    });

    it("6 × 1 kHz lose nothing", async () => {
      const domain = wire.domain(13);
      const seen = seenDoor();
      const names = ["a", "b", "c", "d", "e", "f"];
      const qos = Object.fromEntries(names.map((n) => [`/ft_${n}`, { reliable: true, depth: 1_000 }]));
      const channels = names.map((n, i) => binding(i, n, { quantity: "wrench", address: `/ft_${n}` }));
      await transport(domain, { qos }).open(wireContext(seen.door, channels));
      const peer = startPeer(
        ["wrench", names.map((n) => `rt/ft_${n}`).join(","), "2000", "1000", "reliable"],
        { domain },
      );
      await peer.line((line) => line === "done");
      await until("all samples", () => seen.samples.length === 6 * 2_000);
      for (let channel = 0; channel < 6; channel++) {
        const counted = seen.samples.filter((s) => s.channel === channel).map((s) => s.values[0]);
        expect(counted).toEqual(Array.from({ length: 2_000 }, (_, i) => i));
      }
      expect(seen.health).toEqual([]);
    });
  });
}
