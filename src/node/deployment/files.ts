import type { Problem } from "../../core/base/problem.ts";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { LoadedConfig } from "./load.ts";
import { signatureNameOf, verifyPflLimits } from "../../edge/keys/index.ts";
import type { Deployment, PflLimits } from "../../core/domain/index.ts";
import { type Kinematics, readKinematics } from "../../core/robot/index.ts";
import type { Guests } from "../../core/reflex/index.ts";
import { loadExtensions } from "../extensions/index.ts";
import { type EnergyFactory, energyOf, type HeadsCompared } from "./risk-head.ts";
import { expandedXacro } from "./xacro.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";

export type GoodConfig = Extract<LoadedConfig, { ok: true }>;
type Text = Result<string, Problem>;
/** Gives a file that a deployment names; `key` says where it is named. */
export type FilesBeside = (name: string, key: string) => Text;

/** Files that a deployment names: the robot's description and the table of contact limits. */
export interface DeploymentFiles {
  readonly urdf?: string;
  readonly pflLimits?: PflLimits;
}
/** The same with the learned energy: what a cell is made of besides its deployment. */
export interface DeploymentParts extends DeploymentFiles {
  readonly createEnergy?: EnergyFactory;
  /** rules and codes that extensions bring */
  readonly guests?: Guests;
}

/** The files lie where the deployment's file lies. */
export const besideDeployment =
  (file: string): FilesBeside =>
  (name, key) => {
    if (name.endsWith(".xacro")) return expandedXacro(resolve(dirname(file), name), name, key);
    try {
      return ok(readFileSync(resolve(dirname(file), name), "utf8"));
    } catch (cause) {
      return err({
        what: `${key}: ${name} cannot be read: ${troubleWith(cause)}`,
        remedy: "the path is relative to the deployment file",
      });
    }
  };

/** Every file that a deployment names, with the place that names it. */
function namedFiles({ robot, rules, risk }: Deployment): { key: string; name: string }[] {
  const { kinematics } = robot;
  return [
    ...("urdf" in kinematics ? [{ key: "robot.kinematics.urdf", name: kinematics.urdf }] : []),
    ...(rules.pfl !== undefined
      ? [
          { key: "rules.pfl.limitsFile", name: rules.pfl.limitsFile },
          { key: "rules.pfl.limitsFile", name: signatureNameOf(rules.pfl.limitsFile) },
        ]
      : []),
    ...(risk.head !== undefined ? [{ key: "risk.head", name: risk.head }] : []),
    ...(risk.fallback !== undefined ? [{ key: "risk.fallback", name: risk.fallback }] : []),
  ];
}
/** Their texts by name: a tape carries them, so that it can be judged again anywhere. */
export function readNamedFiles(
  deployment: Deployment,
  beside: FilesBeside,
): Result<ReadonlyMap<string, string>, Problem> {
  const files = new Map<string, string>();
  for (const { key, name } of namedFiles(deployment)) {
    const text = beside(name, key);
    if (!text.ok) return text;
    files.set(name, text.value);
  }
  return ok(files);
}

/** The one place that reads them: live, replay and tools judge with the same files. */
export function readDeploymentFiles(
  { deployment, file }: GoodConfig,
  beside: FilesBeside = besideDeployment(file),
): Result<DeploymentFiles, Problem> {
  const { pfl } = deployment.rules;
  const urdf = urdfOf(deployment, beside);
  if (!urdf.ok) return urdf;
  const arm = armOf(deployment, urdf.value);
  if (!arm.ok) return arm;
  const limits = pfl === undefined ? ok(null) : limitsOf(pfl, beside);
  if (!limits.ok) return limits;
  return ok({
    ...(urdf.value !== null && { urdf: urdf.value }),
    ...(limits.value !== null && { pflLimits: limits.value }),
  });
}
/** The arm as its deployment and its URDF describe it, or what is wrong with the description. */
export function readArm({ deployment, file }: GoodConfig): Result<Kinematics, Problem> {
  const urdf = urdfOf(deployment, besideDeployment(file));
  return urdf.ok ? armOf(deployment, urdf.value) : urdf;
}
function urdfOf({ robot }: Deployment, beside: FilesBeside): Result<string | null, Problem> {
  const { kinematics } = robot;
  return "urdf" in kinematics ? beside(kinematics.urdf, "robot.kinematics.urdf") : ok(null);
}
function armOf({ robot }: Deployment, urdf: string | null): Result<Kinematics, Problem> {
  const arm = readKinematics(robot, urdf ?? undefined);
  return arm.ok
    ? arm
    : err({ what: arm.error, remedy: "correct robot.kinematics, robot.dynamics or the URDF that they name" });
}
export function readDeploymentParts(
  config: GoodConfig,
  seed: number,
  beside: FilesBeside = besideDeployment(config.file),
  compared?: HeadsCompared,
): Result<DeploymentParts, Problem> {
  const files = readDeploymentFiles(config, beside);
  if (!files.ok) return files;
  const extensions = loadExtensions(config.deployment, config.file);
  if (!extensions.ok) return extensions;
  const { families, guests } = extensions.value;
  const energy = energyOf(config.deployment, beside, seed, files.value.urdf, compared, families);
  if (!energy.ok) return energy;
  return ok({
    ...files.value,
    ...(energy.value !== null && { createEnergy: energy.value }),
    ...(guests.listed.length > 0 && { guests }),
  });
}

function limitsOf(
  { limitsFile, publicKey }: NonNullable<Deployment["rules"]["pfl"]>,
  beside: FilesBeside,
): Result<PflLimits, Problem> {
  const key = "rules.pfl.limitsFile";
  const text = beside(limitsFile, key);
  if (!text.ok) return text;
  const signature = beside(signatureNameOf(limitsFile), key);
  if (!signature.ok) return signature;
  const limits = verifyPflLimits(limitsFile, Buffer.from(text.value), signature.value, publicKey);
  return limits.ok ? limits : err({ what: `${key}: ${limits.error.what}`, remedy: limits.error.remedy });
}
