import { parse } from "@foxglove/rosmsg";
import { MessageReader, MessageWriter } from "@foxglove/rosmsg2-serialization";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openBag } from "../../../src/edge/recordings/index.ts";
import {
  AnyDecoder,
  clockMicrosOf,
  createRosRow,
  KNOWN_TYPES,
  parseDefinition,
  quantitiesOfType,
  rosDefinition,
  rosReading,
  trajectoryArgsOf,
  typesOfQuantity,
} from "../../../src/edge/wire/index.ts";
import { QUANTITIES, type Quantity } from "../../../src/core/domain/index.ts";
import { filesBelow, unlessShared } from "../../shared-data.ts";
import { count } from "../../count.ts";

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
/** a header that says CDR, then anything: random bytes alone would all fail at the first four */
const payload = fc
  .tuple(fc.constantFrom(0, 1), fc.uint8Array({ maxLength: 300 }))
  .map(([kind, rest]) => Uint8Array.of(0, kind, 0, 0, ...rest));
const decoders = (Object.keys(QUANTITIES) as Quantity[]).flatMap((quantity) =>
  typesOfQuantity(quantity).map(
    (type) => rosReading(type, { quantity, jointNames: ["a", "b"], angleMinRad: -1, angleStepRad: 0.01 })!,
  ),
);

describe("hostile payloads", () => {
  test("every row decoder, thousands of inputs each: a fault or numbers within the row", () => {
    const row = createRosRow(64);
    for (const decoder of decoders)
      fc.assert(
        fc.property(payload, (bytes) => {
          const fault = decoder.decode(viewOf(bytes), 0, bytes.length, row);
          return fault !== null || (row.count >= 0 && row.count <= 64 && Number.isFinite(row.stampMicros));
        }),
        { numRuns: count(500, 5_000), seed: 21 },
      );
  });
  test("trajectories and clocks, thousands of inputs", () => {
    fc.assert(
      fc.property(payload, (bytes) => {
        const args = trajectoryArgsOf(viewOf(bytes), 0, bytes.length);
        clockMicrosOf(viewOf(bytes), 0, bytes.length);
        return !args.ok || args.value.joint_names.length <= 16;
      }),
      { numRuns: count(10_000, 100_000), seed: 22 },
    );
  });
  test("a length of four billion allocates nothing", () => {
    const before = process.memoryUsage().arrayBuffers;
    const row = createRosRow(64);
    for (const decoder of decoders)
      for (let at = 4; at < 80; at++) {
        const bytes = new Uint8Array(120);
        bytes[1] = 1;
        bytes.fill(255, at, at + 4);
        decoder.decode(viewOf(bytes), 0, bytes.length, row);
      }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1_048_576);
  });
  test("every cut of a good message is a fault", () => {
    for (const type of KNOWN_TYPES) {
      const quantity = quantitiesOfType(type)[0];
      if (quantity === undefined) continue;
      const header = { stamp: { sec: 5, nanosec: 6 }, frame_id: "frame" };
      const bytes = new MessageWriter(parse(rosDefinition(type)!, { ros2: true })).writeMessage({
        header,
        name: ["a", "b"],
        position: [1, 2],
        velocity: [3, 4],
        effort: [5, 6],
        ranges: [1, 2, 3],
      });
      const decoder = rosReading(type, { quantity, jointNames: ["a", "b"] })!;
      const row = createRosRow(64);
      expect(decoder.decode(viewOf(bytes), 0, bytes.length, row), type).toBeNull();
      for (let length = 0; length < bytes.length; length++)
        expect(decoder.decode(viewOf(bytes), 0, length, row), `${type} cut at ${length}`).not.toBeNull();
      const longer = new Uint8Array(bytes.length + 64);
      longer.set(bytes);
      expect(decoder.decode(viewOf(longer), 0, longer.length, row), `${type} with a tail`).not.toBeNull();
    }
  });
});

