import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  BAG_TOPICS,
  createKit,
  drawScenario,
  familyNamed,
  generateBags,
  LABEL_TOPIC,
  type Scenario,
  verifyByRerun,
  verifyFolder,
} from "../../sim/index.ts";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";
import { RunBag } from "../../sim/bag.ts";
import { openMcap } from "../../src/edge/recordings/index.ts";

const kit = createKit(ROBOT_FACTORY);
const root = mkdtempSync(join(tmpdir(), "cellgate-bags-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const never = new AbortController().signal;
const short = (seed: number): Scenario => ({
  ...drawScenario(kit, familyNamed("reach-in")!, "near", seed),
  durationUs: 400_000,
});
const request = (
  folder: string,
  scenarios: readonly Scenario[],
  signal: AbortSignal = never,
  progress: (done: number) => void = () => {},
) => ({
  cell: ROBOT_FACTORY,
  engine: "embedded" as const,
  scenarios,
  folder,
  request: "test",
  seed: 1,
  env: {},
  signal,
  progress,
});
const made = async (...args: Parameters<typeof request>) => {
  const result = await generateBags(request(...args));
  if (!result.ok) throw new Error(result.error);
  return result.value;
};
const scenarios = [short(1), short(2), short(3)];

describe("labelled bags", () => {
  it("hold every channel as a ROS 2 message, the clock and the label", async () => {
    const folder = join(root, "whole");
    const { manifest } = await made(folder, [drawScenario(kit, familyNamed("walk-by")!, "collide", 5)]);
    const [row] = manifest.bags;
    expect(row!.label).toMatchObject({
      class: "collide",
      expected: "collide",
      causes: ["person"],
      over_limit: true,
      engine: "embedded",
    });
    expect(row!.label.warning_us).toBeGreaterThan(300_000);
    const bag = openMcap(join(folder, row!.file));
    if (!bag.ok) throw new Error(bag.error);
    const counts = Object.fromEntries(bag.value.topics.map((topic) => [topic.name, topic.count]));
    expect(counts).toMatchObject({
      "/clock": 500,
      "/cell/wrist_ft": expect.any(Number),
      "/cell/truth": 500,
      [LABEL_TOPIC]: 1,
    });
    expect(counts["/cell/wrist_ft"]).toBeGreaterThan(4_980);
    for (const { topic, type } of Object.values(BAG_TOPICS))
      expect(bag.value.topics.find((t) => t.name === topic)?.type).toBe(type);
    bag.value.close();
    expect(verifyFolder(folder, ROBOT_FACTORY).problems).toEqual([]);
  });
  it("are the same bytes when they are recorded again", async () => {
    const folder = join(root, "again");
    await made(folder, scenarios);
    const report = await verifyByRerun(folder, ROBOT_FACTORY, scenarios, {}, never);
    expect(report).toMatchObject({ rerun: 3, problems: [] });
  });
});

describe("an interrupted generation", () => {
  it("goes on without redoing finished bags and ends with the bytes of an uninterrupted one", async () => {
    const [broken, whole] = [join(root, "broken"), join(root, "unbroken")];
    const stop = new AbortController();
    const first = await made(broken, scenarios, stop.signal, (done) => {
      if (done === 1) stop.abort();
    });
    expect(first).toMatchObject({ interrupted: true });
    expect(first.manifest.bags).toHaveLength(1);
    writeFileSync(join(broken, "half.mcap.part"), "half a bag");
    const second = await made(broken, scenarios);
    expect(second.kept).toBe(1);
    expect(existsSync(join(broken, "half.mcap.part"))).toBe(false);
    expect(second.manifest.sha256).toBe((await made(whole, scenarios)).manifest.sha256);
  });
  it("redoes a bag that was changed meanwhile", async () => {
    const folder = join(root, "changed");
    const { manifest } = await made(folder, scenarios);
    writeFileSync(join(folder, manifest.bags[1]!.file), "something else");
    expect(verifyFolder(folder, ROBOT_FACTORY).problems).toEqual([
      `${manifest.bags[1]!.file}: changed since it was written`,
    ]);
    expect((await made(folder, scenarios)).kept).toBe(2);
    expect(verifyFolder(folder, ROBOT_FACTORY).problems).toEqual([]);
  });
  it("never mixes with bags of another request, cell or engine", async () => {
    const folder = join(root, "mixed");
    await made(folder, scenarios);
    const other = await generateBags({ ...request(folder, scenarios), request: "something else" });
    expect(other).toMatchObject({ ok: false, error: expect.stringContaining("bags of another run") });
  });
});

describe("verify", () => {
  const fresh = async (name: string) => {
    const folder = join(root, name);
    return { folder, manifest: (await made(folder, scenarios)).manifest };
  };
  it("finds a missing bag, a foreign bag, a left-over part and an edited manifest", async () => {
    const { folder, manifest } = await fresh("damaged");
    rmSync(join(folder, manifest.bags[0]!.file));
    writeFileSync(join(folder, "foreign.mcap"), "");
    writeFileSync(join(folder, "x.mcap.part"), "");
    expect([...verifyFolder(folder, ROBOT_FACTORY).problems].sort()).toEqual(
      [
        "foreign.mcap: not in the manifest",
        `${manifest.bags[0]!.file}: missing`,
        "x.mcap.part: left over from an interrupted run",
      ].sort(),
    );
    const path = join(folder, "manifest.json");
    writeFileSync(
      path,
      readFileSync(path, "utf8")
        .replace('"class": "near"', '"class": "miss"')
        .replace('"class": "miss"', '"class": "touch"'),
    );
    expect(verifyFolder(folder, ROBOT_FACTORY).problems[0]).toMatch(/hash does not fit/);
  });
  it("says when there is nothing", () => {
    expect(verifyFolder(root, ROBOT_FACTORY).problems[0]).toMatch(/has no manifest/);
  });
});

describe("what goes wrong while writing", () => {
  it("leaves no file that looks like a bag, lists the loss and goes on", async () => {
    const folder = join(root, "loss");
    // a plan that cannot be run stands for an engine that dies in the middle
    const dying: Scenario = { ...short(4), arm: { from: short(4).arm.from, stretches: [], repeats: false } };
    const { manifest } = await made(folder, [short(1), dying, short(2)]);
    expect(manifest.failed).toEqual([
      { scenario: dying.name, error: expect.stringContaining("a plan lasts") },
    ]);
    expect(manifest.bags).toHaveLength(2);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
  it("a bag whose writing fails leaves nothing behind", async () => {
    const path = join(root, "unfinished.mcap");
    const bag = new RunBag(path, ROBOT_FACTORY);
    expect(existsSync(`${path}.part`)).toBe(true);
    expect(existsSync(path)).toBe(false);
    await bag.discard();
    expect(existsSync(`${path}.part`)).toBe(false);
  });
  it("a folder that cannot take files is said, not survived half", async () => {
    const folder = join(root, "blocked");
    await made(folder, scenarios);
    const [first] = readdirSync(folder).filter((name) => name.endsWith(".mcap"));
    rmSync(join(folder, first!));
    mkdirSync(join(folder, `${first}.part`));
    const { manifest } = await made(folder, scenarios);
    expect(manifest.failed).toHaveLength(1);
    expect(manifest.bags).toHaveLength(2);
    expect(existsSync(join(folder, first!))).toBe(false);
  });
});
