import fc from "fast-check";
import { parse } from "@foxglove/rosmsg";
import { MessageReader, MessageWriter } from "@foxglove/rosmsg2-serialization";
import { describe, expect, test } from "vitest";
import {
  AnyDecoder,
  CdrWriter,
  clockMicrosOf,
  createRosRow,
  KNOWN_TYPES,
  numberAt,
  parseDefinition,
  quantitiesOfType,
  RosEncoder,
  rosDefinition,
  rosReading,
  rosTypeName,
  ddsTypeName,
  trajectoryArgsOf,
  typesOfQuantity,
  wireFaultText,
  type ReadingSettings,
} from "../../../src/edge/wire/index.ts";

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const foreignWriter = (type: string): MessageWriter =>
  new MessageWriter(parse(rosDefinition(type)!, { ros2: true }));
const foreignReader = (type: string): MessageReader =>
  new MessageReader(parse(rosDefinition(type)!, { ros2: true }));
const header = { stamp: { sec: 1_700_000_000, nanosec: 123_456_789 }, frame_id: "tool0" };
const STAMP = 1_700_000_000_123_456;

function read(
  type: string,
  settings: ReadingSettings,
  bytes: Uint8Array,
): { fault: string | null; values: number[]; stamp: number } {
  const decoder = rosReading(type, settings)!;
  const row = createRosRow(64);
  // a payload in the middle of a larger buffer at an odd place, as in a chunk of a bag
  const padded = new Uint8Array(bytes.length + 20);
  padded.set(bytes, 7);
  const fault = decoder.decode(viewOf(padded), 7, bytes.length, row);
  return { fault, values: [...row.values.subarray(0, row.count)], stamp: row.stampMicros };
}