describe("definitions", () => {
  test("any text, thousands of inputs: a layout or words", () => {
    const word = fc.constantFrom(
      "int32",
      "float64[]",
      "string<=5",
      "uint8[<=3]",
      "x",
      "=",
      "1",
      "#c",
      "\n",
      "MSG: a/B",
      "=====",
      "Header",
      "geometry_msgs/Point",
      "module",
      "struct",
      "{",
      "}",
      ";",
      "sequence",
      "<",
      ">",
      "typedef",
      "@key",
      "(",
      ")",
      '"q"',
      "::",
      "a/B",
      "-",
      "\\",
    );
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 30 }),
        fc.constantFrom("ros2msg", "ros2idl"),
        (words, encoding) => {
          const layout = parseDefinition("a/B", encoding, words.join(" "));
          return layout.ok || layout.error.length > 0;
        },
      ),
      { numRuns: count(10_000, 100_000), seed: 23 },
    );
  });
  test("a type that contains itself is refused", () => {
    expect(parseDefinition("a/B", "ros2msg", "a/B x")).toMatchObject({
      ok: false,
      error: expect.stringMatching(/circle/),
    });
    const deep = Array.from(
      { length: 60 },
      (_, i) => `${i === 0 ? "" : `=====\nMSG: a/T${i}\n`}T${i + 1} x`,
    ).join("\n");
    expect(parseDefinition("a/T0", "ros2msg", `${deep}\n=====\nMSG: a/T60\nint32 x`)).toMatchObject({
      ok: false,
    });
  });
  test("constants, defaults, bounds, comments, nested names", () => {
    const text =
      'int32 X=5 # five\nstring NAME="a # b"\nint32 y 7\nstring s "de # f"\nuint8[<=3] bounded\nfloat32[2] pair\nstring<=10 short\nPoint p\n# end\n=====\nMSG: a/Point\nfloat64 x\n';
    const layout = parseDefinition("a/B", "ros2msg", text);
    expect(layout.ok && layout.value.types.get("a/msg/B")!.map((f) => f.name)).toEqual([
      "y",
      "s",
      "bounded",
      "pair",
      "short",
      "p",
    ]);
  });
  test("IDL as rosbag2 stores it: modules, typedefs, enums, constants, sequences", () => {
    const text = `================================================================================
IDL: a/msg/B
// a comment
#include "a/msg/P.idl"
module a { module msg {
  module B_Constants { const int32 N = 3; };
  typedef double double__3[3];
  enum Kind { ONE, TWO };
  @verbatim (language="comment", text="x (y)")
  struct P { float x; };
  struct B { double__3 axes; sequence<a::msg::P> points; sequence<octet, 4> raw; string<8> name; Kind kind; unsigned long long big; @default (value=1) long z; };
}; };
`;
    const layout = parseDefinition("a/msg/B", "ros2idl", text);
    if (!layout.ok) throw new Error(layout.error);
    expect(layout.value.types.get("a/msg/B")).toMatchObject([
      { name: "axes", type: { primitive: "f64" }, array: { kind: "fixed", count: 3 } },
      { name: "points", type: { name: "a/msg/P" }, array: { kind: "sequence" } },
      { name: "raw", type: { primitive: "u8" }, array: { kind: "sequence", max: 4 } },
      { name: "name", type: { primitive: "text" } },
      { name: "kind", type: { primitive: "u32" } },
      { name: "big", type: { primitive: "u64" } },
      { name: "z", type: { primitive: "i32" } },
    ]);
  });
});

const noBags = unlessShared("rosbag2_resources");
describe.skipIf(noBags !== "")(`messages of real recordings${noBags}`, () => {
  test("every message with a definition decodes to what another implementation reads", async () => {
    let compared = 0;
    for (const path of filesBelow("rosbag2_resources", ".mcap", ".db3")) {
      const opened = await openBag(path);
      if (!opened.ok) throw new Error(opened.error);
      const bag = opened.value;
      const readers = bag.topics.map(({ type, schemaEncoding, schema }) => {
        const text = new TextDecoder().decode(schema);
        const layout = parseDefinition(type, schemaEncoding, text);
        return layout.ok && schemaEncoding === "ros2msg"
          ? { ours: new AnyDecoder(layout.value), theirs: new MessageReader(parse(text, { ros2: true })) }
          : null;
      });
      const cursor = bag.read();
      while (cursor.next()) {
        const reader = readers[cursor.channel];
        if (reader === null || reader === undefined) continue;
        const ours = reader.ours.decode(cursor.view, cursor.offset, cursor.length);
        const theirs = reader.theirs.readMessage(
          cursor.bytes.slice(cursor.offset, cursor.offset + cursor.length),
        );
        if (!ours.ok) {
          // one of the recordings has a definition that is shorter than its messages
          expect([ours.error, reader.theirs.lastReadHadTrailingBytes()]).toEqual(["trailing", true]);
          continue;
        }
        expect(plain(ours.value)).toEqual(plain(theirs));
        compared++;
      }
      bag.close();
    }
    expect(compared).toBeGreaterThan(100);
  });
});
/** Lists are typed arrays of different kinds in the two readers. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value) || Array.isArray(value))
    return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
}
