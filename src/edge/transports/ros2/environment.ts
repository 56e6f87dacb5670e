import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { err, ok, type Result } from "../../../core/base/result.ts";
import type { Code } from "../../../core/domain/index.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Releases that the binding knows; the first is what it was run on. */
export const KNOWN_DISTROS: readonly string[] = ["humble", "jazzy", "kilted", "lyrical"];

export interface RosEnvironment {
  readonly distro: string;
  readonly prefixes: readonly string[];
  /** null: the default of the installation */
  readonly middleware: string | null;
  /** true: the middleware authenticates every participant */
  readonly secured: boolean;
  /** folder of the rclnodejs package, with an addon built for this release */
  readonly binding: string;
}
export interface EnvironmentFault {
  readonly code: Extract<Code, "ROS_NOT_SOURCED" | "ROS_MIDDLEWARE_MISSING" | "ROS_BINDING_MISSING">;
  readonly detail: string;
}
const fault = (code: EnvironmentFault["code"], detail: string) => err({ code, detail });

/**
 * Whether the ROS binding may be imported. Asked before every import, because the import itself starts a
 * build when there is nothing to load, destroys a good addon without a ROS environment, ends the process
 * when the middleware is missing, and aborts it on any thread but the first.
 */
export function rosEnvironment(env: Environment, library?: string): Result<RosEnvironment, EnvironmentFault> {
  const distro = env["ROS_DISTRO"];
  const prefixPath = env["AMENT_PREFIX_PATH"];
  if (!distro || !prefixPath) return fault("ROS_NOT_SOURCED", "ROS_DISTRO and AMENT_PREFIX_PATH are not set");
  if (!isMainThread) return fault("ROS_BINDING_MISSING", "the binding works on the first thread only");
  const prefixes = prefixPath.split(":").filter((p) => p !== "");
  const middleware = env["RMW_IMPLEMENTATION"] || null;
  if (middleware !== null && !hasLibrary(middleware, prefixes, env))
    return fault("ROS_MIDDLEWARE_MISSING", `lib${middleware}.so is in none of ${prefixes.join(", ")}`);
  const binding = library ?? installedBinding();
  if (binding === null) return fault("ROS_BINDING_MISSING", "the package rclnodejs is not installed");
  const missing = bindingMissing(binding, distro);
  if (missing !== null) return fault("ROS_BINDING_MISSING", missing);
  const secured =
    env["ROS_SECURITY_ENABLE"] === "true" &&
    env["ROS_SECURITY_STRATEGY"] === "Enforce" &&
    existsSync(env["ROS_SECURITY_KEYSTORE"] ?? "");
  return ok({ distro, prefixes, middleware, secured, binding });
}

function hasLibrary(middleware: string, prefixes: readonly string[], env: Environment): boolean {
  if (!/^[A-Za-z0-9_]+$/.test(middleware)) return false;
  const folders = [...prefixes.map((p) => join(p, "lib")), ...(env["LD_LIBRARY_PATH"] ?? "").split(":")];
  return folders.some((folder) => folder !== "" && existsSync(join(folder, `lib${middleware}.so`)));
}

function installedBinding(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve("rclnodejs/package.json"));
  } catch {
    return null;
  }
}

/** Why importing the package would start a build or fail, or null. */
export function bindingMissing(folder: string, distro: string): string | null {
  if (!existsSync(join(folder, "package.json"))) return `${folder} holds no package`;
  const built = join(folder, "build", "Release", "rclnodejs.node");
  const prebuilt = join(
    folder,
    "prebuilds",
    `linux-${process.arch}`,
    `${distro}-${ubuntuName()}-${process.arch}-node-rclnodejs.node`,
  );
  if (!existsSync(built) && !existsSync(prebuilt))
    return `no addon for ${distro}: neither ${built} nor ${prebuilt}`;
  if (!existsSync(join(folder, "generated", "std_msgs"))) return "message classes have not been generated";
  return null;
}
function ubuntuName(): string {
  try {
    return /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1]?.trim() ?? "unknown";
  } catch {
    return "unknown";
  }
}
