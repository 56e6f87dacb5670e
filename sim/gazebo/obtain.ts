import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../src/core/base/result.ts";
import {
  GAZEBO_SUITE,
  findGazebo,
  GAZEBO_VERSION,
  PLUGIN_FILE,
  PLUGIN_SOURCES,
  pluginSourceHash,
  prefixFolder,
  sha256File,
} from "./prefix.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const SOURCES = ["/etc/apt/sources.list", ...listed("/etc/apt/sources.list.d")];
const PACKAGES = ["gazebo", "gazebo-plugin-base"];
/** Headers for the plugin, without what their packages would pull in. */
const HEADERS = [
  "libgazebo-dev",
  "libignition-math-dev",
  "libignition-transport-dev",
  "libignition-msgs-dev",
  "libignition-common-dev",
  "libignition-fuel-tools-dev",
  "libsdformat-dev",
  "libboost1.74-dev",
  "libprotobuf-dev",
  "libtbb-dev",
  "libtinyxml-dev",
  "libtinyxml2-dev",
  "libjsoncpp-dev",
  "libzip-dev",
  "uuid-dev",
];
const INCLUDES = [
  "",
  "gazebo-11",
  "sdformat-9.3",
  "ignition/math6",
  "ignition/transport8",
  "ignition/msgs5",
  "ignition/common3",
  "ignition/fuel_tools4",
];
/** What a server without a screen never opens. */
const USELESS = [
  "doc",
  "man",
  "locale",
  "fonts",
  "proj",
  "X11",
  "icons",
  "mime",
  "libwacom",
  "gazebo-11/media",
  "gazebo-11/models",
]
  .map((name) => `usr/share/${name}`)
  .concat("usr/lib/x86_64-linux-gnu/dri");
const STEP_TIMEOUT_MS = 900_000;

export interface ObtainReport {
  /** done and total are pieces of work, not bytes */
  progress(done: number, total: number, what: string): void;
}

/** Fetches Gazebo 11 into the cache and builds the plugin there. Verified by apt's signatures, version and hashes. */
export async function obtainGazebo(
  env: Readonly<Record<string, string | undefined>>,
  report: ObtainReport,
): Promise<Result<string, string>> {
  const missing = ["apt-get", "dpkg-deb", "g++"].filter((tool) => !onPath(tool, env));
  if (process.platform !== "linux" || process.arch !== "x64")
    return err("Gazebo 11 is available here for Linux on x64 only; the mujoco engine runs everywhere");
  if (missing.length > 0)
    return err(`needs ${missing.join(", ")}; on Debian: sudo apt-get install apt dpkg g++`);
  if (!existsSync(KEYRING))
    return err(`needs ${KEYRING}; on Debian: sudo apt-get install debian-archive-keyring`);
  const target = prefixFolder(env);
  if (findGazebo(env).ok) {
    report.progress(100, 100, "already there, unchanged");
    return ok(target);
  }
  try {
    if (!existsSync(join(target, "packages.sha256"))) await fetchPrefix(target, report);
    await buildPlugin(target, report);
    return ok(target);
  } catch (cause) {
    return err((cause as Error).message);
  }
}

const onPath = (tool: string, env: Readonly<Record<string, string | undefined>>): boolean =>
  (env.PATH ?? "/usr/bin:/bin").split(":").some((folder) => existsSync(join(folder, tool)));

async function fetchPrefix(target: string, report: ObtainReport): Promise<void> {
  // everything happens beside the target: an interrupted download leaves nothing that looks whole
  const work = `${target}.part`;
  const apt = join(work, "apt");
  mkdirSync(join(apt, "lists/partial"), { recursive: true });
  mkdirSync(join(apt, "archives/partial"), { recursive: true });
  writeFileSync(join(apt, "status"), "");
  writeFileSync(join(apt, "sources.list"), `deb [signed-by=${KEYRING}] ${mirror()} ${GAZEBO_SUITE} main\n`);
  const options = aptOptions(apt);
  report.progress(0, 100, "reading Debian 11's package list");
  await run("apt-get", [...options, "update"], work);
  report.progress(3, 100, "downloading about 260 MB");
  await run("apt-get", [...options, "-y", "--download-only", "install", ...PACKAGES], work);
  const archives = join(apt, "archives");
  if (!existsSync(join(archives, `gazebo_${GAZEBO_VERSION.replace(":", "%3a")}_amd64.deb`)))
    throw new Error(`the mirror has another Gazebo than ${GAZEBO_VERSION}; nothing was installed`);
  const headers = join(work, "headers-debs");
  mkdirSync(headers, { recursive: true });
  report.progress(45, 100, "downloading headers");
  await run("apt-get", [...options, "download", ...HEADERS], headers);
  const list = await unpackAll(archives, join(work, "root"), (share) =>
    report.progress(48 + Math.floor(share * 35), 100, "unpacking"),
  );
  const more = await unpackAll(headers, join(work, "include"), (share) =>
    report.progress(83 + Math.floor(share * 7), 100, "unpacking headers"),
  );
  for (const path of USELESS) rmSync(join(work, "root", path), { recursive: true, force: true });
  rmSync(apt, { recursive: true });
  rmSync(headers, { recursive: true });
  writeFileSync(join(work, "packages.sha256"), [...list, ...more].join(""));
  rmSync(target, { recursive: true, force: true });
  renameSync(work, target);
}