describe("readings against bytes that another implementation wrote", () => {
  test("wrench, for every length of frame id", () => {
    for (let n = 0; n < 20; n++) {
      const frame = "x".repeat(n);
      const bytes = foreignWriter("geometry_msgs/WrenchStamped").writeMessage({
        header: { ...header, frame_id: frame },
        wrench: { force: { x: 1.5, y: -2, z: 3 }, torque: { x: 4, y: 5, z: -6.25 } },
      });
      const result = read("geometry_msgs/msg/WrenchStamped", { quantity: "wrench" }, bytes);
      expect(result).toEqual({ fault: null, values: [1.5, -2, 3, 4, 5, -6.25], stamp: STAMP });
    }
  });
  test("twist, range, scan", () => {
    const twist = foreignWriter("geometry_msgs/TwistStamped").writeMessage({
      header,
      twist: { linear: { x: 1, y: 2, z: 3 }, angular: { x: 4, y: 5, z: 6 } },
    });
    expect(read("geometry_msgs/TwistStamped", { quantity: "twist" }, twist).values).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    const range = (value: number) =>
      foreignWriter("sensor_msgs/Range").writeMessage({
        header,
        radiation_type: 1,
        field_of_view: 0.5,
        min_range: 0.25,
        max_range: 4,
        range: value,
      });
    expect(read("sensor_msgs/Range", { quantity: "range" }, range(1.5)).values).toEqual([1.5]);
    expect(read("sensor_msgs/Range", { quantity: "range" }, range(Infinity)).values).toEqual([4]);
    expect(read("sensor_msgs/Range", { quantity: "range" }, range(-Infinity)).values).toEqual([0]);
    expect(read("sensor_msgs/Range", { quantity: "range" }, range(NaN)).values).toEqual([NaN]);
    const scan = foreignWriter("sensor_msgs/LaserScan").writeMessage({
      header,
      angle_min: -1,
      angle_max: 1,
      angle_increment: 0.5,
      time_increment: 0,
      scan_time: 0.1,
      range_min: 0.1,
      range_max: 8,
      ranges: [1, Infinity, -Infinity, NaN, 9],
      intensities: [1, 2, 3, 4, 5],
    });
    const fan = { quantity: "scan", angleMinRad: -1, angleStepRad: 0.5 } as const;
    expect(read("sensor_msgs/LaserScan", fan, scan).values).toEqual([1, 8, 0, NaN, 8]);
    expect(read("sensor_msgs/LaserScan", { ...fan, angleMinRad: -1.1 }, scan).fault).toBe("geometry");
    expect(read("sensor_msgs/LaserScan", { ...fan, angleStepRad: 0.49 }, scan).fault).toBe("geometry");
  });
  test("joints come out in the robot's order, whatever order the driver uses", () => {
    const write = (name: string[], position: number[], velocity: number[], effort: number[]) =>
      foreignWriter("sensor_msgs/JointState").writeMessage({ header, name, position, velocity, effort });
    const settings = { quantity: "joints", jointNames: ["a", "b"] } as const;
    const swapped = write(["b", "grip", "a"], [2, 9, 1], [20, 90, 10], [200, 900, 100]);
    expect(read("sensor_msgs/JointState", settings, swapped).values).toEqual([1, 2, 10, 20, 100, 200]);
    expect(read("sensor_msgs/JointState", settings, write(["a", "b"], [1, 2], [3, 4], [])).values).toEqual([
      1, 2, 3, 4, 0, 0,
    ]);
    expect(read("sensor_msgs/JointState", settings, write(["a", "b"], [1, 2], [], [])).fault).toBe("joints");
    expect(read("sensor_msgs/JointState", settings, write(["a", "c"], [1, 2], [3, 4], [])).fault).toBe(
      "joints",
    );
    expect(
      read("sensor_msgs/JointState", settings, write(["a", "b", "a"], [1, 2, 3], [3, 4, 5], [])).fault,
    ).toBe("joints");
    expect(
      read("sensor_msgs/JointState", { quantity: "currents", jointNames: ["b", "a"] }, swapped).values,
    ).toEqual([200, 100]);
  });
  test("positions alone give velocities from their stamps; the first one, a long pause and another order give none", () => {
    const decoder = rosReading("sensor_msgs/JointState", { quantity: "joints", jointNames: ["a", "b"] })!;
    const row = createRosRow(6);
    const said = (ms: number, name: string[], position: number[]): number[] | string => {
      const stamp = { sec: 1_000, nanosec: ms * 1e6 };
      const bytes = foreignWriter("sensor_msgs/JointState").writeMessage({
        header: { ...header, stamp },
        name,
        position,
        velocity: [],
        effort: [],
      });
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const fault = decoder.decode(view, 0, bytes.length, row);
      return fault ?? Array.from(row.values.subarray(0, row.count), (v) => Number(v.toFixed(6)));
    };
    expect(said(0, ["a", "b"], [1, 2])).toBe("joints");
    expect(said(100, ["a", "b"], [1.1, 1.9])).toEqual([1.1, 1.9, 1, -1, 0, 0]);
    expect(said(100, ["a", "b"], [1.1, 1.9])).toBe("joints");
    expect(said(200, ["b", "a"], [1.9, 1.1])).toBe("joints");
    expect(said(300, ["b", "a"], [1.8, 1.1])).toEqual([1.1, 1.8, 0, -1, 0, 0]);
    expect(said(900, ["b", "a"], [1.8, 1.1])).toBe("joints");
  });
  test("a decoder follows when the order of joints changes between messages", () => {
    const decoder = rosReading("sensor_msgs/JointState", { quantity: "joints", jointNames: ["a", "b"] })!;
    const row = createRosRow(6);
    const write = (name: string[], position: number[]) =>
      foreignWriter("sensor_msgs/JointState").writeMessage({
        header,
        name,
        position,
        velocity: [0, 0],
        effort: [],
      });
    for (const [names, position] of [
      [
        ["a", "b"],
        [1, 2],
      ],
      [
        ["b", "a"],
        [2, 1],
      ],
      [
        ["a", "b"],
        [1, 2],
      ],
    ] as const) {
      const bytes = write([...names], [...position]);
      expect(decoder.decode(viewOf(bytes), 0, bytes.length, row)).toBeNull();
      expect([...row.values.subarray(0, 2)]).toEqual([1, 2]);
    }
  });
  test("numbers of every width, both byte orders", () => {
    for (const little of [true, false]) {
      const w = new CdrWriter();
      const cases: [string, Uint8Array, number][] = [
        ["std_msgs/Bool", w.begin(little).bool(true).end().slice(), 1],
        ["std_msgs/UInt8", w.begin(little).u8(200).end().slice(), 200],
        ["std_msgs/Int8", w.begin(little).i8(-100).end().slice(), -100],
        ["std_msgs/Int16", w.begin(little).i16(-1_000).end().slice(), -1_000],
        ["std_msgs/UInt16", w.begin(little).u16(50_000).end().slice(), 50_000],
        ["std_msgs/Int32", w.begin(little).i32(-5).end().slice(), -5],
        ["std_msgs/UInt32", w.begin(little).u32(4_000_000_000).end().slice(), 4_000_000_000],
        [
          "std_msgs/Int64",
          w
            .begin(little)
            .i64(-(2n ** 40n) - 3n)
            .end()
            .slice(),
          -(2 ** 40) - 3,
        ],
        [
          "std_msgs/UInt64",
          w
            .begin(little)
            .u64(2n ** 52n + 1n)
            .end()
            .slice(),
          2 ** 52 + 1,
        ],
        ["std_msgs/Float32", w.begin(little).f32(0.5).end().slice(), 0.5],
        ["std_msgs/Float64", w.begin(little).f64(Math.PI).end().slice(), Math.PI],
      ];
      for (const [type, bytes, value] of cases)
        expect(read(type, { quantity: "scalar" }, bytes), type).toEqual({
          fault: null,
          values: [value],
          stamp: -1,
        });
    }
  });
  test("a source that says 1 for pressed is turned round on request", () => {
    const pressed = new RosEncoder().bool(true);
    expect(read("std_msgs/Bool", { quantity: "estop", inverted: true }, pressed).values).toEqual([0]);
    expect(read("std_msgs/Bool", { quantity: "estop" }, pressed).values).toEqual([1]);
  });
  test("a boolean that is neither 0 nor 1 is refused", () => {
    expect(read("std_msgs/Bool", { quantity: "estop" }, new CdrWriter().begin().u8(2).end()).fault).toBe(
      "value",
    );
  });
  test("arrays behind a layout, and odometry", () => {
    const w = new CdrWriter().begin().u32(1).text("joint").u32(3).u32(3).u32(0).f64s([1, 2, 3]);
    expect(read("std_msgs/Float64MultiArray", { quantity: "hidden" }, w.end()).values).toEqual([1, 2, 3]);
    const o = new CdrWriter().begin().i32(5).u32(0).text("odom").text("base");
    for (let i = 0; i < 43; i++) o.f64(99);
    for (let i = 0; i < 42; i++) o.f64(i);
    expect(read("nav_msgs/Odometry", { quantity: "twist" }, o.end()).values).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe("what the node writes, read by another implementation", () => {
  const out = new RosEncoder();
  test("every published type", () => {
    const stamp = { sec: 1_700_000_000, nanosec: 123_456_000 };
    const cases: [string, Uint8Array, unknown][] = [
      ["std_msgs/Bool", out.bool(true).slice(), { data: true }],
      ["std_msgs/Float64", out.float64(2.5).slice(), { data: 2.5 }],
      ["std_msgs/String", out.string("Grüße").slice(), { data: "Grüße" }],
      ["rosgraph_msgs/Clock", out.clock(STAMP).slice(), { clock: stamp }],
      [
        "geometry_msgs/WrenchStamped",
        out.wrenchStamped(STAMP, "t", [1, 2, 3, 4, 5, 6]).slice(),
        {
          header: { stamp, frame_id: "t" },
          wrench: { force: { x: 1, y: 2, z: 3 }, torque: { x: 4, y: 5, z: 6 } },
        },
      ],
      [
        "sensor_msgs/Range",
        out.range(STAMP, "u", 0.25, 4, 1.5).slice(),
        {
          header: { stamp, frame_id: "u" },
          radiation_type: 0,
          field_of_view: Math.fround(0.1),
          min_range: 0.25,
          max_range: 4,
          range: 1.5,
        },
      ],
      [
        "sensor_msgs/JointState",
        out.jointState(STAMP, "", ["a", "b"], [1, 2, 3, 4, 5, 6]).slice(),
        {
          header: { stamp, frame_id: "" },
          name: ["a", "b"],
          position: new Float64Array([1, 2]),
          velocity: new Float64Array([3, 4]),
          effort: new Float64Array([5, 6]),
        },
      ],
      [
        "diagnostic_msgs/DiagnosticArray",
        out
          .diagnosticArray(STAMP, [
            { level: 2, name: "n", message: "m", hardwareId: "h", values: { k: "v" } },
          ])
          .slice(),
        {
          header: { stamp, frame_id: "" },
          status: [
            { level: 2, name: "n", message: "m", hardware_id: "h", values: [{ key: "k", value: "v" }] },
          ],
        },
      ],
    ];
    for (const [type, bytes, expected] of cases)
      expect(foreignReader(type).readMessage(bytes), type).toEqual(expected);
  });
  test("laser scan and trajectory come back through our own readers", () => {
    const shape = { angleMinRad: -1, angleStepRad: 0.5, rangeMinM: 0.1, rangeMaxM: 8, periodS: 0.1 };
    const scan = out.laserScan(STAMP, "l", shape, [1, 2, 3]);
    expect(
      read("sensor_msgs/LaserScan", { quantity: "scan", angleMinRad: -1, angleStepRad: 0.5 }, scan),
    ).toEqual({ fault: null, values: [1, 2, 3], stamp: STAMP });
    const bytes = out.jointTrajectory(
      STAMP,
      ["a", "b"],
      [
        { positions: [1, 2], velocities: [0, 0], timeFromStartMs: 0 },
        { positions: [3, 4], timeFromStartMs: 1_500.25 },
      ],
    );
    expect(trajectoryArgsOf(viewOf(bytes), 0, bytes.length)).toEqual({
      ok: true,
      value: {
        joint_names: ["a", "b"],
        points: [
          { positions_rad: [1, 2], velocities_rad_s: [0, 0], time_from_start_ms: 0 },
          { positions_rad: [3, 4], time_from_start_ms: 1_500.25 },
        ],
      },
    });
  });
  test("the clock of a simulation", () => {
    const bytes = out.clock(12_345_678).slice();
    expect(clockMicrosOf(viewOf(bytes), 0, bytes.length)).toBe(12_345_678);
    expect(clockMicrosOf(viewOf(bytes), 0, bytes.length - 1)).toBe(-1);
  });
});

describe("types", () => {
  test("every spelling of a type name is one type", () => {
    for (const name of [
      "std_msgs/Bool",
      "std_msgs/msg/Bool",
      "std_msgs::msg::dds_::Bool_",
      "std_msgs::msg::Bool",
    ]) {
      expect(rosTypeName(name)).toBe("std_msgs/msg/Bool");
      expect(ddsTypeName(name)).toBe("std_msgs::msg::dds_::Bool_");
    }
  });
  test("a type is never read as a quantity that it cannot carry", () => {
    expect(rosReading("std_msgs/Bool", { quantity: "wrench" })).toBeNull();
    expect(rosReading("std_msgs/String", { quantity: "scalar" })).toBeNull();
    expect(quantitiesOfType("geometry_msgs/WrenchStamped")).toEqual(["wrench"]);
    expect(typesOfQuantity("joints")).toEqual(["sensor_msgs/msg/JointState"]);
  });
  test("our own definitions parse to layouts, here and elsewhere, with the same fields", () => {
    for (const type of KNOWN_TYPES) {
      const layout = parseDefinition(type, "ros2msg", rosDefinition(type)!);
      expect(layout.ok, type).toBe(true);
      const foreign = parse(rosDefinition(type)!, { ros2: true })[0]!;
      const own = layout.ok ? layout.value.types.get(type)! : [];
      expect(own.map((f) => f.name)).toEqual(
        foreign.definitions.filter((d) => d.isConstant !== true).map((d) => d.name),
      );
    }
  });
  test("any message is decoded through its definition", () => {
    const text = rosDefinition("diagnostic_msgs/DiagnosticArray")!;
    const layout = parseDefinition("diagnostic_msgs/DiagnosticArray", "ros2msg", text);
    if (!layout.ok) throw new Error(layout.error);
    const bytes = new RosEncoder().diagnosticArray(STAMP, [
      { level: 1, name: "n", message: "m", hardwareId: "h", values: { a: "b" } },
    ]);
    const decoded = new AnyDecoder(layout.value).decode(viewOf(bytes), 0, bytes.length);
    expect(decoded).toEqual({
      ok: true,
      value: foreignReader("diagnostic_msgs/DiagnosticArray").readMessage(bytes),
    });
    if (decoded.ok) expect(numberAt(decoded.value, "status[0].level")).toBe(1);
    if (decoded.ok) expect(numberAt(decoded.value, "status[0].constructor")).toBeNaN();
  });
  test("every fault has words", () => {
    expect(wireFaultText("short")).toMatch(/ends early/);
  });
});

describe("what is read at fixed offsets is what a reader from step to step reads", () => {
  const names = (n: number) => Array.from({ length: n }, (_, i) => `j${"o".repeat(i)}`);
  test("joint states and ranges with any frame id, any padding, cut anywhere", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.string({ maxLength: 9 }),
        fc.integer({ min: 0, max: 9 }),
        fc.nat(400),
        fc.array(fc.double({ noNaN: true }), { minLength: 21, maxLength: 21 }),
        (count, frame, padding, cut, numbers) => {
          const encode = new RosEncoder();
          const row = Float64Array.from(numbers.slice(0, 3 * count));
          for (const [type, quantity, bytes, expected] of [
            [
              "sensor_msgs/msg/JointState",
              "joints",
              encode.jointState(5_000_000, frame, names(count), row).slice(),
              row,
            ],
            ["sensor_msgs/msg/Range", "range", encode.range(5_000_000, frame, 0, 4, 1.5).slice(), [1.5]],
          ] as const) {
            const decoder = rosReading(type, { quantity })!;
            const into = createRosRow(64);
            const padded = new Uint8Array(bytes.length + padding);
            padded.set(bytes);
            // the second time the names are known and the quick way is taken
            for (let round = 0; round < 3; round++) {
              const fault = decoder.decode(new DataView(padded.buffer), 0, padded.length, into);
              expect(fault).toBe(padding > 7 ? "trailing" : null);
              if (fault !== null) continue;
              expect(into.stampMicros).toBe(5_000_000);
              expect(Array.from(into.values.subarray(0, into.count))).toEqual(Array.from(expected));
            }
            const short = Math.min(cut, bytes.length - 8);
            const exact = new DataView(bytes.slice(0, short).buffer);
            expect(decoder.decode(exact, 0, short, into)).not.toBeNull();
          }
        },
      ),
      { numRuns: 400, seed: 3 },
    );
  });
});
