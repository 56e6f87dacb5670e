import { createSimWorld } from "../../sim/index.ts";
import { parseDeployment } from "../../src/config/index.ts";
import type { CellEvent, Deployment, Effect } from "../../src/domain/index.ts";
import {
  createNode,
  driveVirtual,
  VirtualClock,
  VirtualScheduler,
  withDigest,
} from "../../src/node/index.ts";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export const DEMO_TEXT = readFileSync(resolve(import.meta.dirname, "../../launch/demo-cell.yaml"), "utf8");

export function demo(scenario = "walk-in"): { deployment: Deployment; hash: string; effective: string } {
  const loaded = parseDeployment(
    DEMO_TEXT.replace("scenario: walk-in", `scenario: ${scenario}`),
    "demo.yaml",
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

export interface InProcessRun {
  readonly digest: string;
  readonly receipts: number;
  readonly state: string;
  readonly effects: Effect[];
}

/** A whole simulated run in this process, without disk: quick enough for hundreds of seeds. */
export async function runInProcess(options: {
  seed: number;
  seconds: number;
  scenario?: string;
  record?: (event: CellEvent) => void;
  keepEffects?: boolean;
}): Promise<InProcessRun> {
  const { deployment, hash } = demo(options.scenario);
  const clock = new VirtualClock();
  const scheduler = new VirtualScheduler(() => clock.now());
  const world = createSimWorld(
    { kind: "sim", scenario: options.scenario ?? "walk-in", operator: true },
    options.seed,
  );
  const receipts = withDigest({
    append: () => true,
    whenStored: async () => true,
    persistLatched: () => true,
  });
  const effects: Effect[] = [];
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
    record: options.record ?? (() => {}),
    observe: (effect) => void (options.keepEffects && effects.push(effect)),
  });
  world.attach(node.door, node.channels, clock.epoch);
  node.start({ boot: 1, latched: [], ledgerFault: null, seed: options.seed });
  await driveVirtual({
    clock,
    scheduler,
    door: node.door,
    world,
    endUs: options.seconds * 1e6,
    speed: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  });
  node.door.ingest.mark();
  return { digest: receipts.digest(), receipts: receipts.count, state: node.cell.state, effects };
}
