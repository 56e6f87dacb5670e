import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import {
  graphOfDeployment,
  graphOfPlan,
  graphOfSnapshot,
  mqttMatches,
  readSnapshot,
  withLive,
  withStated,
} from "../../../src/fleet/audit/index.ts";
import {
  audit,
  type AuditEdge,
  type AuditGraph,
  type AuditNode,
  cyclicComponents,
  dotOf,
} from "../../../src/core/audit/index.ts";
import { DEMO_TEXT } from "../../node/in-process.ts";
import { planOf } from "../../core/rollout/fleet.ts";
import { parseDot } from "./dot-grammar.ts";

const LAUNCH = join(import.meta.dirname, "../../../launch");
const MACHINE = { memoryBytes: 64e9, diskBytes: 1e12, threads: 8, files: 1_024 };

const node = (id: string, more: Partial<AuditNode> = {}): AuditNode => ({
  id,
  kind: "part",
  place: { file: "f", line: 3 },
  ...more,
});
const graph = (
  nodes: AuditNode[],
  edges: [AuditEdge["kind"], string, string][],
  more: Partial<AuditGraph> = {},
): AuditGraph => ({
  subject: "test",
  nodes,
  edges: edges.map(([kind, from, to]) => ({ kind, from, to })),
  unknown: [],
  machine: null,
  ...more,
});
const codes = (g: AuditGraph) => audit(g).findings.map((f) => f.code);
const demo = (text = DEMO_TEXT) => {
  const loaded = parseDeployment(text, "demo.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return graphOfDeployment(loaded.deployment, text, "demo.yaml", {
    ...MACHINE,
  });
};

describe("five questions", () => {
  test("cascade spawning: the fixer that fixes fixers", () => {
    const edges: [AuditEdge["kind"], string, string][] = [
      ["spawns", "watcher", "fixer"],
      ["spawns", "fixer", "watcher"],
    ];
    const r = audit(graph([node("watcher"), node("fixer")], edges));
    expect(r.passed).toBe(false);
    expect(r.findings[0]).toMatchObject({
      code: "AUDIT_SPAWN_CYCLE",
      what: expect.stringMatching(/fixer → watcher → fixer|watcher → fixer → watcher/),
      place: { line: 3 },
    });
    const capped = graph(
      [
        node("watcher", { generationsMax: 1, spawnsMax: 5 }),
        node("fixer", { generationsMax: 1, spawnsMax: 5 }),
      ],
      edges,
    );
    expect(audit(capped).passed).toBe(true);
    const two = graph(
      [
        node("watcher", { generationsMax: 2, spawnsMax: 5 }),
        node("fixer", { generationsMax: 2, spawnsMax: 5 }),
      ],
      edges,
    );
    expect(codes(two)).toContain("AUDIT_SPAWN_CYCLE");
  });
  test("feedback loop: printed; a guard counts only when no cycle goes around it", () => {
    const loop: [AuditEdge["kind"], string, string][] = [
      ["sends", "a", "t"],
      ["sends", "t", "b"],
      ["sends", "b", "u"],
      ["sends", "u", "a"],
    ];
    const parts = [node("a"), node("t", { kind: "topic" }), node("b"), node("u", { kind: "topic" })];
    expect(audit(graph(parts, loop)).findings[0]?.what).toMatch(/a → t → b → u → a|t → b/);
    expect(codes(graph([node("a", { rateMaxHz: 1 }), ...parts.slice(1)], loop))).toEqual([
      "AUDIT_FEEDBACK_GUARDED",
    ]);
    const around = graph([node("a", { rateMaxHz: 1 }), ...parts.slice(1)], [...loop, ["sends", "u", "b"]]);
    expect(codes(around)).toContain("AUDIT_FEEDBACK_LOOP");
  });
  test("exhaustion: no cap, and caps that exceed the machine together", () => {
    expect(codes(graph([node("q", { kind: "queue" })], []))).toEqual(["AUDIT_UNBOUNDED"]);
    const big = [
      node("q", { kind: "queue", memoryBytesMax: 6e9 }),
      node("p", { kind: "queue", memoryBytesMax: 6e9 }),
    ];
    expect(codes(graph(big, [], { machine: { ...MACHINE, memoryBytes: 8e9 } }))).toEqual([
      "AUDIT_OVERCOMMITTED",
    ]);
  });
  test("threshold drift: an action moves what its trigger reads", () => {
    const nodes = [node("speed", { kind: "quantity" }), node("limit", { kind: "trigger" }), node("fix")];
    const edges: AuditEdge[] = [
      { kind: "reads", from: "speed", to: "limit" },
      { kind: "starts", from: "limit", to: "fix" },
      { kind: "moves", from: "fix", to: "speed" },
    ];
    const g = { ...graph(nodes, []), edges };
    expect(codes(g)).toEqual(["AUDIT_THRESHOLD_DRIFT"]);
    expect(codes({ ...g, edges: edges.map((e) => ({ ...e, rechecked: true })) })).toEqual([]);
  });
  test("time bombs: growth without end, and a date", () => {
    expect(codes(graph([node("log", { kind: "store", diskBytesMax: 1, growsWith: "time" })], []))).toEqual([
      "AUDIT_TIME_BOMB",
    ]);
    expect(audit(graph([node("cert", { expiresInS: 86_400 * 30 })], [])).findings[0]).toMatchObject({
      code: "AUDIT_EXPIRES",
      severity: "blocker",
    });
  });
});

