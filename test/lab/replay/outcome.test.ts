import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PLAIN_REPLAY, replayOne, type ReplayResult, reportOfReplay } from "../../../src/lab/replay/index.ts";
import { McapWriter, openSyncSink } from "../../../src/edge/recordings/index.ts";
import { RosEncoder, rosDefinition } from "../../../src/edge/wire/index.ts";
import { runCommand } from "../../cli/run-command.ts";
import { filesBelow, hasShared } from "../../shared-data.ts";
import { bagDeployment, recordSimBag } from "./sim-bag.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-outcome-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const DEPLOYMENT_FILE = join(import.meta.dirname, "../../../launch/demo-cell.yaml");

async function replayed(bag: string, change?: (text: string) => string): Promise<ReplayResult> {
  const deployment = { text: JSON.stringify(bagDeployment(change).deployment), file: DEPLOYMENT_FILE };
  const result = await replayOne({ bag, deployment, ...PLAIN_REPLAY, version: "0.1.0" }, () => {});
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
const badge = (result: ReplayResult) => reportOfReplay(result).verdict;

beforeAll(async () => {
  await recordSimBag({ path: path("walk.mcap"), scenario: "walk-in", seconds: 14 });
  await recordSimBag({ path: path("idle.mcap"), scenario: "idle", seconds: 6 });
  await recordDrive(path("drive.mcap"));
}, 300_000);

/** A mobile base that nobody of this project's cells knows: a twist that passes 1.0 m/s for half a second. */
async function recordDrive(file: string): Promise<void> {
  const writer = new McapWriter(openSyncSink(file), { profile: "ros2", compression: "", chunkBytes: 65_536 });
  const encode = new RosEncoder();
  const type = "geometry_msgs/msg/TwistStamped";
  const channel = writer.addChannel(
    "/odom_twist",
    writer.addSchema(type, "ros2msg", rosDefinition(type)!),
    "cdr",
  );
  for (let i = 0; i < 300; i++) {
    const t = 1_767_225_600_000_000 + i * 20_000;
    const speed = i >= 200 && i < 225 ? 1.2 : 0.4;
    writer.addMessage(channel, i, t, t, encode.twistStamped(t, "odom", [speed, 0, 0, 0, 0, 0]));
  }
  await writer.end();
}

describe("a replay says whether it judged anything", () => {
  test("H44 guarded: the share of decided time stands first", async () => {
    const result = await replayed(path("walk.mcap"));
    expect(result.outcome.kind).toBe("guarded");
    expect(result.outcome.decidedShare).toBeGreaterThan(0.9);
    expect(badge(result)?.text).toMatch(/^guarded, 1 block/);
    expect(reportOfReplay(result).cards[0]!.title).toBe("of the time the node could decide");
  });

  test("H44 nothing to stop is said only of what could be decided", async () => {
    const result = await replayed(path("idle.mcap"));
    expect(result.outcome).toMatchObject({ kind: "nothing_to_stop" });
    expect(result.blocks).toEqual([]);
    expect(badge(result)).toMatchObject({ text: "nothing to stop", tone: "good" });
  });

  test("H44 a cell that is stopped from its first reading to its last could not start, and says by what", async () => {
    const always = (text: string): string =>
      text.replace(/action: stop, withinM: [\d.]+/, "action: stop, withinM: 50");
    const result = await replayed(path("idle.mcap"), always);
    expect(result.outcome.kind).toBe("could_not_start");
    expect(result.outcome.decidedShare).toBe(0);
    expect(result.outcome.why.join()).toMatch(/zone/i);
    expect(result.states.every((s) => s.blocked)).toBe(true);
    expect(badge(result)).toMatchObject({ text: "could not start", tone: "bad" });
  });

  test("H44 a recording without the cell's channels is not judged, and each missing channel is named", async () => {
    const result = await replayed(path("drive.mcap"));
    expect(result.outcome).toMatchObject({ kind: "not_judged", decidedShare: 0 });
    expect(result.outcome.why.join()).toContain("base_scan is required and was never heard");
    expect(badge(result)).toMatchObject({ text: "not judged", tone: "bad" });
  });

  test("--fail-on fails on what was not judged, whatever else it asks for", async () => {
    const args = ["replay", path("drive.mcap"), "--deployment", DEPLOYMENT_FILE];
    const asked = await runCommand([...args, "--fail-on", "block,kpi,yellow,damage"]);
    expect(asked.code).toBe(1);
    expect(asked.out).toContain("not judged");
    expect((await runCommand(args)).code).toBe(0);
  });

  test.skipIf(!hasShared("rosbag2_resources"))(
    "recordings of others that have none of the cell's channels never look clean (skipped without ../shared/data)",
    async () => {
      const bags = filesBelow("rosbag2_resources", "cdr_test_0.mcap", "talker.db3", "talker.mcap");
      expect(bags.length).toBeGreaterThan(2);
      for (const bag of bags) expect((await replayed(bag)).outcome.kind).toBe("not_judged");
    },
  );
});

describe("hazards are what the rules say", () => {
  test("a polygon zone: its stops are no needless ones", async () => {
    const polygon = (text: string): string =>
      text.replace(
        /action: stop, withinM: [\d.]+/,
        "action: stop, polygonM: [[0.0, -0.9], [0.9, -0.9], [0.9, 0.9], [0.0, 0.9]]",
      );
    const result = await replayed(path("walk.mcap"), polygon);
    expect(result.blocks.map((b) => b.code)).toContain("ZONE_STOP");
    expect(result.hazards.length).toBeGreaterThan(0);
    const kpi = Object.fromEntries(result.kpis.map((k) => [k.key, k]));
    expect(kpi["time_to_stop_s"]!.value).toBe(0);
    expect(kpi["false_stop_ratio"]!.passed).toBe(true);
    const margin = result.margins.find((m) => m.code === "ZONE_STOP")!;
    expect(margin.leastLeft).toBeLessThan(0);
    expect(margin.unit).toBe("m");
  });

  test("a twist is compared with the speed limit in m/s, never with a joint's", async () => {
    const base = (text: string): string =>
      text.replace(
        /^channels:\n/m,
        "channels:\n  odom: { transport: sim, address: /odom_twist, quantity: twist, maxAgeMs: 100, minRateHz: 20 }\n",
      );
    const result = await replayed(path("drive.mcap"), (text) =>
      base(text).replace(/maxToolSpeedMPerS: [\d.]+/, "maxToolSpeedMPerS: 1.0"),
    );
    const speed = result.margins.find((m) => m.channel === "odom")!;
    expect(speed).toMatchObject({ code: "TOOL_SPEED", unit: "m/s", limit: 1 });
    expect(speed.leastLeft).toBeCloseTo(-0.2, 9);
    expect(result.signals.find((s) => s.channel === "odom")!.limit).toBe(1);
    expect(result.hazards).toHaveLength(1);
  });
});
