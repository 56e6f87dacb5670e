import { dirname, resolve } from "node:path";
import { DEVICES } from "../../devices/index.ts";
import { readHeadFile } from "../lab/training/index.ts";
import { deploymentJsonSchema, headPresence, presenceWords } from "../node/deployment/index.ts";
import {
  type DeploymentFiles,
  type GoodConfig,
  readArm,
  readDeploymentFiles,
  readRosArguments,
  settingsOf,
} from "../node/deployment/index.ts";
import type { Kinematics } from "../core/robot/index.ts";
import { checkWords } from "./check-words.ts";
import {
  checkDeployment,
  EDGE_SCHEMAS,
  type GuardTable,
  guardTable,
  requireDeployment,
  requireRunnable,
} from "../node/run/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { flag } from "./options/index.ts";

export { requireDeployment };

/** A deployment with what ROS hands over on the command line, as if it stood in the file. */
export function deploymentFor(
  file: string | undefined,
  ros: readonly string[] | undefined,
  cwd: string,
): GoodConfig {
  const config = requireDeployment(file);
  if (ros === undefined || ros.length === 0) return config;
  const read = readRosArguments(ros, cwd);
  if (!read.ok) throw new UserError(`--ros-args: ${read.error}`, "see `ros2 run --help` for their form");
  return requireDeployment(file, settingsOf(read.value, config.deployment));
}

/** The files that a deployment names beside itself, or what is wrong with them. */
export function filesBeside(config: GoodConfig): DeploymentFiles {
  const files = readDeploymentFiles(config);
  if (!files.ok) throw new UserError(files.error.what, files.error.remedy);
  return files.value;
}

const json = { json: flag("one JSON object instead of words") } as const;

export const configCheckCommand = command({
  words: ["config", "check"],
  summary: "check a deployment file; every problem with file:line:column",
  takes: "<deployment.yaml>",
  example: "cellgate config check launch/demo-cell.yaml",
  options: json,
  ros: true,
  async run({ positionals, values, ros }, io) {
    if (values.json && positionals[0] !== undefined) return checkAsJson(positionals[0], io);
    const config = deploymentFor(positionals[0], ros, io.cwd);
    requireRunnable(config);
    const { deployment, hash, file } = config;
    const arm = readArm(config);
    if (!arm.ok) throw new UserError(arm.error.what, arm.error.remedy);
    for (const line of await checkWords(config)) io.err(line);
    io.out(
      `${file}: good. Cell ${deployment.cell}, ${Object.keys(deployment.channels).length} channels, hash ${hash.slice(0, 16)}…`,
    );
    for (const words of config.assumed ?? []) io.out(`robot, not stated and taken carefully: ${words}`);
    for (const line of sandboxWords(config.deployment, arm.value)) io.out(line);
    for (const line of guardLines(guardTable(deployment, filesBeside(config)))) io.out(line);
    for (const line of headWords(config, arm.value)) io.out(line);
    return EXIT.ok;
  },
});

/** Which share of the risk head can ever be present here. */
function headWords({ deployment, file }: GoodConfig, kinematics: Kinematics): string[] {
  if (deployment.risk.head === undefined) return [];
  const head = readHeadFile(resolve(dirname(file), deployment.risk.head));
  if (!head.ok)
    throw new UserError(`risk.head: ${head.error.code}: ${head.error.detail}`, "see `cellgate head verify`");
  return presenceWords(headPresence(head.value, { deployment, kinematics })).map(
    (line) => `risk.head: ${line}`,
  );
}

/** Said where it can bite: high-risk skills of an arm that the sandbox does not know are RED. */
function sandboxWords({ gate }: GoodConfig["deployment"], { dynamics }: Kinematics): string[] {
  const risky = Object.values(gate.skills).some((skill) => skill.risk === "high");
  if (!risky || !gate.sandbox.monitored || !("missing" in dynamics)) return [];
  return [
    `sandbox: high-risk skills need a model of the arm (SANDBOX_NO_MODEL, unless it is the demonstration arm). Missing: ${dynamics.missing}`,
  ];
}

function checkAsJson(file: string, io: Io): number {
  const checked = checkDeployment(file);
  if (!checked.ok) {
    io.out(JSON.stringify({ ok: false, problems: checked.problems }));
    return EXIT.usage;
  }
  const { deployment, hash } = checked.config;
  const guards = guardTable(deployment, filesBeside(checked.config));
  io.out(JSON.stringify({ ok: true, file, hash, guards: guards.rows, unguarded: guards.gaps }));
  return EXIT.ok;
}

const GUARD_HEAD = ["Hazard", "Seen by", "Rule", "Limit", "Reaction", "Cleared by"];
/** What guards this cell, and below it what does not. */
function guardLines({ rows, gaps }: GuardTable): string[] {
  const table = [
    GUARD_HEAD,
    ...rows.map((r) => [r.hazard, r.source, r.rule, r.limit, r.reaction, r.clearedBy]),
  ];
  const widths = GUARD_HEAD.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  const lines = table.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ")}`.trimEnd());
  const chain = rows[0] === undefined ? [] : [`Every stop goes to: ${rows[0].actuators}`];
  const open =
    gaps.length === 0
      ? ["Not guarded: nothing that this check knows of. It cannot know what the cell needs."]
      : ["Not guarded:", ...gaps.map((gap) => `  - ${gap}`)];
  return ["", ...(rows.length === 0 ? ["No rule guards anything."] : lines), ...chain, ...open];
}

export const configShowCommand = command({
  words: ["config", "show"],
  summary: "print the effective configuration with all defaults, and its hash",
  takes: "<deployment.yaml>",
  example: "cellgate config show launch/demo-cell.yaml",
  options: {},
  async run({ positionals }, io) {
    const { deployment, hash } = requireDeployment(positionals[0]);
    io.out(JSON.stringify(deployment, null, 2));
    io.err(`hash ${hash}`);
    return EXIT.ok;
  },
});

export const configSchemaCommand = command({
  words: ["config", "schema"],
  summary: "print the JSON Schema of deployment files, for editors",
  example: "cellgate config schema > deployment.schema.json",
  options: {},
  async run(_input, io) {
    io.out(
      JSON.stringify(
        deploymentJsonSchema(EDGE_SCHEMAS, Object.fromEntries(DEVICES.map((d) => [d.name, d.settings]))),
        null,
        2,
      ),
    );
    return EXIT.ok;
  },
});