describe("sources", () => {
  test("the demonstration passes; what is switched off is listed with its line", () => {
    expect(audit(demo()).findings.filter((f) => f.severity === "blocker")).toEqual([]);
    const text = DEMO_TEXT.replace(
      "rules:\n",
      "rules:\n  safetyMode: { monitored: false, because: this robot has no safety mode }\n",
    );
    const off = audit(demo(text)).findings.find((f) => f.code === "AUDIT_CHECK_OFF");
    expect(off?.what).toMatch(/safetyMode.*no safety mode/);
    expect(text.split("\n")[off!.place!.line - 1]).toMatch(/safetyMode/);
  });
  test("a ledger larger than the disk is seen, with file and line", () => {
    const text = `${DEMO_TEXT}\nledger: { maxBytes: 5000000000000 }\n`;
    const f = audit(demo(text)).findings.find((x) => x.code === "AUDIT_OVERCOMMITTED");
    expect(text.split("\n")[f!.place!.line - 1]).toMatch(/maxBytes/);
  });
  test("ROS graph: cycle found, plumbing ignored; a stated control loop is a note", () => {
    const nodes = [
      {
        name: "/planner",
        publishes: [{ topic: "/plan", type: "x" }, "/rosout"],
        subscribes: ["/state", "/rosout"],
      },
      { name: "/arm", publishes: ["/state"], subscribes: ["/plan"] },
    ];
    const of = (more: object) => {
      const read = readSnapshot({ nodes: [nodes[0], { ...nodes[1], ...more }] });
      if (!read.ok) throw new Error(read.error);
      return audit(graphOfSnapshot(read.value, "graph.json"));
    };
    expect(of({}).findings[0]).toMatchObject({
      code: "AUDIT_FEEDBACK_LOOP",
      what: expect.stringContaining("topic /plan"),
    });
    expect(of({}).findings[0]?.what).not.toMatch(/rosout/);
    expect(of({ controlLoop: "the arm closes the loop at 1 kHz" }).passed).toBe(true);
  });
  test("MQTT graph: filters with wildcards mean topics", () => {
    expect(mqttMatches("a/+/c", "a/b/c")).toBe(true);
    expect(mqttMatches("a/#", "a")).toBe(true);
    expect(mqttMatches("#", "$SYS/x")).toBe(false);
    expect(mqttMatches("$share/g/a/+", "a/b")).toBe(true);
    expect(mqttMatches("a/+", "a/b/c")).toBe(false);
    const read = readSnapshot({
      kind: "mqtt",
      nodes: [{ name: "bridge", publishes: ["plant/line/echo"], subscribes: ["plant/#"] }],
    });
    if (!read.ok) throw new Error(read.error);
    expect(audit(graphOfSnapshot(read.value, "m")).findings[0]?.code).toBe("AUDIT_FEEDBACK_LOOP");
  });
  test("what a person states is laid over what was seen; on a broker it also says who listens", () => {
    const read = (json: object) => {
      const snapshot = readSnapshot(json);
      if (!snapshot.ok) throw new Error(snapshot.error);
      return snapshot.value;
    };
    const of = (kind: string, nodes: object[], said: object[]) => {
      const { snapshot, missing } = withStated(read({ kind, nodes }), read({ nodes: said }));
      return { result: audit(graphOfSnapshot(snapshot, "wire")), missing };
    };
    const pair = [
      { name: "host/a (0123456789ab)", publishes: ["/x"], subscribes: ["/y"] },
      { name: "host/a (ba9876543210)", publishes: ["/y"], subscribes: ["/x"] },
    ];
    expect(of("dds", pair, []).result.passed).toBe(false);
    const stated = [{ name: "host/a", rateMaxHz: 5 }, { name: "host/gone" }];
    expect(of("dds", pair, stated)).toMatchObject({
      result: { passed: true },
      missing: [expect.stringContaining("gone")],
    });
    const topics = [{ name: "unnamed publisher of a/b", publishes: ["a/b"] }];
    const bridge = [{ name: "bridge", subscribes: ["a/#"], publishes: ["a/c"] }];
    const found = of("mqtt", topics, bridge);
    expect(found.missing).toEqual([]);
    expect(found.result.findings[0]?.what).toContain("part bridge → topic a/c → part bridge");
  });
  test("a rollout plan passes; one without a person between the stages is told so", () => {
    const at = () => ({ file: "plan.yaml", line: 1 });
    const r = audit(graphOfPlan(planOf(300), at, "plan.yaml"));
    expect(r.passed).toBe(true);
    expect(r.findings.map((f) => f.code)).toContain("AUDIT_INCOMPLETE");
  });
  test("dot: every node and edge once, blockers red, quotes kept", () => {
    const g = graph([node('a "x"', { kind: "queue" }), node("b")], [["sends", 'a "x"', "b"]]);
    const dot = dotOf(g, audit(g));
    expect(dot).toContain('"a \\"x\\"" [shape=cds, color=red');
    expect(parseDot(dot)).toEqual({ nodes: ['a "x"', "b"], edges: [['a "x"', "b"]] });
    expect(() => parseDot(dot.replace("->", "-"))).toThrow(/unexpected|expected/);
  });
  const DEPLOYMENTS = readdirSync(LAUNCH).filter(
    (name) => name.endsWith(".yaml") && /^cellgate: /m.test(readFileSync(join(LAUNCH, name), "utf8")),
  );
  test.each(DEPLOYMENTS)(
    "launch/%s passes, says what it cannot see, and draws a graph that parses",
    (name) => {
      const text = readFileSync(join(LAUNCH, name), "utf8");
      const loaded = parseDeployment(text, name);
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const g = graphOfDeployment(loaded.deployment, text, name, MACHINE);
      const result = audit(g);
      expect(result.findings.filter((f) => f.severity === "blocker")).toEqual([]);
      // wires with others on them, or an arm whose motion nobody measures; a line to one device has two ends
      const outside =
        Object.values(loaded.deployment.transports).some((t) => ["mqtt", "dds", "ros2"].includes(t.kind)) ||
        !Object.values(loaded.deployment.channels).some((c) => c.monitored && c.quantity === "joints");
      expect(result.findings.some((f) => f.code === "AUDIT_INCOMPLETE")).toBe(outside);
      for (const { needed, have } of result.worst) expect(needed).toBeLessThanOrEqual(have);
      for (const f of result.findings)
        if (f.place !== null) expect(text.split("\n")[f.place.line - 1]).toBeDefined();
      const drawn = dotOf(g, result);
      expect(parseDot(drawn)).toMatchObject({ nodes: g.nodes.map((n) => n.id) });
      const real = spawnSync("dot", ["-Tcanon"], { input: drawn });
      if (real.error === undefined) expect(real.status).toBe(0);
    },
  );
  test("what is seen on a wire joins the deployment's own graph: a loop around the cell is found with its line", () => {
    const text = readFileSync(join(LAUNCH, "ros2-cell.yaml"), "utf8");
    const loaded = parseDeployment(text, "ros2-cell.yaml");
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { deployment } = loaded;
    const g = graphOfDeployment(deployment, text, "ros2-cell.yaml", MACHINE);
    const [transport] = Object.keys(deployment.transports);
    const heard = Object.values(deployment.channels).map((c) => c.address);
    const live = withLive(
      g,
      deployment,
      transport!,
      {
        kind: "dds",
        seenBy: "dds",
        blind: [],
        parts: [
          { name: "host/node", publishes: [], subscribes: heard },
          { name: "host/relay", publishes: ["/b", "/rosout"], subscribes: ["/a", "/rosout"] },
          { name: "host/echo", publishes: ["/a"], subscribes: ["/b"] },
          {
            name: "host/robot",
            publishes: ["/joint_states"],
            subscribes: ["/joint_trajectory_controller/joint_trajectory"],
          },
        ],
      },
      { file: "ros2-cell.yaml", line: 7 },
    );
    const loops = audit(live).findings.filter((f) => f.question === "feedback loops");
    expect(loops.map((f) => f.code)).toEqual(["AUDIT_FEEDBACK_LOOP", "AUDIT_FEEDBACK_GUARDED"]);
    expect(loops[0]).toMatchObject({ place: { line: 7 }, what: expect.stringContaining("host/relay") });
    expect(loops[1]?.what).toMatch(/cell .*guarded by cell/);
    expect(live.nodes.some((n) => n.id.includes("host/node"))).toBe(false);
    expect(audit(live).findings.some((f) => f.code === "AUDIT_INCOMPLETE")).toBe(false);
  });
  test("worst cases are added up against memory, disk, open files and cores", () => {
    const parts = [node("a", { threadsMax: 3, filesMax: 300 }), node("b", { threadsMax: 3, filesMax: 300 })];
    const found = audit(graph(parts, [], { machine: { ...MACHINE, threads: 4, files: 256 } })).findings;
    expect(found.map((f) => [f.severity, f.what.split(":")[0]])).toEqual([
      ["blocker", "open files"],
      ["warning", "threads"],
    ]);
  });
});

test("components of a long chain do not overflow the stack", () => {
  const n = 200_000;
  const next = Array.from({ length: n }, (_, i) => [(i + 1) % n]);
  expect(cyclicComponents(next)).toHaveLength(1);
  expect(cyclicComponents(next.map((_, i) => (i + 1 < n ? [i + 1] : [])))).toEqual([]);
});
