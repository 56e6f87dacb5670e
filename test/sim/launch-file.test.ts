import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { classicSdfOf } from "../../sim/worlds/classic.ts";
import { modernSdfOf } from "../../sim/worlds/modern.ts";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";

const launch = resolve(import.meta.dirname, "../../launch");
const folder = mkdtempSync(join(tmpdir(), "cellgate-launch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** ROS 2's launch package reduced to what a launch file says with it. */
const LISTEN = `
import json, os, runpy, sys, types
class Said:
    def __init__(self, *args, **more): self.kind = type(self).__name__; self.args = args; self.more = more
names = {"launch": ["LaunchDescription"], "launch.actions": ["DeclareLaunchArgument", "ExecuteProcess", "LogInfo", "OpaqueFunction", "RegisterEventHandler", "Shutdown"], "launch.event_handlers": ["OnProcessExit"], "launch.substitutions": ["LaunchConfiguration"]}
for module, parts in names.items():
    sys.modules[module] = types.ModuleType(module)
    for part in parts: setattr(sys.modules[module], part, type(part, (Said,), {}))
given = {}
sys.modules["launch.substitutions"].LaunchConfiguration.perform = lambda self, context: given[self.args[0]]
described = runpy.run_path(sys.argv[1])["generate_launch_description"]().args[0]
for part in described:
    if part.kind == "DeclareLaunchArgument": given[part.args[0]] = part.more["default_value"]
given.update(json.loads(sys.argv[2]))
started = [part for action in described if action.kind == "OpaqueFunction" for part in action.more["function"](None)]
ends = [handler.args[0].more for handler in started if handler.kind == "RegisterEventHandler"]
print(json.dumps({"arguments": sorted(given), "processes": {p.more["name"]: p.more["cmd"] for p in started if p.kind == "ExecuteProcess"}, "endings": [[e["target_action"].more["name"], [x.kind for x in e["on_exit"]]] for e in ends]}))
`;
interface Launched {
  readonly arguments: readonly string[];
  readonly processes: Readonly<Record<string, readonly string[]>>;
  readonly endings: readonly (readonly [string, readonly string[]])[];
}
function launched(change: Record<string, string> = {}): Launched {
  const { stdout, stderr, status } = spawnSync(
    "python3",
    ["-B", "-c", LISTEN, join(launch, "sim.launch.py"), JSON.stringify(change)],
    {
      encoding: "utf8",
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}`, TMPDIR: folder },
    },
  );
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Launched;
}

const noPython = runs("python3", "--version") ? "" : " (skipped: python3 is not installed)";
describe.skipIf(noPython !== "")(`sim.launch.py${noPython}`, () => {
  it("starts simulator, bridge and node with files that exist; when one ends, all end", () => {
    const { processes, endings } = launched();
    expect(Object.keys(processes).sort()).toEqual(["bridge", "cellgate", "gz"]);
    expect(processes.gz!.slice(0, 6)).toEqual(["gz", "sim", "-s", "-r", "--seed", "1"]);
    expect(existsSync(processes.gz!.at(-1)!)).toBe(true);
    expect(processes.gz).not.toContain("--headless-rendering");
    const config = processes.bridge!.find((word) => word.startsWith("config_file:="))!;
    expect(existsSync(config.slice("config_file:=".length))).toBe(true);
    expect(processes.bridge!.slice(0, 4)).toEqual(["ros2", "run", "ros_gz_bridge", "parameter_bridge"]);
    for (const file of processes.cellgate!.slice(1, 4).filter((word) => word.includes("/")))
      expect(existsSync(file)).toBe(true);
    expect(endings).toEqual(["gz", "bridge", "cellgate"].map((name) => [name, ["Shutdown"]]));
  });
  it("hands its arguments on", () => {
    const { processes, arguments: known } = launched({ seed: "9", render: "true", data: "/d" });
    expect(known).toEqual(["data", "deployment", "render", "seed"]);
    expect(processes.gz).toContain("--headless-rendering");
    expect(processes.gz!.join(" ")).toContain("--seed 9");
    expect(processes.cellgate!.slice(-2)).toEqual(["--data", "/d"]);
  });
});

const CHECK = `#include <iostream>
#include <sdf/sdf.hh>
int main(int, char **argv) {
  sdf::Root root;
  for (const auto &error : root.Load(argv[1])) std::cout << "error: " << error.Message() << "\\n";
  const auto *world = root.WorldByIndex(0);
  for (uint64_t i = 0; world && i < world->ModelCount(); i++) {
    const auto *model = world->ModelByIndex(i);
    std::cout << model->Name() << " " << model->LinkCount() << " " << model->JointCount() << "\\n";
  }
}
`;
const sdformat = ["sdformat14", "sdformat13", "sdformat12"].find((name) =>
  runs("pkg-config", "--exists", name),
);

describe.skipIf(sdformat === undefined || !runs("g++", "--version"))(
  `worlds in libsdformat${sdformat === undefined ? " (skipped: libsdformat-dev is not installed)" : ""}`,
  () => {
    it("both dialects load without an error: five models, an arm of eight joints", () => {
      const flags = spawnSync("pkg-config", ["--cflags", "--libs", sdformat!], { encoding: "utf8" });
      const program = join(folder, "check");
      writeFileSync(`${program}.cc`, CHECK);
      const built = spawnSync("g++", [`${program}.cc`, "-o", program, ...flags.stdout.trim().split(/\s+/)], {
        encoding: "utf8",
      });
      expect(built.status, built.stderr).toBe(0);
      for (const [name, text] of [
        ["modern", modernSdfOf(ROBOT_FACTORY)],
        ["classic", classicSdfOf(ROBOT_FACTORY, null)],
      ] as const) {
        const file = join(folder, `${name}.sdf`);
        writeFileSync(file, text);
        const { stdout } = spawnSync(program, [file], { encoding: "utf8" });
        expect(stdout).not.toContain("error");
        expect(stdout.trim().split("\n")).toHaveLength(5);
        expect(stdout).toContain("arm 8 8");
      }
    }, 120_000);
  },
);
