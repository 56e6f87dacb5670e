import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { err, ok, type Result } from "../../src/core/base/result.ts";

/** Gazebo 11 as Debian 11 ships it: the last release that runs without a render engine on a plain CPU. */
export const GAZEBO_VERSION = "11.1.0+dfsg-6";
export const GAZEBO_SUITE = "bullseye";

/** A Gazebo in a folder of its own: nothing of the system is changed, nobody needs to be root. */
export interface GazeboPrefix {
  readonly root: string;
  readonly version: string;
  /** SHA-256 over the list of packages and their hashes */
  readonly packagesSha256: string;
  readonly plugin: string;
  /** SHA-256 of what the plugin was built from: the same on every machine, unlike the built file */
  readonly pluginSource: string;
}
interface Complete {
  readonly version: string;
  readonly packagesSha256: string;
  readonly source: string;
  readonly pluginSha256: string;
}

export const cacheFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  env.CELLGATE_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "cellgate");
export const prefixFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  join(cacheFolder(env), `gazebo-${GAZEBO_VERSION}`);
export const PLUGIN_SOURCES = ["cellgate-lockstep.cc", "bookworm-compat.h"].map((name) =>
  join(import.meta.dirname, name),
);
export const PLUGIN_FILE = "libcellgate_lockstep.so";

/** The plugin in the cache must be made from the sources at hand. */
export function pluginSourceHash(): string {
  const hash = createHash("sha256");
  for (const file of PLUGIN_SOURCES) hash.update(readFileSync(file));
  return hash.digest("hex");
}

/** The Gazebo in the cache, or what is missing and how to get it. Looks only; downloads nothing. */
export function findGazebo(env: Readonly<Record<string, string | undefined>>): Result<GazeboPrefix, string> {
  const root = prefixFolder(env);
  const note = join(root, "complete.json");
  if (!existsSync(note))
    return err(`Gazebo ${GAZEBO_VERSION} is not in ${root}; get it with: cellgate sim obtain gazebo`);
  let complete: Complete;
  try {
    complete = JSON.parse(readFileSync(note, "utf8")) as Complete;
  } catch (cause) {
    return err(
      `${note} cannot be read (${(cause as Error).message}); delete ${root} and run: cellgate sim obtain gazebo`,
    );
  }
  if (complete.version !== GAZEBO_VERSION)
    return err(
      `${root} holds Gazebo ${complete.version}, expected ${GAZEBO_VERSION}; delete it and run: cellgate sim obtain gazebo`,
    );
  const plugin = join(root, PLUGIN_FILE);
  if (!existsSync(plugin) || sha256File(plugin) !== complete.pluginSha256)
    return err(`${plugin} is missing or was changed; run: cellgate sim obtain gazebo`);
  if (complete.source !== pluginSourceHash())
    return err(
      `the lockstep plugin in ${root} was built from other sources; run: cellgate sim obtain gazebo`,
    );
  const { version, packagesSha256, source: pluginSource } = complete;
  return ok({ root, version, packagesSha256, plugin, pluginSource });
}

export const sha256File = (file: string): string =>
  createHash("sha256").update(readFileSync(file)).digest("hex");

/** Folders with libraries inside the prefix; some packages keep theirs in folders of their own. */
const LIBRARIES = [
  "lib/x86_64-linux-gnu",
  "usr/lib/x86_64-linux-gnu",
  "usr/lib",
  "usr/lib/x86_64-linux-gnu/blas",
  "usr/lib/x86_64-linux-gnu/lapack",
  "usr/lib/x86_64-linux-gnu/pulseaudio",
  "usr/lib/x86_64-linux-gnu/gazebo-11/plugins",
];

/** How a server of this prefix is started: through its own loader, so that it meets its own C library. */
export function serverCommand(
  prefix: GazeboPrefix,
  world: string,
): { readonly file: string; readonly args: readonly string[] } {
  const at = (path: string): string => join(prefix.root, "root", path);
  return {
    file: at("lib/x86_64-linux-gnu/ld-2.31.so"),
    args: ["--library-path", LIBRARIES.map(at).join(":"), at("usr/bin/gzserver-11.1.0"), "--verbose", world],
  };
}

export function serverEnvironment(prefix: GazeboPrefix, home: string, port: number): Record<string, string> {
  const at = (path: string): string => join(prefix.root, "root", path);
  return {
    HOME: home,
    PATH: "/usr/bin:/bin",
    GAZEBO_MASTER_URI: `http://127.0.0.1:${port}`,
    GAZEBO_IP: "127.0.0.1",
    GAZEBO_MODEL_DATABASE_URI: "",
    GAZEBO_RESOURCE_PATH: at("usr/share/gazebo-11"),
    GAZEBO_PLUGIN_PATH: `${prefix.root}:${at("usr/lib/x86_64-linux-gnu/gazebo-11/plugins")}`,
    GAZEBO_MODEL_PATH: home,
    SDF_PATH: at("usr/share/sdformat9"),
  };
}
