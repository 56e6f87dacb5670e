import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync as zstd } from "node:zlib";
import { McapIndexedReader } from "@mcap/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  diffReplays,
  PLAIN_REPLAY,
  replayOne,
  type ReplayResult,
  type ReplayTask,
  runJobs,
} from "../../../src/lab/replay/index.ts";
import { McapWriter, openSyncSink } from "../../../src/edge/recordings/index.ts";
import { RosEncoder, rosDefinition } from "../../../src/edge/wire/index.ts";
import { bagDeployment, recordSimBag } from "./sim-bag.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-replay-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const DEPLOYMENT_FILE = join(import.meta.dirname, "../../../launch/demo-cell.yaml");

function task(bag: string, change: Partial<ReplayTask> = {}, text?: (text: string) => string): ReplayTask {
  const deploymentText = JSON.stringify(bagDeployment(text).deployment);
  return {
    bag,
    deployment: { text: deploymentText, file: DEPLOYMENT_FILE },
    ...PLAIN_REPLAY,
    version: "0.1.0",
    ...change,
  };
}
async function replayed(...args: Parameters<typeof task>): Promise<ReplayResult> {
  const result = await replayOne(task(...args), () => {});
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
/** everything but the wall time that it took */
const timeless = ({ tookMs: _tookMs, ...rest }: ReplayResult) => rest;

beforeAll(async () => {
  await recordSimBag({ path: path("walk.mcap"), scenario: "walk-in", seconds: 14 });
  await recordSimBag({ path: path("hit.mcap"), scenario: "collide", seconds: 8 });
});

describe("H44 a foreign recording through the live code", () => {
  test("a person walks in: one block at the moment of the first exceedance, held, and resumed", async () => {
    const result = await replayed(path("walk.mcap"));
    expect(result.blocks.map((b) => b.code)).toEqual(["ZONE_STOP"]);
    expect(result.blocks[0]!.tUs - result.firstExceedanceUs!).toBe(0);
    expect(result.states.map((s) => s.state)).toEqual([
      "STARTING",
      "READY_BLOCKED",
      "RUNNING",
      "SLOW",
      "STOPPED",
      "READY_BLOCKED",
      "SLOW",
      "RUNNING",
    ]);
    const kpi = Object.fromEntries(result.kpis.map((k) => [k.key, k]));
    expect(kpi["time_to_stop_s"]).toMatchObject({ value: 0, passed: true });
    expect(kpi["held_ratio"]).toMatchObject({ value: 1, passed: true });
    expect(result.losses.count).toBe(0);
    expect(result.unreadable).toBe(0);
  });
  test("same bag, same configuration: the same receipts, in threads or not, in any order", async () => {
    const tasks = ["walk.mcap", "hit.mcap", "walk.mcap"].map((bag) => task(path(bag)));
    const one = await runJobs(tasks, 1, () => {});
    const two = await runJobs([...tasks].reverse(), 2, () => {});
    const all = [...one, ...[...two].reverse()].map((r) => (r.ok ? r.value : null));
    expect(all.every((r) => r !== null)).toBe(true);
    for (let i = 0; i < 3; i++) expect(timeless(all[i]!)).toEqual(timeless(all[i + 3]!));
    expect(all[0]!.root).toBe(all[2]!.root);
    expect(all[0]!.root).not.toBe(all[1]!.root);
  });
  test("the same messages as .mcap in any chunking and compression give the same receipts", async () => {
    await recordSimBag({
      path: path("walk-raw.mcap"),
      scenario: "walk-in",
      seconds: 14,
      compression: "",
      chunkBytes: 3_000,
    });
    expect((await replayed(path("walk-raw.mcap"))).root).toBe((await replayed(path("walk.mcap"))).root);
  });
  test("another seed, another limit, another sample: another root", async () => {
    const root = (await replayed(path("walk.mcap"))).root;
    const looser = await replayed(path("walk.mcap"), {}, (text) =>
      text.replace("withinM: 0.9", "withinM: 0.8"),
    );
    expect(looser.root).not.toBe(root);
    expect((await replayed(path("walk.mcap"), { toS: 12.5 })).root).not.toBe(root);
  });
  test("without an operator the first stop is the last word", async () => {
    const result = await replayed(path("walk.mcap"), { operator: false });
    expect(result.states.some((s) => !s.blocked)).toBe(false);
  });
  test("a part of a recording is judged by the labels of that part; a block names its source", async () => {
    const windows = [
      { from_s: 1, to_s: 2, what: "before" },
      { from_s: 6, to_s: 11, what: "person" },
      { from_s: 12.9, to_s: 13.5, what: "behind" },
    ];
    const part = await replayed(path("walk.mcap"), {
      fromS: 4,
      toS: 13,
      labels: JSON.stringify({ windows }),
    });
    expect(part.hazards.map((h) => [h.fromUs, h.toUs, h.what])).toEqual([
      [2_000_000, 7_000_000, "person"],
      [8_900_000, 9_000_000, "behind"],
    ]);
    expect(part.blocks).toMatchObject([{ code: "ZONE_STOP", source: "danger" }]);
  });
  test("labels of a side file judge the run", async () => {
    const labels = JSON.stringify({ windows: [{ from_s: 2, to_s: 3, what: "nobody noticed" }] });
    const result = await replayed(path("walk.mcap"), { labels });
    expect(result.hazardsFrom).toBe("labels");
    expect(result.kpis.find((k) => k.key === "time_to_stop_s")).toMatchObject({ value: null, passed: false });
    expect(result.kpis.find((k) => k.key === "false_stop_ratio")!.passed).toBe(false);
    expect(
      await replayOne(task(path("walk.mcap"), { labels: "windows: [{from_s: 3, to_s: 2}]" }), () => {}),
    ).toMatchObject({ ok: false });
  });
  test("nothing in it can reach an actuator: no transport, no sender, no socket is ever made", () => {
    const files = [
      "run-source.ts",
      "replay-one.ts",
      "replay-tape.ts",
      "muted-actuator.ts",
      "bag-source.ts",
      "replay-worker.ts",
    ];
    for (const file of files) {
      const text = readFileSync(join(import.meta.dirname, "../../../src/lab/replay", file), "utf8");
      expect(text, file).not.toMatch(
        /compose\.ts|transports\/registry|actuators\/|\.open\(context|serialport|node:net|node:dgram/,
      );
    }
  });
});

describe("recordings as they are", () => {
  test("stamps of another clock: moved to be comparable, and said so", async () => {
    await recordSimBag({
      path: path("other-clock.mcap"),
      scenario: "walk-in",
      seconds: 8,
      stampShiftUs: -1_700_000_000_000_000,
    });
    const result = await replayed(path("other-clock.mcap"));
    expect(result.notes.join()).toMatch(/another clock/);
    expect(result.blocks.map((b) => b.code)).toEqual(["ZONE_STOP"]);
  });
  test("two hundred more topics change nothing but the list", async () => {
    await recordSimBag({ path: path("wide.mcap"), scenario: "walk-in", seconds: 8, extraTopics: 200 });
    const wide = await replayed(path("wide.mcap"));
    const narrow = await replayed(path("walk.mcap"), { toS: 7.999 });
    expect(wide.unused.length).toBe(200);
    expect(wide.blocks).toEqual(narrow.blocks);
  });
  test("a clock that jumps a day forwards costs a minute of ticks, not a day", async () => {
    const writer = new McapWriter(openSyncSink(path("jump.mcap")));
    const type = "geometry_msgs/msg/WrenchStamped";
    const channel = writer.addChannel(
      "/wrist_ft",
      writer.addSchema(type, "ros2msg", rosDefinition(type)!),
      "cdr",
    );
    const encode = new RosEncoder();
    for (let i = 0; i < 200; i++) {
      const t = 1_700_000_000_000_000 + i * 1_000 + (i > 100 ? 86_400_000_000 : 0);
      writer.addMessage(channel, i, t, t, encode.wrenchStamped(t, "t", [i, 0, 0, 0, 0, 0]));
    }
    await writer.end();
    const result = await replayed(path("jump.mcap"));
    expect(result.notes.join()).toMatch(/gaps of the whole recording were cut/);
    expect(result.events).toBeLessThan(10_000);
    expect(result.absent).toContain("estop");
  });
  test("a damaged recording is replayed as far as it goes, and the damage is in the result", async () => {
    writeFileSync(path("cut.mcap"), readFileSync(path("walk.mcap")));
    truncateSync(path("cut.mcap"), Math.floor(readFileSync(path("walk.mcap")).length / 2));
    const result = await replayed(path("cut.mcap"));
    expect(result.losses.count).toBeGreaterThan(0);
    expect(result.messages).toBeGreaterThan(5_000);
  });
  test("a topic under another name, and a single field as a channel", async () => {
    const renamed = (text: string): string => text.replace("address: wrist_ft", "address: somewhere_else");
    const lost = await replayed(path("hit.mcap"), {}, renamed);
    expect(lost.absent).toEqual(["wrist_ft"]);
    const mapped = await replayed(
      path("hit.mcap"),
      { mappings: [{ topic: "/wrist_ft", field: null, channel: "wrist_ft" }] },
      renamed,
    );
    expect(mapped.absent).toEqual([]);
    const scalar = (text: string): string =>
      text.replace(
        "channels:\n",
        "channels:\n  push: { quantity: scalar, transport: sim, address: push, maxAgeMs: 50, minRateHz: 100, required: false }\n",
      );
    const field = await replayed(
      path("hit.mcap"),
      { mappings: [{ topic: "/wrist_ft", field: "wrench.force.z", channel: "push" }] },
      scalar,
    );
    expect(field.signals.find((s) => s.channel === "push")!.series.timesS.length).toBeGreaterThan(100);
    expect(
      await replayOne(
        task(path("hit.mcap"), { mappings: [{ topic: "/nowhere", field: null, channel: "wrist_ft" }] }),
        () => {},
      ),
    ).toMatchObject({ ok: false });
  });
  test("what cannot be replayed says why", async () => {
    writeFileSync(path("text.mcap"), "no bag");
    for (const bag of [path("text.mcap"), path("absent.mcap")])
      expect(await replayOne(task(bag), () => {})).toMatchObject({ ok: false });
    expect(await replayOne(task(path("walk.mcap"), { deployment: null }), () => {})).toMatchObject({
      ok: false,
      error: expect.stringMatching(/inspect/),
    });
  });
});

describe("H44 a tape is the run", () => {
  const record = (name: string, seed: number): { digest: string; receipts: number } => {
    const options = [
      "--for",
      "9s",
      "--seed",
      String(seed),
      "--speed",
      "max",
      "--json",
      "--tape",
      path(name),
      "--data",
      path(`${name}.data`),
    ];
    const run = spawnSync(
      process.execPath,
      [join(import.meta.dirname, "../../../src/main.ts"), "run", DEPLOYMENT_FILE, ...options],
      { encoding: "utf8", maxBuffer: 1e9 },
    );
    const last = run.stdout.trim().split("\n").at(-1);
    if (run.status !== 0 || last === undefined) throw new Error(run.stderr);
    return JSON.parse(last) as { digest: string; receipts: number };
  };
  test("its replay gives the same receipts, byte for byte", async () => {
    for (const seed of [1, 2]) {
      const live = record(`tape${seed}.mcap`, seed);
      const again = await replayed(path(`tape${seed}.mcap`), { deployment: null });
      expect([again.digest, again.receipts]).toEqual([live.digest, live.receipts]);
      expect(again.notes).toEqual([]);
      // the head travels on the tape: no file beside it is needed
      expect(again.modelHash).toMatch(/^[0-9a-f]{64}/);
      expect(again.energy.peak).toBeGreaterThan(0);
    }
  });
  test("a tape that lost an event is exact up to there and says so", async () => {
    record("whole.mcap", 5);
    const whole = await replayed(path("whole.mcap"), { deployment: null });
    writeFileSync(path("torn.mcap"), readFileSync(path("whole.mcap")).subarray(0, 600_000));
    const torn = await replayed(path("torn.mcap"), { deployment: null });
    expect(torn.notes.join()).toMatch(/exact up to here/);
    expect(torn.receipts).toBeLessThanOrEqual(whole.receipts);
    expect(torn.losses.count).toBeGreaterThan(0);
  });
  test("a part of it, or another configuration, judges its readings anew", async () => {
    record("judged.mcap", 6);
    const part = await replayed(path("judged.mcap"), { deployment: null, fromS: 5, toS: 8.5 });
    expect(part.notes[0]).toMatch(/part of the tape/);
    expect(part.spanUs).toBe(3_500_000);
    expect(part.blocks.map((b) => b.code)).toEqual(["ZONE_STOP"]);
    const anew = await replayed(path("judged.mcap"), {}, (text) =>
      text.replace("maxForceN: 90", "maxForceN: 80"),
    );
    expect(anew.notes[0]).toMatch(/judged anew/);
    expect(anew.samples).toBeGreaterThan(5_000);
  });
});

describe("what comes out", () => {
  test("the output MCAP holds the node's channels, readable by another reader", async () => {
    await replayed(path("hit.mcap"), { out: path("out.mcap") });
    const bytes = readFileSync(path("out.mcap"));
    const reader = await McapIndexedReader.Initialize({
      readable: {
        size: async () => BigInt(bytes.length),
        read: async (at, size) => new Uint8Array(bytes.subarray(Number(at), Number(at + size))),
      },
      decompressHandlers: { zstd: (data) => new Uint8Array(zstd(data)) },
    });
    const counts = new Map<string, number>();
    const decode = (data: Uint8Array) => JSON.parse(new TextDecoder().decode(data)) as object;
    let features: object = {};
    const states: string[] = [];
    for await (const message of reader.readMessages()) {
      const { topic } = reader.channelsById.get(message.channelId)!;
      counts.set(topic, (counts.get(topic) ?? 0) + 1);
      if (topic === "/cellgate/features") features = decode(message.data);
      if (topic === "/cellgate/state")
        states.push(
          new TextDecoder().decode(message.data.subarray(8, message.data.length)).replace(/\0.*$/, ""),
        );
    }
    for (const topic of ["force", "torque", "distance", "speed"])
      expect(counts.get(`/cellgate/${topic}`), topic).toBeGreaterThan(500);
    expect(counts.get("/cellgate/receipts")).toBeGreaterThan(10);
    expect(states).toContain("STOPPED");
    expect(counts.get("/cellgate/v_s")).toBeGreaterThan(500);
    expect(features).toHaveProperty("force_n");
    const layout = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../../launch/foxglove-layout.json"), "utf8"),
    ) as unknown;
    const named = new Set(JSON.stringify(layout).match(/\/cellgate\/[a-z_]+/g));
    const topics = new Set([...reader.channelsById.values()].map((c) => c.topic));
    for (const topic of named) expect(topics.has(topic), `${topic} of the layout`).toBe(true);
  });
  test("diff: nothing for equal replays, the worst first for others", async () => {
    const before = [await replayed(path("walk.mcap")), await replayed(path("hit.mcap"))];
    expect(diffReplays(before, before).every((d) => d.same && d.score === 0)).toBe(true);
    const blind = (text: string): string => text.replace("withinM: 0.9", "withinM: 0.05");
    const after = [await replayed(path("walk.mcap"), {}, blind), await replayed(path("hit.mcap"), {}, blind)];
    const diffs = diffReplays(before, after);
    expect(diffs[0]!.score).toBeGreaterThanOrEqual(diffs[1]!.score);
    expect(diffs.flatMap((d) => d.blocksLost.map((b) => b.code))).toContain("ZONE_STOP");
  });
});
