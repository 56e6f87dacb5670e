import { parseDeployment } from "../config/index.ts";
import type { Deployment } from "../domain/index.ts";
import type { Measurement, Probe } from "../promotion/index.ts";
import { createFeatureBank } from "../features/index.ts";
import { type Head, loadHead } from "../risk/index.ts";
import { createKinematics } from "../robot/index.ts";
import { measureHeads } from "./measure-head.ts";
import { measureRules } from "./measure-rules.ts";
import type { SidesText, Task } from "./task.ts";

/** Both sides, parsed and bound to the cell; measures one scenario at a time. */
export interface Measurer {
  readonly candidateHead: Head | null;
  measure(task: Task): Promise<Measurement>;
}

export function deploymentOf(text: string, what: string): Deployment {
  const read = parseDeployment(text, what);
  if (!read.ok) throw new Error(`${what}: ${read.problems[0]?.key}: ${read.problems[0]?.message}`);
  return read.deployment;
}

export function headOf(text: string, deployment: Deployment, what: string): Head {
  const channels = Object.entries(deployment.channels).map(([name, config], index) => ({
    index,
    name,
    config,
  }));
  const bank = createFeatureBank({ deployment, channels, kinematics: createKinematics(deployment.robot) });
  const head = loadHead(JSON.parse(text), bank.features);
  if (!head.ok) throw new Error(`${what}: ${head.error.code}: ${head.error.detail}`);
  return head.value;
}

export function createMeasurer({ kind, deployment: text, baseline, candidate }: SidesText): Measurer {
  const deployment = deploymentOf(text, "deployment");
  if (kind === "head" || kind === "calibration") {
    const before = baseline === null ? null : headOf(baseline, deployment, "baseline");
    const after = headOf(candidate, deployment, "candidate");
    return { candidateHead: after, measure: async (task) => measureHeads(task, deployment, before, after) };
  }
  const before = baseline === null ? deployment : deploymentOf(baseline, "baseline");
  const after = deploymentOf(candidate, "candidate");
  return { candidateHead: null, measure: (task) => measureRules(task, before, after) };
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
