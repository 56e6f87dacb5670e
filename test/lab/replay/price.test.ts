import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseChange, parseSweep, withChanges } from "../../../src/lab/replay/changed-settings.ts";
import {
  eventsFromTable,
  eventsOfBlackBox,
  eventsOfRecording,
} from "../../../src/lab/replay/labelled-events.ts";
import { falseStops, type Happened, isFound, priceOf, stopsOf } from "../../../src/lab/replay/price.ts";
import { runCommand } from "../../cli/run-command.ts";
import { recordSimBag } from "./sim-bag.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-price-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bags = join(folder, "bags");
const DEPLOYMENT = join(import.meta.dirname, "../../../launch/demo-cell.yaml");
const cell = join(folder, "cell.yaml");

beforeAll(async () => {
  mkdirSync(bags);
  await recordSimBag({ path: join(bags, "walk.mcap"), scenario: "walk-in", seconds: 12 });
  await recordSimBag({ path: join(bags, "idle.mcap"), scenario: "idle", seconds: 4 });
  // no head: only rules stop here, and the files of the demonstration stay where they are
  const text = readFileSync(DEPLOYMENT, "utf8").replace(/^risk:.*$/m, "");
  writeFileSync(
    cell,
    text.replaceAll("declaredConstant: true }", "declaredConstant: true, stamped: false }"),
  );
}, 300_000);

const S = 1e6;
const span = (fromS: number, toS: number, blocked: boolean, code = "") => ({
  fromUs: fromS * S,
  toUs: toS * S,
  state: blocked ? "STOPPED" : "RUNNING",
  blocked,
  code,
});
const window = (fromS: number, toS: number, what = "hand") => ({ fromUs: fromS * S, toUs: toS * S, what });
const NOTHING: Happened = { labelled: null, approaches: [], passed: [] };
const ZONE = { code: "ZONE_STOP", source: "danger", level: false, harm: 0 } as const;
function judged(
  happened: Happened,
  margin: Partial<typeof ZONE> | { harm: null } | null = ZONE,
  code = "ZONE_STOP",
) {
  const states = [span(0, 1, true), span(1, 10, false), span(10, 12, true, code), span(12, 20, false)];
  return stopsOf({
    states,
    blocks: [{ tUs: 10 * S, code, source: "danger" }],
    margins: margin === null ? [] : [{ ...ZONE, ...margin }],
    happened,
    titleOf: () => "somebody in the zone",
  });
}

describe("H44 a stop in hindsight", () => {
  test("the time before the cell first moved is no stop; its time lasts until it moves again", () => {
    expect(judged(NOTHING)).toMatchObject([{ tUs: 10 * S, toUs: 12 * S, source: "danger" }]);
  });
  test.each([
    ["a reading came near to the harm", { ...NOTHING, approaches: [window(11, 11.2)] }, "needed"],
    ["it came near long after", { ...NOTHING, approaches: [window(16, 17)] }, "needless"],
    ["a labelled event followed", { ...NOTHING, labelled: [window(14, 14)] }, "needed"],
    ["nothing of either", { ...NOTHING, labelled: [] }, "needless"],
    ["nothing, and nobody labelled", NOTHING, "needless"],
  ] as const)("a rule that measures a distance: %s", (_, happened, hindsight) => {
    expect(judged(happened)[0]!.hindsight).toBe(hindsight);
  });
  test("a rule that knows no harm beyond its limit is judged by labels alone", () => {
    const passed = { ...NOTHING, passed: [window(10, 10.5)] };
    expect(judged(passed, { harm: null })[0]!.hindsight).toBe("unknown");
    expect(judged({ ...passed, labelled: [] }, { harm: null })[0]!.hindsight).toBe("needless");
  });
  test("silence measures nothing; a pressed button was asked for", () => {
    expect(judged(NOTHING, null, "SOURCE_SILENT")[0]).toMatchObject({ hindsight: "unknown" });
    expect(judged({ ...NOTHING, labelled: [] }, null, "ESTOP_PRESSED")[0]!.hindsight).toBe("needed");
  });
  test("the price adds up per rule, the one with most needless stops first", () => {
    const stops = [...judged(NOTHING), ...judged(NOTHING), ...judged(NOTHING, null, "SOURCE_SILENT")];
    expect(priceOf(stops)).toMatchObject([
      { code: "ZONE_STOP", stops: 2, lostUs: 4 * S, needless: 2, needed: 0, unknown: 0 },
      { code: "SOURCE_SILENT", stops: 1, unknown: 1 },
    ]);
  });
  test("found is what the cell stood for in time; a standing start finds nothing", () => {
    const states = [
      span(0, 1, true),
      span(1, 10, false),
      span(10, 12, true, "ZONE_STOP"),
      span(12, 20, false),
    ];
    expect(isFound(window(11, 13), states)).toBe(true);
    expect(isFound(window(9.5, 9.6), states)).toBe(true);
    expect(isFound(window(8, 8), states)).toBe(false);
    expect(isFound(window(0.5, 0.6), states)).toBe(false);
    expect(falseStops(judged(NOTHING), [window(14, 15)])).toHaveLength(0);
    expect(falseStops(judged(NOTHING), [window(16, 17)])).toHaveLength(1);
  });
});

