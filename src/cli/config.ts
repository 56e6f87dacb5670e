import { deploymentJsonSchema } from "../node/deployment/index.ts";
import {
  type DeploymentFiles,
  type GoodConfig,
  readArm,
  readDeploymentFiles,
} from "../node/deployment/index.ts";
import type { Kinematics } from "../core/robot/index.ts";
import { EDGE_SCHEMAS, readDeployment, requireDeployment } from "../node/run/index.ts";
import { type Command, EXIT, type Io, UserError } from "./command.ts";

export { requireDeployment };

/** The files that a deployment names beside itself, or what is wrong with them. */
export function filesBeside(config: GoodConfig): DeploymentFiles {
  const files = readDeploymentFiles(config);
  if (!files.ok) throw new UserError(files.error.what, files.error.remedy);
  return files.value;
}

const json = { json: { type: "boolean", help: "one JSON object instead of words" } } as const;

export const configCheckCommand: Command = {
  words: ["config", "check"],
  summary: "check a deployment file; every problem with file:line:column",
  usage: "<deployment.yaml> [--json]",
  example: "cellgate config check launch/demo-cell.yaml",
  options: json,
  async run({ positionals, values }, io) {
    if (values["json"] === true && positionals[0] !== undefined) return checkAsJson(positionals[0], io);
    const config = requireDeployment(positionals[0]);
    const { deployment, hash, file } = config;
    const arm = readArm(config);
    if (!arm.ok) throw new UserError(arm.error.what, arm.error.remedy);
    io.out(
      `${file}: good. Cell ${deployment.cell}, ${Object.keys(deployment.channels).length} channels, hash ${hash.slice(0, 16)}…`,
    );
    for (const line of sandboxWords(config.deployment, arm.value)) io.out(line);
    return EXIT.ok;
  },
};

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

export const configShowCommand: Command = {
  words: ["config", "show"],
  summary: "print the effective configuration with all defaults, and its hash",
  usage: "<deployment.yaml>",
  example: "cellgate config show launch/demo-cell.yaml",
  options: {},
  async run({ positionals }, io) {
    const { deployment, hash } = requireDeployment(positionals[0]);
    io.out(JSON.stringify(deployment, null, 2));
    io.err(`hash ${hash}`);
    return EXIT.ok;
  },
};

export const configSchemaCommand: Command = {
  words: ["config", "schema"],
  summary: "print the JSON Schema of deployment files, for editors",
  usage: "",
  example: "cellgate config schema > deployment.schema.json",
  options: {},
  async run(_input, io) {
    io.out(JSON.stringify(deploymentJsonSchema(EDGE_SCHEMAS), null, 2));
    return EXIT.ok;
  },
};
