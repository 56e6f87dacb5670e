import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { openServiceNotify, startServiceNotify } from "../../../../src/cli/service-notify.ts";
import { deploymentSchema } from "../../../../src/core/domain/deployment/index.ts";
import { ACTUATORS } from "../../../../src/edge/actuators/registry.ts";
import { TRANSPORTS } from "../../../../src/edge/transports/registry.ts";
import { until } from "../../../contract/ros-door.ts";

const root = join(import.meta.dirname, "../../../..");
const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");
const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const needs = (program: string, title: string): string =>
  has(program) ? title : `${title} (skipped: ${program} is not installed)`;

describe("the deployment that a robot under ROS 2 starts from", () => {
  const raw = parse(read("launch", "ros2-cell.yaml")) as { transports: { robot: Record<string, unknown> } };
  const deployment = deploymentSchema.parse(raw);
  it.each(["ros2", "dds"])("is good as it stands with kind: %s", (kind) => {
    const settings = TRANSPORTS.find((t) => t.kind === kind)!.schema.safeParse({
      ...raw.transports.robot,
      kind,
    });
    expect(settings.error?.issues ?? []).toEqual([]);
  });
  it("every actuator's address is a topic or service that the transport declares", () => {
    const actions = Object.values(raw.transports.robot["actions"] as Record<string, { controller: string }>);
    const out = [
      ...Object.keys(raw.transports.robot["out"] as object),
      ...actions.map((action) => action.controller),
    ];
    for (const [name, actuator] of Object.entries(deployment.actuators)) {
      expect(out, name).toContain(actuator.address);
      expect(ACTUATORS.find((a) => a.kind === actuator.kind)?.schema.safeParse(actuator).success, name).toBe(
        true,
      );
    }
  });
  it("releases nothing over ROS", () => expect(raw.transports.robot["release"]).toBe("off"));
});

describe("what an installation reads", () => {
  it("package.xml carries the version of package.json and is well formed", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    expect(read("launch", "package.xml")).toContain(`<version>${version}</version>`);
  });
  it.skipIf(!has("python3"))(needs("python3", "the launch file is Python"), () => {
    const program =
      "import ast, sys; tree = ast.parse(open(sys.argv[1]).read()); print([n.name for n in tree.body if isinstance(n, ast.FunctionDef)][0])";
    expect(
      execFileSync("python3", ["-c", program, join(root, "launch", "cellgate.launch.py")], {
        encoding: "utf8",
      }).trim(),
    ).toBe("generate_launch_description");
  });
  it.skipIf(!has("systemd-analyze"))(needs("systemd-analyze", "systemd understands the unit"), () => {
    const { stderr } = spawnSync("systemd-analyze", ["verify", join(root, "launch", "cellgate.service")], {
      encoding: "utf8",
    });
    const complaints = stderr
      .split("\n")
      .filter((line) => line.includes("cellgate.service") && !line.includes("is not executable"));
    expect(complaints).toEqual([]);
  });
});

describe("the unit neither starves the machine nor gives up", () => {
  const unit = read("launch/cellgate.service");
  const setting = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];

  it("no real time for the whole process: threads that wait for each other would hang it", () => {
    expect(setting("CPUSchedulingPolicy") ?? "other").toBe("other");
    expect(Number(setting("Nice"))).toBeGreaterThanOrEqual(-15);
  });
  it("a start limit never leaves the cell without a node", () => {
    expect(setting("Restart")).toBe("always");
    expect(setting("StartLimitIntervalSec")).toBe("0");
  });
  it("an end has the time that it needs to come to rest", () => {
    expect(Number(setting("TimeoutStopSec"))).toBeGreaterThan(5 + 5);
  });
  it.skipIf(!has("taskset") || process.getuid?.() !== 0)(
    "under its scheduling, on two cores, a node starts, runs and ends (skipped without taskset or root)",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "cellgate-unit-"));
      const started = spawnSync(
        "taskset",
        [
          "-c",
          "0,1",
          "nice",
          "-n",
          setting("Nice")!,
          process.execPath,
          "src/main.ts",
          "run",
          "launch/demo-cell.yaml",
        ].concat(["--for", "2s", "--speed", "max", "--json", "--data", folder]),
        { cwd: root, encoding: "utf8" },
      );
      rmSync(folder, { recursive: true, force: true });
      expect(started.status, started.stderr).toBe(0);
      expect(started.stdout).toContain('"kind":"end"');
    },
    300_000,
  );
});

describe("H39 the service manager is told", () => {
  it("nothing when there is none", async () => {
    for (const socket of [undefined, "", "relative", `/${"x".repeat(200)}`])
      expect(await openServiceNotify({ NOTIFY_SOCKET: socket })).toBeNull();
  });
  const folder = mkdtempSync(join(tmpdir(), "cellgate-notify-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  it.skipIf(!has("socat"))(needs("socat", "ready, alive and ending, as datagrams"), async () => {
    const path = join(folder, "notify");
    const manager = spawn("socat", ["-u", `UNIX-RECV:${path}`, "-"]);
    let heard = "";
    manager.stdout.on("data", (data: Buffer) => {
      heard += data.toString();
    });
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "40000", WATCHDOG_PID: String(process.pid) };
    const notify = (await openServiceNotify(env))!;
    expect(notify.watchdogMs).toBe(20);
    await until("the manager listens", () => notify.say("STATUS=hello") && heard.includes("hello"));
    const ends = await startServiceNotify(env);
    await until("ready, then alive", () => /READY=1[\s\S]*WATCHDOG=1[\s\S]*WATCHDOG=1/.test(heard));
    ends();
    await until("ending", () => heard.includes("STOPPING=1"));
    manager.kill();
    const gone = new Promise((resolve) => manager.once("exit", resolve));
    await gone;
    expect(notify.say("WATCHDOG=1")).toBe(false);
  });
  it("a watchdog of another process is not ours", async () => {
    const env = { NOTIFY_SOCKET: "/nonexistent", WATCHDOG_USEC: "40000", WATCHDOG_PID: "1" };
    expect((await openServiceNotify(env))?.watchdogMs ?? null).toBeNull();
  });
});
