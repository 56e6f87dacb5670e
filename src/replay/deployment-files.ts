import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UserError } from "../cli/command.ts";
import type { LoadedConfig } from "../config/index.ts";
import { readPflLimits } from "../control/index.ts";
import type { PflLimits } from "../domain/index.ts";

export type GoodConfig = Extract<LoadedConfig, { ok: true }>;

/** Files that a deployment names beside itself: the robot's description and the table of contact limits. */
export function deploymentFiles({ deployment, file }: GoodConfig): { urdf?: string; pflLimits?: PflLimits } {
  const beside = (name: string): string => resolve(dirname(file), name);
  const { kinematics } = deployment.robot;
  const { pfl } = deployment.rules;
  return {
    ...("urdf" in kinematics && { urdf: textOf(beside(kinematics.urdf)) }),
    ...(pfl !== undefined && { pflLimits: limitsOf(beside(pfl.limitsFile), pfl.publicKey) }),
  };
}
function limitsOf(file: string, publicKey: string): PflLimits {
  const limits = readPflLimits(file, publicKey);
  if (!limits.ok) throw new UserError(`rules.pfl.limitsFile: ${limits.error.what}`, limits.error.remedy);
  return limits.value;
}
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(
      `robot.kinematics.urdf: ${(cause as Error).message}`,
      "the path is relative to the deployment file",
    );
  }
}
