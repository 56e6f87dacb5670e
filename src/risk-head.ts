import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { err, ok, type Result } from "./base/result.ts";
import type { EnergyModel, EnergyReport } from "./cell/index.ts";
import type { Deployment } from "./domain/index.ts";
import { createFeatureBank } from "./features/index.ts";
import { bindChannels } from "./node/index.ts";
import { createLearnedEnergy, loadHead } from "./risk/index.ts";
import { createKinematics } from "./robot/index.ts";

export interface HeadProblem {
  readonly what: string;
  readonly remedy: string;
}
export type EnergyFactory = (report: EnergyReport) => EnergyModel;

/**
 * The learned energy of a deployment, from the head that it names; null without one. A head that does not
 * verify is refused here: the node does not start with it.
 */
export function energyOf(
  deployment: Deployment,
  file: string,
  seed: number,
  urdf?: string,
): Result<EnergyFactory | null, HeadProblem> {
  const { head: name } = deployment.risk;
  if (name === undefined) return ok(null);
  const path = resolve(dirname(file), name);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    return err({
      what: `risk.head: ${(cause as Error).message}`,
      remedy: "the path is relative to the deployment file",
    });
  }
  const makeBank = () =>
    createFeatureBank({
      deployment,
      channels: bindChannels(deployment),
      kinematics: createKinematics(deployment.robot, urdf),
    });
  const head = loadHead(json, makeBank().features);
  if (!head.ok)
    return err({
      what: `risk.head: ${path}: ${head.error.code}: ${head.error.detail}`,
      remedy: "see `cellgate head verify`; restore the head or train one",
    });
  return ok((report) => createLearnedEnergy({ bank: makeBank(), head: head.value, seed, report }));
}
