import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import { isScenarioName } from "../../../sim/index.ts";
import { UserError } from "../../core/base/user-error.ts";
import type { Composition } from "../compose.ts";
import type { GoodConfig } from "../deployment/index.ts";
import { programVersion } from "../version.ts";
import { prepareDataFolder } from "./data-folder.ts";
import { isSimulated, liveOnce, type LifeSetting } from "./life.ts";
import type { OpenFleet, RunEnd, RunRequest } from "./request.ts";
import { requireDeployment, requireExtensions, requireRunnable } from "./require-deployment.ts";
import { simulatedConfig } from "./simulated-config.ts";

const DEFAULT_FOLDER = "data";
const SEEDS = 2 ** 47;

/** Runs a node, and again when what was taken into use is loaded only at a start. */
export async function runCell(
  request: RunRequest,
  openFleet: OpenFleet,
  beside?: (parts: Composition) => void,
): Promise<RunEnd> {
  const config = simulatedOrNot(withWorld(configOf(request), request), request);
  requireRunnable(config);
  const simulated = isSimulated(config);
  if (!simulated && request.speed === "max")
    throw new UserError("--speed max needs a simulated cell", "leave it out");
  const from = request.cwd ?? process.cwd();
  const dataDir = resolve(from, request.dataDir ?? DEFAULT_FOLDER);
  prepareDataFolder(
    dataDir,
    !simulated ? "real" : request.dataDir !== undefined ? "simulated" : "clean sheet",
  );
  let left: LifeSetting = {
    dataDir,
    endUs: request.lengthMs === undefined ? Number.POSITIVE_INFINITY : request.lengthMs * 1_000,
    seed: request.seed ?? randomInt(SEEDS),
    speed: request.speed === "max" ? Number.POSITIVE_INFINITY : 1,
    tape: request.tape ?? null,
    port: request.port ?? null,
    shadow: request.shadow === undefined ? null : resolve(from, request.shadow),
    version: programVersion(),
    signal: request.signal ?? new AbortController().signal,
    follow: request.follow ?? (() => ({})),
    openFleet,
    carried: [],
    ...(beside && { beside }),
  };
  // what a fleet's order takes into use is loaded at a start: the node ends in order and comes up blocked
  for (let start = 2; ; start++) {
    const life = await liveOnce(config, left);
    if (life.again === null) return { why: left.signal.aborted ? "stopped" : "over", ...life.end };
    left = {
      ...left,
      carried: life.carried,
      tape: request.tape?.replace(/(\.mcap)?$/, `-${start}.mcap`) ?? null,
      endUs: Math.max(1, left.endUs - life.end.endUs),
    };
  }
}

const configOf = ({ deployment }: RunRequest): GoodConfig =>
  typeof deployment === "string" ? requireDeployment(deployment) : deployment;

/** A cell that is simulated already has a world of its own. */
function simulatedOrNot(config: GoodConfig, { simulate }: RunRequest): GoodConfig {
  if (simulate === undefined) return config;
  if (isSimulated(config))
    throw new UserError(`${config.file} is a simulated cell already`, "leave --simulate and --fault out");
  return simulatedConfig(config, requireExtensions(config), simulate);
}

/** The same deployment with another scenario in its simulated cell, or with somebody who proposes in it. */
function withWorld(config: GoodConfig, { scenario, planner }: RunRequest): GoodConfig {
  if (scenario === undefined && planner !== true) return config;
  const sim = Object.entries(config.deployment.transports).find(([, { kind }]) => kind === "sim");
  if (sim === undefined) throw new UserError("--scenario needs a simulated cell", "leave it out");
  if (scenario !== undefined && !isScenarioName(scenario))
    throw new UserError(`--scenario ${scenario} is unknown`, "`cellgate sim list` names them; try idle");
  const place = ["transports", sim[0]];
  return requireDeployment(config.file, [
    ...(scenario === undefined ? [] : [{ path: [...place, "scenario"], value: scenario }]),
    ...(planner === true ? [{ path: [...place, "planner"], value: true }] : []),
  ]);
}
