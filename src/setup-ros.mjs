// Prepares the ROS 2 binding of this checkout (npm run setup:ros). Run it in a shell with ROS sourced, and
// again after installing message packages. Uses the binding's own prebuilt addon where there is one for this
// system and release, builds it otherwise; then generates the message classes and loads it once as a proof.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const given = process.argv[2];
const folder = resolve(given ?? join(root, "node_modules", "rclnodejs"));
const { ROS_DISTRO: distro, AMENT_PREFIX_PATH: prefixes } = process.env;

function stop(what, remedy) {
  console.error(`cellgate: ${what}\n  → ${remedy}`);
  process.exit(3);
}
function run(what, command, args, cwd = folder) {
  console.error(`cellgate: ${what} …`);
  const { status } = spawnSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) stop(`${what} failed`, "see the messages above; node-gyp needs g++, make and python3");
}
const osCodename = () =>
  /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1]?.trim() ?? "unknown";

if (!distro || !prefixes)
  stop("ROS 2 is not sourced in this shell", "source /opt/ros/<release>/setup.bash, then run this again");
if (spawnSync("sh", ["-c", "command -v ros2"], { stdio: "ignore" }).status !== 0)
  stop(
    "the command ros2 is not on the path",
    `install ros-${distro}-ros2cli, or source the setup file of an installation that has it`,
  );
if (!existsSync(join(folder, "package.json"))) {
  if (given !== undefined) stop(`${folder} holds no package`, "name the folder of rclnodejs");
  const { version } =
    JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages["node_modules/rclnodejs"] ??
    {};
  // its own install script would build at once and fail the whole installation where that cannot work
  run(
    "installing rclnodejs",
    "npm",
    ["install", "--no-save", "--ignore-scripts", `rclnodejs@${version ?? "2"}`],
    root,
  );
}
const addon = `${distro}-${osCodename()}-${process.arch}-node-rclnodejs.node`;
const prebuilt = join(folder, "prebuilds", `linux-${process.arch}`, addon);
if (existsSync(prebuilt)) console.error(`cellgate: a prebuilt addon is there (${addon})`);
else {
  const gyp = [join(root, "node_modules"), dirname(folder)]
    .map((f) => join(f, "node-gyp", "bin", "node-gyp.js"))
    .find(existsSync);
  if (gyp === undefined) stop("node-gyp is not installed", "npm install --no-save node-gyp");
  // an edge box may have no way out: the headers of this very Node lie beside its program where npm put it
  const home = join(dirname(process.execPath), "..");
  const headers = existsSync(join(home, "include", "node", "node.h")) ? [`--nodedir=${home}`] : [];
  run(`building the addon for ${distro}`, process.execPath, [gyp, "rebuild", "-j", "max", ...headers]);
}
run("generating message classes", process.execPath, ["scripts/generate_messages.cjs"]);
if (!existsSync(join(folder, "generated", "std_msgs")))
  stop(
    "no message classes came out",
    "std_msgs has to be installed, and python3 has to find rosidl_adapter (PYTHONPATH of the sourced ROS)",
  );

const proof = `const rcl = (await import(${JSON.stringify(`file://${folder}/dist/index.js`)})).default;
await rcl.init(); const right = rcl.createNode("cellgate_setup_check").name() === "cellgate_setup_check";
rcl.shutdown(); process.exit(right ? 0 : 1);`;
run("loading it once", process.execPath, ["--input-type=module", "-e", proof]);
console.error(`cellgate: ready for ROS 2 ${distro}. Try: cellgate run launch/ros2-cell.yaml`);
