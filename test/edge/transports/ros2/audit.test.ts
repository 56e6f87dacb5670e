import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../../../src/cli/command.ts";
import { rosEnvironment } from "../../../../src/edge/transports/ros2/index.ts";
import { importRcl, type Rcl, type RclContext } from "../../../../src/edge/transports/ros2/rcl.ts";
import { domainConfig } from "../../../../src/edge/transports/dds/domain-config.ts";
import { RosParts } from "../../../../src/edge/transports/ros/index.ts";
import { testDomain } from "../dds/peer.ts";
import { MAIN } from "../../../node/processes.ts";
import { runCommand, type Said } from "../../../cli/run-command.ts";

/** The audit of a ROS graph that runs: by ROS's own words where it is sourced, by discovery otherwise. */
interface Found {
  readonly passed: boolean;
  readonly seen_by: readonly string[];
  readonly findings: readonly { readonly code: string; readonly what: string; readonly place: unknown }[];
}
const folder = mkdtempSync(join(tmpdir(), "cellgate-ros-audit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cellgate = (...args: string[]): Promise<Said> => runCommand(args, { cwd: folder });
async function auditOf(...args: string[]): Promise<Found & { code: number }> {
  const { code, out, err } = await cellgate("audit", ...args, "--json");
  if (out === "") throw new Error(err);
  return { code, ...(JSON.parse(out) as Found) };
}
/** Discovery takes as long as it takes: asks again until the answer fits. */
async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  for (let i = 0; i < 10 && !fits(answer); i++) answer = await ask();
  return answer;
}
/** what a wire leaves open, beside what the graph itself says */
const openOf = ({ findings }: Found): string[] =>
  findings.flatMap((f) => (f.code === "AUDIT_INCOMPLETE" ? [f.what] : []));
/** who talks to whom is all that ROS tells: the four other questions stay open until a person answers them */
const UNTOLD = [/what it starts/, /what it takes at most/, /its trigger `reads`/, /`growsWith` time/].map(
  (what) => expect.stringMatching(what) as string,
);
const loopOf = ({ findings }: Found): string | undefined =>
  findings.find((f) => f.code === "AUDIT_FEEDBACK_LOOP")?.what;

const environment = rosEnvironment(process.env);
const reason = environment.ok ? null : `${environment.error.code}: ${environment.error.detail}`;

/** What a node of somebody else does here. */
interface Stranger {
  createPublisher(type: string, topic: string): unknown;
  createSubscription(type: string, topic: string, heard: () => void): unknown;
  createService(type: string, name: string, asked: () => void): unknown;
  createClient(type: string, name: string): unknown;
  destroy(): void;
}
const TEXT = "std_msgs/msg/String";
const ASK = "std_srvs/srv/Trigger";

describe.skipIf(reason !== null)(`live ROS graph${reason === null ? "" : ` (skipped: ${reason})`}`, () => {
  const domain = testDomain(170);
  let rcl: Rcl;
  let context: RclContext;
  const nodes: Stranger[] = [];
  const add = (name: string, namespace = ""): Stranger => {
    const options = new rcl.NodeOptions(true, [], false, true, true);
    const node = rcl.createNode(name, namespace, context, options) as unknown as Stranger;
    nodes.push(node);
    return node;
  };
  beforeAll(async () => {
    if (!environment.ok) return;
    process.env["CYCLONEDDS_URI"] = domainConfig({
      network: "lo",
      multicast: false,
      peers: [],
      maxParticipants: 32,
    });
    rcl = await importRcl(environment.value.binding);
    context = new rcl.Context(BigInt(domain));
    await rcl.init(context, []);
    const [planner, arm] = [add("planner"), add("arm", "/cell")];
    planner.createPublisher(TEXT, "/plan");
    arm.createSubscription(TEXT, "/plan", () => undefined);
    // a question and its answer are no loop
    planner.createClient(ASK, "/cell/home");
    arm.createService(ASK, "/cell/home", () => undefined);
  }, 60_000);
  afterAll(() => {
    if (!environment.ok) return;
    for (const node of nodes) node.destroy();
    rcl.shutdown(context);
  });
  const wire = `ros2:${domain}`;

  it("nodes by their names; a chain inside one process is no loop, and neither is a service", async () => {
    const seen = () => auditOf(wire, "--live", "2", "--save", "seen.json");
    const found = await until(seen, (f) => f.seen_by[0]!.endsWith("2 parts"));
    expect(found).toMatchObject({ code: EXIT.ok, passed: true });
    expect(found.findings.map((f) => f.code)).toEqual(UNTOLD.map(() => "AUDIT_INCOMPLETE"));
    expect(openOf(found)).toEqual(UNTOLD);
    expect(found.seen_by[0]).toMatch(/^the ROS 2 graph \(\w+, \w+\) of domain \d+ in 2 s: 2 parts$/);
    const saved = JSON.parse(readFileSync(join(folder, "seen.json"), "utf8")) as {
      nodes: { name: string }[];
    };
    // also: the node that looks is no part
    expect(saved.nodes.map((n) => n.name).sort()).toEqual(["/cell/arm", "/planner"]);
    expect(saved.nodes.find((n) => n.name === "/planner")).toMatchObject({
      publishes: expect.arrayContaining(["/plan"]),
      calls: ["/cell/home"],
    });
  }, 90_000);

  it("a loop of two nodes: printed, exit code found; a stated control loop closes it", async () => {
    const [planner, arm] = nodes as [Stranger, Stranger];
    arm.createPublisher(TEXT, "/state");
    planner.createSubscription(TEXT, "/state", () => undefined);
    const found = await until(
      () => auditOf(wire, "--live", "2"),
      (f) => !f.passed,
    );
    expect(found).toMatchObject({ code: EXIT.found, passed: false });
    expect([loopOf(found)]).toEqual([
      expect.stringMatching(/part \/(planner|cell\/arm) → topic \/(plan|state) → part .* → topic .* → part/),
    ]);
    const said = await cellgate("audit", wire, "--live", "2");
    const words = said.out.replaceAll(/\s+/g, " ");
    expect(words).toMatch(/AUDIT_FEEDBACK_LOOP part .*\/planner → topic \/plan → part \/cell\/arm/);
    const stated = {
      nodes: [{ name: "/cell/arm", controlLoop: "the arm closes its loop at 1 kHz" }, { name: "/gone" }],
    };
    writeFileSync(join(folder, "stated.json"), JSON.stringify(stated));
    const closed = await until(
      () => auditOf(wire, "--live", "2", "--stated", "stated.json"),
      (f) => f.passed && openOf(f).length === UNTOLD.length + 1,
    );
    expect(closed.code).toBe(EXIT.ok);
    const others = closed.findings.filter((f) => f.code !== "AUDIT_INCOMPLETE");
    expect(others.map((f) => f.code)).toEqual(["AUDIT_FEEDBACK_GUARDED"]);
    expect(openOf(closed)).toEqual(
      expect.arrayContaining([...UNTOLD, expect.stringContaining("/gone is stated")]),
    );
  }, 90_000);

  it("two nodes of one name are said to be indistinguishable", async () => {
    add("planner");
    const found = await until(
      () => auditOf(wire, "--live", "2"),
      (f) => openOf(f).length > UNTOLD.length,
    );
    expect(openOf(found)).toEqual(expect.arrayContaining([expect.stringContaining("/planner")]));
  }, 90_000);

  it("a deployment on that domain: its own node is the cell, the others join its graph", async () => {
    const ros2 = readFileSync(join(import.meta.dirname, "../../../../launch/ros2-cell.yaml"), "utf8");
    const text = ros2.replace("domainId: 0", `domainId: ${domain}`);
    const file = join(folder, "cell.yaml");
    writeFileSync(file, text);
    add("cellgate").createSubscription(TEXT, "/cellgate_hears", () => undefined);
    const found = await until(
      () => auditOf(file, "--live", "2"),
      (f) => loopOf(f) !== undefined,
    );
    expect(found.seen_by[0]).toMatch(/^transport robot: the ROS 2 graph/);
    expect(loopOf(found)).toContain("on robot");
    const dot = (await cellgate("audit", file, "--live", "2", "--dot")).out;
    expect(dot).toContain('"robot:/cellgate_hears" -> "cell');
    expect(dot).not.toContain("part /cellgate ");
    expect(dot).not.toContain("_cellgate_audit");
  }, 90_000);

  it("where ROS cannot be asked, discovery answers and says why it is less", async (test) => {
    // not in this process: its middleware has a DDS library of its own
    const env = { ...process.env };
    delete env["ROS_DISTRO"];
    const run = (): Promise<{ code: number; out: string; err: string }> =>
      new Promise((done) =>
        execFile(
          process.execPath,
          [MAIN, "audit", wire, "--live", "2", "--json"],
          { env },
          (cause, out, err) => done({ code: cause === null ? 0 : Number(cause.code), out, err }),
        ),
      );
    const { code, out, err } = await until(run, ({ out, code }) => out === "" || code === EXIT.found);
    if (/DDS_LIBRARY/.test(err))
      return test.skip("the DDS library is not installed on this machine: discovery cannot answer");
    const found = JSON.parse(out) as Found;
    expect(code).toBe(EXIT.found);
    expect(found.seen_by[0]).toMatch(/^DDS discovery of domain .*ROS_NOT_SOURCED/);
    expect(openOf(found)).toEqual(expect.arrayContaining([expect.stringContaining("one process")]));
  }, 120_000);
});

describe("what counts as a side of a part", () => {
  it("an action is one question; its feedback is the answer and no loop", () => {
    const parts = new RosParts(2);
    for (const name of ["send_goal", "cancel_goal", "get_result"])
      parts.add("a", "calls", `/move/_action/${name}`);
    for (const name of ["feedback", "status"]) parts.add("a", "subscribes", `/move/_action/${name}`);
    parts.add("b", "serves", "/move/_action/send_goal");
    parts.add("c", "publishes", "/beyond/the/cap");
    expect(parts.list()).toEqual([
      { name: "a", publishes: [], subscribes: [], calls: ["/move (action)"] },
      { name: "b", publishes: [], subscribes: [], serves: ["/move (action)"] },
    ]);
  });
});
