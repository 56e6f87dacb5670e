import { err, ok } from "../../core/base/result.ts";
import { parseDeployment } from "../../node/deployment/index.ts";
import {
  type DeploymentParts,
  type FilesBeside,
  type GoodConfig,
  readDeploymentParts,
} from "../../node/deployment/index.ts";
import type { Deployment } from "../../core/domain/index.ts";
import { createFeatureBank } from "../../core/features/index.ts";
import type { CandidateKind, Measurement, Probe } from "../../core/promotion/index.ts";
import { type Head, loadHead } from "../../core/risk/index.ts";
import { createKinematics } from "../../core/robot/index.ts";
import { batteryCell as simulated, unfitForBattery } from "./battery-cell.ts";
import { type CellSide, enforcing, measureCells } from "./measure-cell.ts";
import { type FieldCells, type FieldHeads, type FieldSide, measureRecording } from "./measure-field.ts";
import { measureHeads } from "./measure-head.ts";
import { withTarget } from "./proposer.ts";
import { policyOf, withSection } from "../../node/in-use/index.ts";
import { HEAD_FILE, type SidesText } from "../../node/in-use/index.ts";
import { isRecorded, type Task } from "./task.ts";

/** Both sides, parsed and bound to the cell; measures one scenario at a time. */
export interface Measurer {
  readonly candidateHead: Head | null;
  readonly deployment: Deployment;
  readonly urdf: string | undefined;
  measure(task: Task): Promise<Measurement>;
}
const SEED = 1;
/** what no scenario can measure is bound as it is: then recordings alone speak */
const batteryCell = (d: Deployment): Deployment => (unfitForBattery(d) === null ? simulated(d) : d);
type CellKind = Exclude<CandidateKind, "head" | "calibration">;

export function headOf(text: string, deployment: Deployment, urdf: string | undefined, what: string): Head {
  const channels = Object.entries(deployment.channels).map(([name, config], index) => ({
    index,
    name,
    config,
  }));
  const kinematics = createKinematics(deployment.robot, urdf);
  const bank = createFeatureBank({ deployment, channels, kinematics });
  const head = loadHead(JSON.parse(text), bank.features);
  if (!head.ok) throw new Error(`${what}: ${head.error.code}: ${head.error.detail}`);
  return head.value;
}

const besideOf =
  ({ files, head }: SidesText): FilesBeside =>
  (name, key) => {
    const text = name === HEAD_FILE ? head : files[name];
    return text === undefined || text === null
      ? err({ what: `${key}: ${name} was not handed over`, remedy: "" })
      : ok(text);
  };

function partsOf(sides: SidesText, config: GoodConfig): DeploymentParts {
  const parts = readDeploymentParts(config, SEED, besideOf(sides));
  if (!parts.ok) throw new Error(parts.error.what);
  return parts.value;
}

export function createMeasurer(sides: SidesText): Measurer {
  const { kind } = sides;
  const config = parseDeployment(sides.deployment, "deployment");
  if (!config.ok) throw new Error(`deployment: ${config.problems[0]?.key}: ${config.problems[0]?.message}`);
  const cell = batteryCell(config.deployment);
  const parts = partsOf(sides, { ...config, deployment: cell });
  if (kind === "head" || kind === "calibration") {
    const of = (text: string, what: string) => headOf(text, cell, parts.urdf, what);
    const before = sides.baseline === null ? null : of(sides.baseline, "baseline");
    const after = of(sides.candidate, "candidate");
    const heads = { deployment: cell, urdf: parts.urdf, before, after };
    const recorded = once(() => fieldHeads(sides, config));
    return {
      candidateHead: after,
      deployment: cell,
      urdf: parts.urdf,
      measure: async (task) =>
        isRecorded(task) ? measureRecording(task, recorded()) : measureHeads(task, heads),
    };
  }
  const side = (text: string | null): CellSide => {
    const proposes = kind !== "rules";
    if (kind === "policy") {
      // whose actions it adapts is the same on both sides; the battery proposes in their place
      const adapter = text === null ? null : { ...policyOf(text), proposers: [] };
      return { deployment: withTarget(cell), parts, adapter, proposes };
    }
    const mine = text === null ? config.deployment : withSection(kind, config.deployment, text);
    const deployment = proposes ? withTarget(batteryCell(mine)) : batteryCell(mine);
    // rules do not ask V_s; where nobody proposes, nothing does
    const { createEnergy, ...files } = partsOf(sides, { ...config, deployment });
    const used = proposes && createEnergy !== undefined ? { ...files, createEnergy } : files;
    return { deployment, parts: used, adapter: null, proposes };
  };
  const [before, after] = [side(sides.baseline), side(sides.candidate)];
  const recorded = once(() => fieldCells(sides, kind, config));
  return {
    candidateHead: null,
    deployment: cell,
    urdf: parts.urdf,
    measure: (task) =>
      isRecorded(task) ? measureRecording(task, recorded()) : measureCells(task, before, after),
  };
}

function once<T>(make: () => T): () => T {
  let made: T | null = null;
  return () => (made ??= make());
}
/** The same heads, bound to the channels of the real cell. */
function fieldHeads(sides: SidesText, config: GoodConfig): FieldHeads {
  const { deployment } = config;
  const parts = partsOf(sides, config);
  const of = (text: string, what: string) => headOf(text, deployment, parts.urdf, what);
  const before = sides.baseline === null ? null : of(sides.baseline, "baseline");
  return { deployment, parts, before, after: of(sides.candidate, "candidate") };
}
/** The whole cell as it is, on both sides; a gate decides as it would when it is needed. */
function fieldCells(sides: SidesText, kind: CellKind, config: GoodConfig): FieldCells {
  const side = (text: string | null): FieldSide => {
    const adapter = kind === "policy" && text !== null ? policyOf(text) : null;
    const own = config.deployment;
    const mine = kind === "policy" || text === null ? own : withSection(kind, own, text);
    const deployment = kind === "rules" ? { ...mine, risk: {} } : enforcing(mine);
    const used = { ...config, deployment };
    return { config: used, parts: partsOf(sides, used), adapter };
  };
  const [before, after] = [side(sides.baseline), side(sides.candidate)];
  return { judgesActions: kind !== "rules", before, after };
}

/** Inputs that no scenario holds. A finite V_s ≥ 0 or an honest "unknown" is an answer; anything else is not. */
export function probeHead(head: Head): Probe[] {
  const width = head.artefact.features.length;
  const read = loadHead(head.artefact);
  if (!read.ok) return [{ name: "load", trouble: read.error.detail }];
  const own = read.value;
  const ask = (name: string, values: Float64Array, mayBeUnknown: boolean): Probe => {
    const v = own.evaluate({ values, present: new Uint8Array(width).fill(1) });
    const good = (v >= 0 && v < Number.POSITIVE_INFINITY) || (mayBeUnknown && v !== v);
    return { name, trouble: good ? null : `V_s is ${v}` };
  };
  const probes = [ask("all zero", new Float64Array(width), false)];
  for (let i = 0; i < width; i++)
    for (const extreme of [-1e12, -1, 1, 1e12]) {
      const values = new Float64Array(width);
      values[i] = extreme;
      probes.push(ask(`${own.names[i]} = ${extreme}`, values, false));
    }
  for (const extreme of [-1e12, 1e12])
    probes.push(ask(`all ${extreme}`, new Float64Array(width).fill(extreme), false));
  probes.push(ask("all not a number", new Float64Array(width).fill(Number.NaN), true));
  return probes;
}
