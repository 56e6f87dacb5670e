import { createSimWorld, type SimWorld } from "../../sim/index.ts";
import { parseDeployment } from "../../src/node/deployment/index.ts";
import type { CellEvent, Deployment, Effect } from "../../src/core/domain/index.ts";
import {
  createNode,
  driveVirtual,
  VirtualClock,
  VirtualScheduler,
  withDigest,
} from "../../src/node/index.ts";
import { DEMO_TEXT, demoCell } from "./demo-cell.ts";

export { DEMO_TEXT };

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

type NodeParts = Parameters<typeof createNode>[0];
interface InProcessSetting
  extends Partial<Pick<NodeParts, "createPipeline" | "createEnergy" | "trials" | "record">> {
  readonly deployment: Deployment;
  readonly hash: string;
  readonly world: SimWorld;
  readonly seed: number;
  readonly observe?: (effect: Effect, t: number) => void;
}

/** A node around a simulated cell in simulated time, in this process and without disk; it has begun. */
export function inProcessNode({ deployment, hash, world, seed, observe, ...parts }: InProcessSetting) {
  const clock = new VirtualClock();
  const scheduler = new VirtualScheduler(() => clock.now());
  const receipts = withDigest({
    append: () => true,
    whenStored: async () => true,
    persistLatched: () => true,
    whenLatched: async () => true,
  });
  const node = createNode({
    deployment,
    configHash: hash,
    clock,
    scheduler,
    actuators: [world.actuator("arm")],
    receipts,
    trials: {
      run: async () => ({ kind: "failed", reason: "refused", detail: "none in this test" }),
      help: async () => null,
    },
    record: () => {},
    ...parts,
    observe: (effect) => observe?.(effect, clock.now()),
  });
  world.attach(node.door, node.channels, clock.epoch);
  node.start({ boot: 1, latched: [], ledgerFault: null, seed });
  return {
    node,
    receipts,
    at: (seconds: number, act: () => void): void =>
      void scheduler.later(Promise.resolve(null), seconds * 1e6, act),
    /** `step`: beside each step of the world */
    drive: (seconds: number, step: () => void = () => {}): Promise<void> =>
      driveVirtual({
        clock,
        scheduler,
        door: node.door,
        world: {
          ...world,
          step() {
            step();
            return world.step();
          },
        },
        endUs: seconds * 1e6,
        speed: Number.POSITIVE_INFINITY,
        signal: new AbortController().signal,
      }),
  };
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
