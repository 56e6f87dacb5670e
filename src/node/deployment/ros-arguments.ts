import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { err, ok, type Result } from "../../core/base/result.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";
import type { Deployment } from "../../core/domain/index.ts";
import { boundedYaml } from "../../edge/files/index.ts";
import { parseRosRemap, resolveRosName, type RosRemap } from "../../edge/wire/index.ts";
import type { Setting } from "./load.ts";

/** What stands between --ros-args and the end, or --. */
export interface RosArguments {
  readonly node: string | null;
  readonly namespace: string | null;
  readonly remaps: readonly string[];
  /** parameters by their names, the last one counts; names are places in the deployment */
  readonly parameters: ReadonlyMap<string, unknown>;
}
const ROS: ReadonlySet<string> = new Set(["ros2", "dds"]);
/** about logging and security contexts: nothing of ours */
const WITH_VALUE: ReadonlySet<string> = new Set([
  "--log-level",
  "--log-config-file",
  "--enclave",
  "-e",
  "--log-file-name",
]);
const ALONE = /^--(?:enable|disable)-(?:rosout-logs|stdout-logs|external-lib-logs)$/;
const TRUE_NAME = /^[a-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_/~]+)*$/;

/** Takes the arguments of ROS out of a command line: what `ros2 run` and a Node of a launch file hand over. */
export function splitRosArguments(argv: readonly string[]): {
  readonly own: readonly string[];
  readonly ros: readonly string[];
} {
  const own: string[] = [];
  const ros: string[] = [];
  let inside = false;
  for (const word of argv) {
    if (word === "--ros-args") inside = true;
    else if (inside && word === "--") inside = false;
    else (inside ? ros : own).push(word);
  }
  return { own, ros };
}

export function readRosArguments(words: readonly string[], cwd: string): Result<RosArguments, string> {
  let node: string | null = null;
  let namespace: string | null = null;
  const remaps: string[] = [];
  const parameters = new Map<string, unknown>();
  const files: string[] = [];
  const stated: [string, unknown][] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (ALONE.test(word)) continue;
    const value = words[++i];
    if (value === undefined) return err(`${word} needs a value`);
    if (word === "-r" || word === "--remap") {
      const remap = parseRosRemap(value);
      if (!remap.ok) return remap;
      if (remap.value.from === "__ns") namespace = remap.value.to;
      else if (remap.value.from === "__node" || remap.value.from === "__name") node = remap.value.to;
      else remaps.push(value);
    } else if (word === "-p" || word === "--param") {
      const at = value.indexOf(":=");
      if (at < 1) return err(`"${value}" is not name:=value`);
      stated.push([value.slice(0, at), yamlValue(value.slice(at + 2))]);
    } else if (word === "--params-file") files.push(resolve(cwd, value));
    else if (!WITH_VALUE.has(word)) return err(`${word} is no argument of ROS that is known here`);
  }
  for (const file of files) {
    const read = fromFile(file, node ?? "cellgate", namespace ?? "/");
    if (!read.ok) return read;
    for (const [name, value] of read.value) parameters.set(name, value);
  }
  for (const [name, value] of stated) parameters.set(name, value);
  return checked({ node, namespace, remaps, parameters });
}

/** Simulated time would come from somebody else's clock: silence and age are not judged by that. */
function checked(found: RosArguments): Result<RosArguments, string> {
  const simulated = found.parameters.get("use_sim_time");
  if (simulated !== undefined && simulated !== false)
    return err(
      "use_sim_time: age and silence are judged by this machine's own clock; leave it out, and give channels of a simulator `stamped: false`",
    );
  for (const name of found.parameters.keys())
    if (!TRUE_NAME.test(name)) return err(`parameter "${name}" is no place in a deployment`);
  return ok(found);
}
function yamlValue(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch {
    return text;
  }
}

/** Parameters for this node: under `/**`, or under its name. */
function fromFile(file: string, node: string, namespace: string): Result<Map<string, unknown>, string> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    return err(`--params-file ${file} cannot be read: ${troubleWith(cause)}`);
  }
  const read = boundedYaml(text);
  if (!read.ok) return err(`--params-file ${file}: ${read.faults[0]!.message}`);
  const own = resolveRosName("~", { node, namespace });
  const found = new Map<string, unknown>();
  for (const [name, entry] of Object.entries((read.raw ?? {}) as Record<string, unknown>)) {
    const full = name.startsWith("/") ? name : `/${name}`;
    const parameters = (entry as { ros__parameters?: unknown } | null)?.ros__parameters;
    if (full !== "/**" && full !== (own.ok ? own.value : "") && full !== `/${node}`) continue;
    if (typeof parameters === "object" && parameters !== null) flatten(parameters, "", found);
  }
  return ok(found);
}
function flatten(value: object, path: string, into: Map<string, unknown>): void {
  for (const [key, inner] of Object.entries(value)) {
    const name = path === "" ? key : `${path}.${key}`;
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) flatten(inner, name, into);
    else into.set(name, inner);
  }
}

/**
 * The same as if it stood in the file: namespace, node and remaps of every ROS wire and of the gate, so that names
 * are resolved with them before anything is matched, and parameters at their places.
 */
export function settingsOf(
  { node, namespace, remaps, parameters }: RosArguments,
  frame: Deployment,
): Setting[] {
  const settings: Setting[] = [];
  const put = (path: readonly string[], value: unknown): void => void settings.push({ path, value });
  const absolute = namespace === null ? null : `/${namespace.replace(/^\/+|\/+$/g, "")}`;
  for (const [name, transport] of Object.entries(frame.transports)) {
    if (!ROS.has(transport.kind)) continue;
    const at = ["transports", name];
    if (node !== null) put([...at, "node"], node);
    if (absolute !== null) put([...at, "namespace"], absolute);
    const before = (transport["remaps"] ?? []) as readonly string[];
    // the first that fits counts: who starts the node has the last word
    if (remaps.length > 0) put([...at, "remaps"], [...remaps, ...before]);
  }
  if (node !== null) put(["gate", "node"], node);
  if (absolute !== null) put(["gate", "namespace"], absolute);
  const gate = remaps.flatMap((text) => gateRemap(text, node ?? frame.gate.node));
  if (gate.length > 0) put(["gate", "remaps"], { ...frame.gate.remaps, ...Object.fromEntries(gate) });
  for (const [name, value] of parameters) if (name !== "use_sim_time") put(name.split("."), value);
  return settings;
}
function gateRemap(text: string, node: string): [string, string][] {
  const remap = parseRosRemap(text) as Result<RosRemap, string> & { ok: true };
  return remap.value.node === undefined || remap.value.node === node
    ? [[remap.value.from, remap.value.to]]
    : [];
}
