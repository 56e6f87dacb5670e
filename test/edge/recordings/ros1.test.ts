import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decodeBzip2 } from "../../../src/edge/recordings/bzip2.ts";
import { openBag } from "../../../src/edge/recordings/index.ts";
import { createRosRow, rosReading, type RowDecoder } from "../../../src/edge/wire/index.ts";
import { ROS1_BAGS } from "./ros1-bags.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-ros1-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bytesOf = (packing: keyof typeof ROS1_BAGS): Buffer => Buffer.from(ROS1_BAGS[packing], "base64");
const fileOf = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
async function open(path: string) {
  const opened = await openBag(path);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

describe("recordings: ROS 1 bags", () => {
  it.each(["none", "bz2", "lz4"] as const)(
    "packed %s, it reads as what ROS 2 would have sent",
    async (packing) => {
      const bag = await open(fileOf(`${packing}.bag`, bytesOf(packing)));
      expect(bag.losses().listed).toEqual([]);
      expect([bag.storage, bag.topics.map((t) => [t.name, t.type, t.encoding])]).toEqual([
        "ros1",
        [
          ["/joint_states", "sensor_msgs/msg/JointState", "cdr"],
          ["/range", "sensor_msgs/msg/Range", "cdr"],
        ],
      ]);
      const decoders = [
        rosReading("sensor_msgs/msg/JointState", { quantity: "joints", jointNames: ["a_b", "elbow"] }),
        rosReading("sensor_msgs/msg/Range", { quantity: "range" }),
      ] as RowDecoder[];
      const row = createRosRow(64);
      const seen: number[][][] = [[], []];
      const cursor = bag.read();
      while (cursor.next()) {
        expect(decoders[cursor.channel]!.decode(cursor.view, cursor.offset, cursor.length, row)).toBeNull();
        expect(row.stampMicros).toBe(cursor.micros);
        seen[cursor.channel]!.push(Array.from(row.values.subarray(0, row.count)));
      }
      expect(seen.map((rows) => rows.length)).toEqual([10, 10]);
      expect(seen[0]![3]!.map((v) => Number(v.toFixed(6)))).toEqual([-0.6, 0.3, 2, 1, 0, 0]);
      expect(seen[1]![4]![0]).toBeCloseTo(1.3, 5);
      expect([bag.startMicros, bag.endMicros]).toEqual([1.7e15, 1.7e15 + 1.125e6]);
      bag.close();
    },
  );

  it("cut at any place it keeps what is whole, and says what is lost; nothing throws", async () => {
    const whole = bytesOf("none");
    for (let size = 20; size < whole.length; size += 331) {
      const opened = await openBag(fileOf("cut.bag", whole.subarray(0, size)));
      if (!opened.ok) expect(opened.error).toMatch(/holds no connection|ROS 1/);
      else {
        expect(opened.value.losses().count).toBeGreaterThan(0);
        opened.value.close();
      }
    }
  });
  it("damaged bytes never throw, and no packing unpacks to more than it claims", async () => {
    for (const packing of ["bz2", "lz4"] as const) {
      const whole = bytesOf(packing);
      for (let at = 13; at < whole.length; at += 97) {
        const bytes = Uint8Array.from(whole);
        bytes[at]! ^= 0xff;
        const opened = await openBag(fileOf("damaged.bag", bytes));
        if (opened.ok) opened.value.close();
      }
    }
    const at = bytesOf("bz2").indexOf("BZh9");
    const packed = bytesOf("bz2").subarray(at);
    const short = decodeBzip2(packed, 100);
    expect(!short.ok && short.error).toContain("more than 100 bytes");
  });
  it("an older format is named with the way to convert it", async () => {
    const opened = await openBag(fileOf("old.bag", new TextEncoder().encode("#ROSBAG V1.2\nwhatever")));
    expect(!opened.ok && opened.error).toContain("rosbag fix");
  });
});
