import { err, ok, type Result } from "../../core/base/result.ts";
import { boundedYaml } from "../../edge/files/index.ts";
import { type Corner, isMapping, nameOf, numberIn, type Parameters, textIn, textsIn } from "./nav2-values.ts";
import { type Source, type Zone, zonesOf } from "./nav2-zones.ts";

export interface ImportSettings {
  /** where the file came from, for a person */
  readonly from: string;
  /** where each scanner stands on the base; absent: at its middle, looking ahead */
  readonly mounts: Readonly<Record<string, readonly [xM: number, yM: number, yawRad: number]>>;
  readonly footprint: readonly Corner[] | null;
  readonly angleMinRad: number;
  readonly angleStepRad: number;
}
export interface Imported {
  /** a deployment */
  readonly text: string;
  readonly differs: readonly string[];
  /** guarded there, and not here */
  readonly lost: readonly string[];
}
const MONITOR = "collision_monitor";

/** A deployment that does what the parameters of nav2_collision_monitor say, as far as it can, and words for the rest. */
export function importCollisionMonitor(text: string, settings: ImportSettings): Result<Imported, string> {
  const read = boundedYaml(text);
  if (!read.ok) return err(read.faults.map(({ message }) => message).join("; "));
  const monitor = parametersOf(read.raw);
  if (monitor === null) return err(`no ${MONITOR} with ros__parameters in the file`);
  const sources = sourcesOf(monitor, settings);
  const zones = zonesOf(monitor, sources.found, settings.footprint);
  if (zones.zones.length === 0)
    return err(["nothing of it could be carried over", ...sources.lost, ...zones.lost].join("\n  "));
  return ok({
    text: deploymentText(monitor, sources, zones.zones, settings),
    differs: [...alwaysDiffers(monitor), ...zones.differs],
    lost: [...sources.lost, ...zones.lost],
  });
}

/** The node may stand under a namespace, as a launch file of Nav2 has it. */
function parametersOf(raw: unknown, depth = 0): Parameters | null {
  if (!isMapping(raw) || depth > 8) return null;
  for (const [key, value] of Object.entries(raw)) {
    if (!isMapping(value)) continue;
    const name = key.replace(/^\//, "").split("/").at(-1);
    if (name === MONITOR && isMapping(value["ros__parameters"])) return value["ros__parameters"];
    const inner = parametersOf(value, depth + 1);
    if (inner !== null) return inner;
  }
  return null;
}

interface Sources {
  readonly found: Source[];
  readonly lines: string[];
  readonly lost: string[];
}
function sourcesOf(monitor: Parameters, settings: ImportSettings): Sources {
  const sources: Sources = { found: [], lines: [], lost: [] };
  const taken = new Set(["asked", "estop"]);
  for (const name of textsIn(monitor, "observation_sources")) {
    const own = monitor[name];
    if (!isMapping(own)) {
      sources.lost.push(`source ${name}: the file says nothing about it`);
      continue;
    }
    if (own["enabled"] === false) continue;
    const type = textIn(own, "type") ?? "scan";
    if (type !== "scan" && type !== "range") {
      sources.lost.push(
        `source ${name}: ${type} is not read here; pointcloud_to_laserscan makes a scan of a cloud`,
      );
      continue;
    }
    const channel = nameOf(name, taken);
    taken.add(channel);
    sources.found.push({ name, channel, kind: type });
    sources.lines.push(channelLine(channel, name, type, own, monitor, settings));
  }
  return sources;
}
function channelLine(
  channel: string,
  name: string,
  type: "scan" | "range",
  own: Parameters,
  monitor: Parameters,
  { mounts, angleMinRad, angleStepRad }: ImportSettings,
): string {
  const maxAgeMs = Math.round(
    1_000 * (numberIn(own, "source_timeout") ?? numberIn(monitor, "source_timeout") ?? 2),
  );
  const address = absolute(textIn(own, "topic") ?? (type === "scan" ? "/scan" : "/range"));
  const common = `quantity: ${type}, transport: robot, address: ${address}, maxAgeMs: ${Math.max(1, maxAgeMs)}, minRateHz: ${Number(Math.max(0.01, 500 / maxAgeMs).toPrecision(3))}, min: 0, max: 100`;
  if (type === "range") return `  ${channel}: { ${common} }`;
  const [xM, yM, yawRad] = mounts[name] ?? [0, 0, 0];
  const words = mounts[name] === undefined ? "  # CHECK: where it stands on the base" : "";
  return `  ${channel}: { ${common}, angleMinRad: ${angleMinRad}, angleStepRad: ${angleStepRad}, mount: { xM: ${xM}, yM: ${yM}, yawRad: ${yawRad} } }${words}`;
}
const absolute = (topic: string): string => (/^[/~]/.test(topic) ? topic : `/${topic}`);

function alwaysDiffers(monitor: Parameters): string[] {
  const words = [
    "zero goes out for as long as nothing may move; stop_pub_timeout has no counterpart",
    "a zone is free again when nothing has been inside for half a second and beyond its edge by 0.1 m (releaseMs, hysteresisM)",
    "a scanner that falls silent stops the base until a person resumes",
  ];
  if (monitor["base_shift_correction"] === true)
    words.push("base_shift_correction: points are taken where the scan has them");
  return words;
}

function deploymentText(
  monitor: Parameters,
  { lines }: Sources,
  zones: readonly Zone[],
  { from }: ImportSettings,
): string {
  const type =
    monitor["enable_stamped_cmd_vel"] === true ? "geometry_msgs/TwistStamped" : "geometry_msgs/Twist";
  const stamped = type.endsWith("Stamped");
  const frame = textIn(monitor, "base_frame_id") ?? "base_footprint";
  const into = absolute(textIn(monitor, "cmd_vel_in_topic") ?? "cmd_vel_smoothed");
  const out = absolute(textIn(monitor, "cmd_vel_out_topic") ?? "cmd_vel");
  return `# yaml-language-server: $schema=deployment.schema.json
# Made from ${from}: what nav2_collision_monitor did there, cellgate does here.
# Lines with CHECK hold what that file does not say.
cellgate: 1
cell: base

robot:
  name: base
  massMovingKg: 50  # CHECK
  payloadKg: 10  # CHECK
  stopTimeMs: 500  # CHECK: measured, worst case
  stopDistanceM: 0.3  # CHECK: measured, worst case
  maxToolSpeedMPerS: 1  # CHECK: fastest speed of the base; more is never passed on
  positionUncertaintyM: 0.05  # CHECK
  # a base has no joints that anything here asks for; this one stands for it
  joints:
    - { name: base, minRad: -3.2, maxRad: 3.2, maxRadPerS: 2, maxRadPerS2: 5 }
  kinematics:
    dh:
      - { aM: 0, alphaRad: 0, dM: 0.1 }

transports:
  robot:
    kind: ros2
    out:
      ${out}: { message: ${type}${stamped ? `, frame: ${frame}` : ""} }
      "~/state": { message: std_msgs/String }
      "~/event/block": { message: std_msgs/String }

channels:
${lines.join("\n")}
  asked: { quantity: twistCommand, transport: robot, address: ${into}, device: ${type}, maxAgeMs: 500, minRateHz: 1, stamped: ${stamped}${stamped ? `, frame: ${frame}` : ""} }

rules:
  zones:
${zones.map(({ name, text }) => `    ${name}: ${text}`).join("\n")}

actuators:
  base: { kind: velocity, transport: robot, address: ${out}, command: asked, confirmMs: 1000 }

operators:
  - { name: shift_lead, roles: [reset, resume, acknowledge, kill, approve, configure] }
`;
}
