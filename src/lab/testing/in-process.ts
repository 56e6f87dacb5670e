import type { SimWorld } from "../../../sim/index.ts";
import type { Deployment, Effect } from "../../core/domain/index.ts";
import { createNode, driveVirtual, VirtualClock, VirtualScheduler, withDigest } from "../../node/index.ts";

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
