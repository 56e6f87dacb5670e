import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, statfsSync } from "node:fs";
import { zenohRouterHere } from "../edge/transports/dds/index.ts";
import { rosEnvironment } from "../edge/transports/ros2/index.ts";
import { findGazebo } from "../../sim/index.ts";
import { command, EXIT } from "./command.ts";
import { wrapped } from "./wrap.ts";
import { flag, kinds, withDefault } from "./options/index.ts";

/** What one look found: fine, missing something optional, or something the node cannot run without. */
interface Finding {
  readonly part: string;
  readonly state: "good" | "optional" | "broken";
  readonly found: string;
  /** the exact command that mends it */
  readonly fix: string;
}

const good = (part: string, found: string): Finding => ({ part, state: "good", found, fix: "" });
const optional = (part: string, found: string, fix: string): Finding => ({
  part,
  state: "optional",
  found,
  fix,
});
const broken = (part: string, found: string, fix: string): Finding => ({ part, state: "broken", found, fix });

const has = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
const LIBRARY_FOLDERS = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib",
  "/usr/local/lib",
];
const hasLibrary = (names: readonly string[]): boolean =>
  LIBRARY_FOLDERS.some((folder) => names.some((name) => existsSync(`${folder}/${name}`)));
const apt = (packages: string): string => `sudo apt-get install -y ${packages}`;

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > 22 || (major === 22 && minor >= 18);
  return enough
    ? good("Node", process.versions.node)
    : broken("Node", `${process.versions.node}; 22.18 or newer is needed`, "npm install --save-dev node@24");
}
async function sqlite(): Promise<Finding> {
  try {
    const { default: Database } = await import("better-sqlite3");
    const database = new Database(":memory:");
    const { version } = database.prepare("select sqlite_version() as version").get() as { version: string };
    database.close();
    return good("SQLite (ledger)", version);
  } catch (cause) {
    return broken("SQLite (ledger)", (cause as Error).message.split("\n")[0]!, "npm ci");
  }
}
function dataFolder(folder: string): Finding {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const text = `${folder}, ${(free / 1e9).toFixed(1)} GB free`;
    return free > 1e9
      ? good("data folder", text)
      : optional("data folder", `${text}; below 1 GB the ledger soon degrades`, `df -h ${folder}`);
  } catch (cause) {
    return broken("data folder", (cause as Error).message, `sudo install -d -o "$USER" ${folder}`);
  }
}
function ros(env: Readonly<Record<string, string | undefined>>): Finding {
  if (!env["ROS_DISTRO"] || !env["AMENT_PREFIX_PATH"])
    return optional(
      "ROS 2 (transport ros2)",
      "not sourced; transport dds speaks to ROS 2 without it",
      "source /opt/ros/jazzy/setup.bash && npm run setup:ros",
    );
  const found = rosEnvironment(env);
  if (found.ok)
    return good(
      "ROS 2 (transport ros2)",
      `${found.value.distro}, ${found.value.middleware ?? "its default middleware"}`,
    );
  const { code, detail } = found.error;
  return optional(
    "ROS 2 (transport ros2)",
    `${env["ROS_DISTRO"]} is sourced, but ${detail}`,
    code === "ROS_MIDDLEWARE_MISSING"
      ? apt(`ros-${env["ROS_DISTRO"]}-${String(env["RMW_IMPLEMENTATION"]).replaceAll("_", "-")}`)
      : "npm run setup:ros",
  );
}
/** Where the robot's nodes speak Zenoh, a wire on DDS sees nothing of them. */
function zenoh(env: Readonly<Record<string, string | undefined>>): Finding[] {
  const chosen = env["RMW_IMPLEMENTATION"]?.startsWith("rmw_zenoh") === true;
  if (!chosen && !zenohRouterHere()) return [];
  const found = chosen
    ? `RMW_IMPLEMENTATION is ${env["RMW_IMPLEMENTATION"]}`
    : "a router listens on port 7447";
  return [
    optional(
      "Zenoh (transport ros2)",
      `${found}; transport dds sees none of these nodes`,
      "use kind: ros2 in the deployment",
    ),
  ];
}
const dds = (): Finding =>
  hasLibrary(["libddsc.so.0debian", "libddsc.so.0", "libddsc.so"])
    ? good("Cyclone DDS (transport dds)", "library found")
    : optional("Cyclone DDS (transport dds)", "library not found", apt("libddsc0debian"));
const program = (part: string, name: string, packages: string): Finding =>
  has(name) ? good(part, name) : optional(part, `${name} not found`, apt(packages));
function realTime(): Finding {
  const allowed = spawnSync("sh", ["-c", "ulimit -r"], { encoding: "utf8" }).stdout.trim();
  return process.getuid?.() === 0 || Number(allowed) > 0
    ? good("real-time scheduling", "allowed (launch/cellgate.service uses it)")
    : optional(
        "real-time scheduling",
        "not allowed for this user; the loop's p99.9 is worse under load",
        "sudo cp launch/cellgate.service /etc/systemd/system/ && sudo systemctl enable --now cellgate",
      );
}
function gazebo(env: Readonly<Record<string, string | undefined>>): Finding {
  const found = findGazebo(env);
  return found.ok
    ? good("Gazebo 11 (sim --engine gazebo)", `${found.value.version} in ${found.value.root}`)
    : optional(
        "Gazebo 11 (sim --engine gazebo)",
        "not ready; the engines embedded and mujoco serve",
        "npx cellgate sim obtain gazebo",
      );
}

const SIGNS = { good: "✓", optional: "·", broken: "✗" } as const;
const PART_COLUMNS = 32;
/** The fix stands on a line of its own, whole: it is there to be copied. */
function inWords({ state, part, found, fix }: Finding, columns: number): string[] {
  const lines = wrapped(`${SIGNS[state]} ${part.padEnd(PART_COLUMNS)} ${found}`, columns, PART_COLUMNS + 3);
  return fix === "" ? lines : [...lines, `    → ${fix}`];
}

export const doctorCommand = command({
  words: ["doctor"],
  summary: "what is missing on this machine, and the exact command that fixes it",
  example: "cellgate doctor",
  options: {
    data: withDefault(kinds.nodeFolder, "data", "data folder to check"),
    json: flag("one JSON object per line"),
  },
  async run({ values }, io) {
    const findings = [
      node(),
      await sqlite(),
      dataFolder(values.data),
      dds(),
      ros(io.env),
      ...zenoh(io.env),
      program("MQTT broker (tests, examples)", "mosquitto", "mosquitto mosquitto-clients"),
      program("virtual serial ports (tests)", "socat", "socat"),
      program("fault injection (tests)", "strace", "strace"),
      program("browser (tests)", "chromium", "chromium"),
      gazebo(io.env),
      realTime(),
    ];
    for (const f of findings) {
      if (values.json) io.out(JSON.stringify(f));
      else for (const line of inWords(f, io.columns)) io.out(line);
    }
    return findings.some((f) => f.state === "broken") ? EXIT.failed : EXIT.ok;
  },
});
