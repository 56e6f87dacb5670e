import { dirname, resolve } from "node:path";
import { readHeadFile } from "../lab/training/index.ts";
import { deploymentJsonSchema, headPresence, presenceWords } from "../node/deployment/index.ts";
import {
  type DeploymentFiles,
  type GoodConfig,
  readArm,
  readDeploymentParts,
  readDeploymentFiles,
} from "../node/deployment/index.ts";
import type { Kinematics } from "../core/robot/index.ts";
import { reachOf } from "../node/index.ts";
import { actuatorWords, reachWords } from "./check-words.ts";
import { EDGE_SCHEMAS, readDeployment, requireDeployment } from "../node/run/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { flag } from "./options/index.ts";

export { requireDeployment };

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
  async run({ positionals, values }, io) {
    if (values.json && positionals[0] !== undefined) return checkAsJson(positionals[0], io);
    const config = requireDeployment(positionals[0]);
    const { deployment, hash, file } = config;
    const arm = readArm(config);
    if (!arm.ok) throw new UserError(arm.error.what, arm.error.remedy);
    const { errors, words } = actuatorWords(deployment);
    if (errors.length > 0)
      throw new UserError(
        `${errors.length} problem${errors.length === 1 ? "" : "s"} in ${file}\n${errors.join("\n")}`,
        "give the actuator a way to end a motion, or keep the gate in shadow (stage 0)",
      );
    io.out(
      `${file}: good. Cell ${deployment.cell}, ${Object.keys(deployment.channels).length} channels, hash ${hash.slice(0, 16)}…`,
    );
    for (const line of sandboxWords(config.deployment, arm.value)) io.out(line);
    for (const line of words) io.out(line);
    for (const line of headWords(config, arm.value)) io.out(line);
    for (const line of await reach(config)) io.out(line);
    return EXIT.ok;
  },
});

async function reach(config: GoodConfig): Promise<readonly string[]> {
  if (Object.keys(config.deployment.gate.targets).length === 0) return [];
  const parts = readDeploymentParts(config, 1);
  return parts.ok ? reachWords(await reachOf(config, parts.value)) : [];
}

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
  const loaded = readDeployment(file);
  io.out(
    JSON.stringify(
      loaded.ok ? { ok: true, file, hash: loaded.hash } : { ok: false, problems: loaded.problems },
    ),
  );
  return loaded.ok ? EXIT.ok : EXIT.usage;
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
    io.out(JSON.stringify(deploymentJsonSchema(EDGE_SCHEMAS), null, 2));
    return EXIT.ok;
  },
});