const aptOptions = (apt: string): string[] =>
  Object.entries({
    "Dir::State": apt,
    "Dir::State::status": join(apt, "status"),
    "Dir::State::lists": join(apt, "lists"),
    "Dir::Cache": apt,
    "Dir::Cache::archives": join(apt, "archives"),
    "Dir::Etc::sourcelist": join(apt, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "APT::Architecture": "amd64",
    "APT::Install-Recommends": "false",
    "Debug::NoLocking": "true",
    "Acquire::Languages": "none",
    // the suite is archived: its list no longer changes and its date of expiry has passed
    "Acquire::Check-Valid-Until": "false",
    "APT::Sandbox::User": "",
  }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);

async function unpackAll(from: string, to: string, report: (share: number) => void): Promise<string[]> {
  mkdirSync(to, { recursive: true });
  const debs = readdirSync(from)
    .filter((name) => name.endsWith(".deb"))
    .sort();
  const list: string[] = [];
  for (const [i, deb] of debs.entries()) {
    list.push(`${sha256File(join(from, deb))}  ${deb}\n`);
    await run("dpkg-deb", ["-x", join(from, deb), to], to);
    report((i + 1) / debs.length);
  }
  return list;
}

async function buildPlugin(target: string, report: ObtainReport): Promise<void> {
  report.progress(90, 100, "building the lockstep plugin");
  const include = INCLUDES.flatMap((path) => ["-I", join(target, "include/usr/include", path)]);
  const built = join(target, `${PLUGIN_FILE}.part`);
  const [source = "", compat = ""] = PLUGIN_SOURCES;
  await run(
    "g++",
    ["-std=c++17", "-O2", "-fPIC", "-shared", "-w", "-include", compat, ...include, "-o", built, source],
    target,
  );
  const plugin = join(target, PLUGIN_FILE);
  renameSync(built, plugin);
  const complete = {
    version: GAZEBO_VERSION,
    packagesSha256: createHash("sha256")
      .update(readFileSync(join(target, "packages.sha256")))
      .digest("hex"),
    source: pluginSourceHash(),
    pluginSha256: sha256File(plugin),
  };
  writeFileSync(join(target, "complete.json.part"), `${JSON.stringify(complete, null, 2)}\n`);
  renameSync(join(target, "complete.json.part"), join(target, "complete.json"));
  report.progress(100, 100, "done");
}

/** Runs a program to its end; the error carries its last words. */
async function run(file: string, args: readonly string[], cwd: string): Promise<void> {
  const child: ChildProcess = spawn(file, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
  });
  let words = "";
  const keep = (chunk: Buffer): void => {
    words = (words + chunk.toString()).slice(-2_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const timer = setTimeout(() => child.kill("SIGKILL"), STEP_TIMEOUT_MS);
  const code = await new Promise<number | string>((resolve) => {
    child.on("error", (cause) => resolve(cause.message));
    child.on("close", (status, signal) => resolve(status ?? signal ?? "?"));
  });
  clearTimeout(timer);
  if (code !== 0)
    throw new Error(`${file} ended with ${code}: ${words.trim().split("\n").slice(-4).join(" | ")}`);
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
/** The mirror that this machine already uses for Debian; CELLGATE_DEBIAN_MIRROR names another one. */
function mirror(): string {
  const named = process.env["CELLGATE_DEBIAN_MIRROR"];
  if (named !== undefined) return named;
  for (const file of SOURCES) {
    if (!existsSync(file)) continue;
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\S+\/debian)\/?(?:\s|$)/m.exec(
      readFileSync(file, "utf8"),
    );
    if (found !== null) return found[1]!;
  }
  throw new Error(
    "no Debian mirror among this machine's package sources; name one in CELLGATE_DEBIAN_MIRROR",
  );
}
