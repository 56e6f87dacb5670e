// Prepares a fresh checkout on any Node ≥ 20: installs the dependencies when they are missing or have
// changed, with --test the real programs that the tests talk to, where the machine allows it, and then runs
// what stands behind --then on the Node that it installed.
// Plain JavaScript without dependencies: nothing is installed yet when it runs.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundledNode, handOver, keepCompiled, NEEDED, newEnough } from "./bundled-node.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = join(root, "node_modules", ".cellgate-setup");
const TEST_PROGRAMS = [
  { needs: "mosquitto", package: "mosquitto" },
  { needs: "mosquitto_pub", package: "mosquitto-clients" },
  { needs: "socat", package: "socat" },
  { needs: "strace", package: "strace" },
  { needs: "gcc", package: "gcc" },
  { needs: "g++", package: "g++" },
  { needs: "idlc", package: "cyclonedds-tools" },
  { needs: "/usr/include/dds/dds.h", package: "cyclonedds-dev" },
  { needs: "chromium", package: "chromium" },
  { needs: "pkg-config", package: "pkg-config" },
  { needs: "pkg-config sdformat", package: "libsdformat-dev" },
];

/**
 * Installing runs no script of any package. These are built afterwards by name; "allowScripts" in package.json says
 * the same to npm, and test/supply-chain.test.ts holds both together.
 */
const BUILDS = [
  // only where none of its prebuilt addons loads; its script looks first
  "@serialport/bindings-cpp",
];

const run = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
const shell = (command) => spawnSync("sh", ["-c", command], { stdio: "ignore" }).status === 0;
/** a file by its path, a program by its name, a library by what pkg-config calls it without its version */
function has(program) {
  if (program.startsWith("/")) return existsSync(program);
  const [first, library] = program.split(" ");
  if (library === undefined) return shell(`command -v ${first}`);
  return shell(`pkg-config --list-all | grep -q '^${library}[0-9]'`);
}

function lockHash() {
  const lock = join(root, "package-lock.json");
  return existsSync(lock) ? createHash("sha256").update(readFileSync(lock)).digest("hex") : "";
}

function installDependencies() {
  const wanted = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error("cellgate: installing dependencies (once, about a minute) …");
  const quiet = ["--no-fund", "--no-audit", "--loglevel", "error"];
  const stdio = ["ignore", "ignore", "inherit"];
  const result = run("npm", ["ci", "--ignore-scripts", ...quiet], { stdio });
  if (result.status !== 0) {
    console.error(
      "cellgate: npm ci failed.\n  → check the network and the message above, then run the same command again",
    );
    process.exit(3);
  }
  const built = run("npm", ["rebuild", "--ignore-scripts=false", ...quiet, ...BUILDS], { stdio });
  if (built.status !== 0)
    console.error(
      `cellgate: could not build ${BUILDS.join(", ")}; what needs it says so when it is used.\n  → npm rebuild ${BUILDS.join(" ")} shows why`,
    );
  const link = join(root, "node_modules", ".bin", "cellgate");
  if (!existsSync(link)) symlinkSync("../../src/cellgate.mjs", link);
  mkdirSync(join(root, "node_modules"), { recursive: true });
  stripSources();
  writeFileSync(stamp, wanted);
}

/** The sources of all threads, once and on one thread, before many of them start at a time. */
function stripSources() {
  const threads = readdirSync(join(root, "src"), { recursive: true })
    .filter((name) => name.endsWith("worker.ts"))
    .map((name) => pathToFileURL(join(root, "src", name)).href);
  // each refuses to run outside a thread, and is kept all the same
  const all = `for (const file of ${JSON.stringify(threads)}) await import(file).catch(() => {});`;
  run(bundledNode() ?? process.execPath, ["--input-type=module", "--eval", all], { stdio: "ignore" });
}

function installTestPrograms() {
  const missing = [...new Set(TEST_PROGRAMS.filter((p) => !has(p.needs)).map((p) => p.package))];
  if (missing.length === 0) return;
  const how = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || !has("apt-get")) {
    console.error(`cellgate: tests against real programs will be skipped; to run them: ${how}`);
    return;
  }
  console.error(`cellgate: installing test programs (${missing.join(", ")}) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quiet = { env, stdio: "ignore" };
  run("apt-get", ["update", "-qq"], quiet);
  const install = (packages) =>
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], quiet).status === 0;
  if (install(missing)) return;
  // one that this system does not have keeps none of the others away
  const failed = missing.filter((name) => !install([name]));
  if (failed.length > 0)
    console.error(`cellgate: could not install ${failed.join(", ")}; their suites say so. By hand: ${how}`);
}

/** CELLGATE_GAZEBO=obtain, as continuous integration sets it: about 260 MB, once, into the user's cache. */
const GAZEBO_MS = 900_000;
function obtainGazebo(node) {
  if (process.env.CELLGATE_GAZEBO !== "obtain") return;
  const started = performance.now();
  const { status } = run(node, ["src/main.ts", "sim", "obtain", "gazebo"], { timeout: GAZEBO_MS });
  const seconds = Math.round((performance.now() - started) / 1000);
  console.error(
    status === 0
      ? `cellgate: Gazebo is there (${seconds} s)`
      : `cellgate: Gazebo could not be had within ${seconds} s; its suites are skipped and say so`,
  );
}

/** The Node that goes on, which has to run TypeScript by itself. */
function chosenNode() {
  const node = bundledNode();
  if (node !== null) {
    const { status } = spawnSync(node, ["--version"], { stdio: "ignore" });
    if (status === 0) return node;
    console.error(`cellgate: ${node} does not run on this machine`);
  }
  if (newEnough()) return process.execPath;
  console.error(
    `cellgate needs Node ${NEEDED.join(".")} or newer; this is ${process.versions.node}, and none is pinned for ${process.platform} on ${process.arch}.\n  → install a newer Node, or name one in CELLGATE_NODE`,
  );
  process.exit(3);
}

keepCompiled();
installDependencies();
const forTests = process.argv.includes("--test");
if (forTests) installTestPrograms();
// A shell remembers where it found the first `node`; what comes next runs on the one that was just installed.
const then = process.argv.indexOf("--then");
if (then > 0) {
  const node = chosenNode();
  if (forTests) obtainGazebo(node);
  handOver(node, process.argv.slice(then + 1));
}
