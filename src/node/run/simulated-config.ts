import { readCellFault } from "../../../sim/index.ts";
import { UserError } from "../../core/base/user-error.ts";
import { createActuator } from "../../edge/actuators/index.ts";
import { type GoodConfig, parseDeployment } from "../deployment/index.ts";
import type { Extensions } from "../extensions/index.ts";
import { schemasOf } from "./edge-kinds.ts";

export interface SimulateSetting {
  /** what goes wrong, as `--fault` has it */
  readonly faults?: readonly string[];
  /** false: nobody walks, presses or resets by themselves; default true */
  readonly tour?: boolean;
}

/**
 * The same deployment with everything that leaves the machine replaced by a simulated world: sources, actuators, the
 * fleet and anchors elsewhere. Robot, mounts, zones, rules and gate stay, so what is shown is the cell's own.
 */
export function simulatedConfig(
  config: GoodConfig,
  extensions: Extensions,
  { faults = [], tour = true }: SimulateSetting,
): GoodConfig {
  const { deployment } = config;
  for (const fault of faults) {
    const read = readCellFault(fault, deployment);
    if (typeof read === "string") throw new UserError(`--fault: ${read}`, "see cellgate run --help");
  }
  const can = Object.entries(deployment.actuators).map(([name, raw]) => {
    const made = createActuator(name, raw, { send: () => true }, extensions.actuators);
    return {
      name,
      moves: raw.kind === "sim" || (made.ok && made.value.moves),
      slows: raw.kind === "sim" || (made.ok && made.value.slow({ kind: "slow", scale: 0.5 })),
    };
  });
  const transport = {
    kind: "sim",
    scenario: "idle",
    operator: tour,
    world: "own",
    tour,
    ...(faults.length > 0 && { faults }),
    slows: Object.fromEntries(can.map(({ name, slows }) => [name, slows])),
    moves: Object.fromEntries(can.map(({ name, moves }) => [name, moves])),
  };
  const { fleet: _, ...kept } = deployment;
  const simulated = {
    ...kept,
    transports: Object.fromEntries(Object.keys(deployment.transports).map((name) => [name, transport])),
    actuators: Object.fromEntries(
      Object.entries(deployment.actuators).map(([name, { transport: by, address, confirmMs, asked }]) => [
        name,
        { kind: "sim", transport: by, address, confirmMs, ...(asked !== undefined && { asked }) },
      ]),
    ),
    ledger: { ...deployment.ledger, anchors: [] },
  };
  const parsed = parseDeployment(JSON.stringify(simulated), config.file, schemasOf(extensions));
  if (parsed.ok) return parsed;
  const { key, message } = parsed.problems[0]!;
  throw new UserError(`${config.file} cannot be simulated: ${key}: ${message}`, "cellgate config check");
}