describe("where events come from", () => {
  test("a table names recordings with or without their ending", () => {
    const read = eventsFromTable({
      file: "e.csv",
      columns: ["recording", "from_s", "to_s", "what"],
      rows: [
        ["walk", "1.5", "", "touch"],
        ["idle.mcap", "2", "3", ""],
        ["other", "9", "9", ""],
      ],
    });
    if (!read.ok) throw new Error(read.error);
    expect(eventsOfRecording(read.value, "/a/walk.mcap")).toEqual([
      { fromUs: 1.5 * S, toUs: 1.5 * S, what: "touch" },
    ]);
    expect(eventsOfRecording(read.value, "/a/idle.mcap")).toHaveLength(1);
    expect(eventsOfRecording(read.value, "/a/none.mcap")).toEqual([]);
  });
  test("what is no time is named with its line", () => {
    const bad = eventsFromTable({ file: "e.csv", columns: ["time_s"], rows: [["1"], ["soon"]] });
    expect(bad.ok ? "" : bad.error).toContain("e.csv:3");
    expect(eventsFromTable({ file: "e.csv", columns: ["x"], rows: [] }).ok).toBe(false);
  });
  test("a black box tells of touches and pressed buttons; a zone is its own word and no event", () => {
    const boxed = (code: string) => eventsOfBlackBox([{ receiptId: "r", code, t: 7 * S }], 5 * S);
    expect(boxed("FORCE_LIMIT")).toEqual([{ fromUs: 2 * S, toUs: 2 * S, what: "FORCE_LIMIT" }]);
    expect(boxed("ZONE_STOP")).toEqual([]);
  });
});

describe("settings that are tried", () => {
  test("a sweep is even and ends where it says", () => {
    expect(parseSweep("a.b=0.4..1.2:9")).toMatchObject({
      value: { values: [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2] },
    });
    for (const bad of ["a.b=0.4", "a.b=1..2:1", "a.b=1..2:1000", "=1..2:3", "a=x..2:3"])
      expect(parseSweep(bad).ok).toBe(false);
  });
  test("a change goes where something stands; else what stands there is named", () => {
    const change = parseChange("rules.zones.danger.withinM=0.7");
    if (!change.ok) throw new Error(change.error);
    const text = JSON.stringify({ rules: { zones: { danger: { withinM: 0.9 } } } });
    expect(withChanges(text, [change.value])).toEqual({ ok: true, value: text.replace("0.9", "0.7") });
    const wrong = withChanges(JSON.stringify({ rules: { zones: { near: {} } } }), [change.value]);
    expect(wrong.ok ? "" : wrong.error).toMatch(/no rules\.zones\.danger; there are near/);
  });
});

describe("the price of each stop", () => {
  test("H44 a replay says it in words, as data and in its report", async () => {
    const report = join(folder, "r.html");
    const args = ["replay", join(bags, "walk.mcap"), "--deployment", cell];
    const said = await runCommand([...args, "--report", report]);
    expect(said.out).toMatch(/price of the stops +1 stop, [\d.]+ min lost, \d needless/);
    expect(readFileSync(report, "utf8")).toContain("What each rule cost");
    const json = JSON.parse((await runCommand([...args, "--json"])).out) as {
      results: { price: Record<string, unknown>[]; stops: unknown[] }[];
    };
    expect(json.results[0]!.price[0]).toMatchObject({ code: "ZONE_STOP", source: "danger", stops: 1 });
    expect(json.results[0]!.stops).toHaveLength(1);
  });

  test("H44 a smaller zone finds less and a larger one costs more, over the same recordings", async () => {
    const events = join(folder, "events.csv");
    writeFileSync(events, "recording,from_s,to_s,what\nwalk,0,12,touch\n");
    const report = join(folder, "sweep.html");
    const args = ["whatif", bags, "--deployment", cell, "--near", "0.7", "--jobs", "1", "--report", report];
    const sweep = ["--sweep", "rules.zones.danger.withinM=0.1..1.9:3"];
    const said = await runCommand([...args, ...sweep, "--json"]);
    expect(said.code).toBe(0);
    const { base, points, events_from } = JSON.parse(said.out) as {
      base: Point;
      points: Point[];
      events_from: string;
    };
    expect(events_from).toBe("readings");
    expect(base).toMatchObject({ label: "as it is", recordings: 2, judged: 2, events: 1, found: 1 });
    expect(points.map((p) => p.label)).toEqual([0.1, 1, 1.9].map((v) => `rules.zones.danger.withinM=${v}`));
    // the ruler is the deployment as it is: the person came near to harm, whatever a setting makes of it
    expect(points.map((p) => p.events)).toEqual([1, 1, 1]);
    expect(points[0]!.stops).toBeLessThan(points[2]!.stops + 1);
    expect(points[2]!.lost_us).toBeGreaterThan(base.lost_us);
    expect(points[1]!.found_share!.low).toBeGreaterThan(0);
    expect(points[1]!.found_share!.low).toBeLessThan(points[1]!.found_share!.value);
    const page = readFileSync(report, "utf8");
    expect(page).toContain("false stops per hour of free motion");
    const labelled = await runCommand([...args, "--set", "rules.zones.danger.withinM=1", "--events", events]);
    expect(labelled.out).toContain("Events are the labelled ones");
  });

  test("a key that is not there is said with those that are, and fails", async () => {
    const said = await runCommand([
      "whatif",
      bags,
      "--deployment",
      cell,
      "--set",
      "rules.zones.danger.stopM=0.7",
      "--jobs",
      "1",
    ]);
    expect(said.code).not.toBe(0);
    expect(said.err).toMatch(/stopM/);
  });
});
interface Point {
  label: string;
  recordings: number;
  judged: number;
  events: number;
  found: number;
  stops: number;
  lost_us: number;
  found_share: { value: number; low: number; high: number } | null;
}
