import { createSimWorld } from "../../sim/index.ts";
import { parseDeployment } from "../../src/node/deployment/index.ts";
import type { CellEvent, Deployment, Effect } from "../../src/core/domain/index.ts";
import { inProcessNode } from "../../src/lab/testing/in-process.ts";
import { DEMO_TEXT, demoCell } from "./demo-cell.ts";

export { DEMO_TEXT, inProcessNode };

interface Parsed {
  readonly deployment: Deployment;
  readonly hash: string;
  readonly effective: string;
}
const demos = new Map<string, Parsed>();
/** The demonstration cell; read once, as hundreds of runs ask for it. */
export function demo(scenario = "walk-in"): Parsed {
  const known = demos.get(scenario) ?? parsed(demoCell({ "transports.sim.scenario": scenario }));
  demos.set(scenario, known);
  return known;
}
/** A deployment that a test wrote and that has to be good. */
export function parsed(text: string): Parsed {
  const loaded = parseDeployment(text, "demo.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

export interface InProcessRun {
  readonly digest: string;
  readonly receipts: number;
  readonly state: string;
  readonly effects: Effect[];
}

/** A whole simulated run in this process: quick enough for hundreds of seeds. */
export async function runInProcess(options: {
  seed: number;
  seconds: number;
  scenario?: string;
  record?: (event: CellEvent) => void;
  keepEffects?: boolean;
}): Promise<InProcessRun> {
  const { seed, scenario = "walk-in", record, keepEffects = false } = options;
  const effects: Effect[] = [];
  const { node, receipts, drive } = inProcessNode({
    ...demo(scenario),
    world: createSimWorld({ kind: "sim", scenario, operator: true }, seed),
    seed,
    ...(record && { record }),
    observe: (effect) => void (keepEffects && effects.push(effect)),
  });
  await drive(options.seconds);
  node.door.ingest.mark();
  return { digest: receipts.digest(), receipts: receipts.count, state: node.cell.state, effects };
}
