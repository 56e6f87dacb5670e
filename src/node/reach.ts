import { createPrng } from "../core/base/prng.ts";
import { createPipeline } from "../core/cell/pipeline/index.ts";
import {
  type ChannelConfig,
  CODES,
  type Code,
  type Deployment,
  type Effect,
  operatorIdOf,
  PROPOSAL_SCHEMA,
  ROLES,
  type Verb,
} from "../core/domain/index.ts";
import type { Actuator, ChannelBinding } from "../edge/ports/index.ts";
import { VirtualClock } from "./clock.ts";
import type { DeploymentParts, GoodConfig } from "./deployment/index.ts";
import { createNode } from "./node.ts";
import { withDigest } from "./receipt-digest.ts";
import { VirtualScheduler } from "./scheduler.ts";
import { createInlineTrials } from "./threads/index.ts";
import { driveVirtual } from "./virtual-driver.ts";

/** What became of the calmest proposal that a target allows, in a world where nobody and nothing is near. */
export interface Reach {
  readonly target: string;
  readonly verb: Verb;
  readonly verdict: string;
  readonly code: Code;
  readonly reason: string;
}
export type Reached =
  | { readonly kind: "judged"; readonly targets: readonly Reach[] }
  /** the made-up world was not good enough for this deployment: nothing is known */
  | { readonly kind: "unknown"; readonly why: string };

const STEP_US = 1_000;
const END_US = 8_000_000;
/** a force sensor that gives the same number twice is a dead one */
const WRENCH_NOISE = 0.2;
const RAYS = 181;
const CALM_MS = 3_000;
const CALM_RAD = 0.05;
const CALM_M_S = 0.005;
const TRIED: readonly Verb[] = ["trajectory", "twist", "gripper"];
const SURE = { decision_probabilities: [1, 0], confidence_trajectory: [0.99, 0.99, 0.99] };

/**
 * Whether anything can ever pass the gate of a deployment. The real cell is run on made-up time in the clearest
 * world that its channels can show, and asked for the calmest action of each target. What is refused there is
 * refused everywhere.
 */
export async function reachOf(config: GoodConfig, parts: DeploymentParts): Promise<Reached> {
  const deployment = clearly(config.deployment, parts.createEnergy !== undefined);
  const clock = new VirtualClock();
  const scheduler = new VirtualScheduler(() => clock.now());
  const answers = new Map<string, Record<string, unknown>>();
  const node = createNode({
    deployment,
    configHash: config.hash,
    ...(parts.urdf !== undefined && { urdf: parts.urdf }),
    ...(parts.pflLimits !== undefined && { pflLimits: parts.pflLimits }),
    clock,
    scheduler,
    actuators: Object.keys(deployment.actuators).map(nowhere),
    receipts: withDigest({
      append: () => true,
      whenStored: async () => true,
      persistLatched: () => true,
      whenLatched: async () => true,
    }),
    trials: createInlineTrials(),
    createPipeline,
    obeyed: false,
    record: () => {},
    observe: (effect: Effect) => {
      if (effect.kind === "answer" && !answers.has(effect.actionId))
        answers.set(effect.actionId, effect.answer as Record<string, unknown>);
    },
  });
  node.start({ boot: 1, latched: [], ledgerFault: null, seed: 1 });
  const world = clearWorld(node.channels, deployment);
  const asked = Object.values(deployment.gate.targets).flatMap(({ path, verbs }) => {
    const verb = TRIED.find((one) => (verbs as readonly string[]).includes(one));
    return verb === undefined ? [] : [{ target: path, verb }];
  });
  let begun = false;
  let next = 0;
  await driveVirtual({
    clock,
    scheduler,
    door: node.door,
    endUs: END_US,
    speed: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    world: {
      stepUs: STEP_US,
      step() {
        world((channel, values) =>
          node.door.sample(channel.index, values, values.length, clock.epoch + clock.now(), -1),
        );
        if (node.cell.state === "READY_BLOCKED")
          begun = node.door.operator({
            act: { name: "resume" },
            by: operatorIdOf("check"),
            roles: ROLES,
            requestId: `r${clock.now()}`,
            reason: "check",
          }).accepted;
        const one = asked[next];
        // one after the other, so that none finds a target or the gate busy
        if (!begun || one === undefined || clock.now() < 1_500_000 + next * 1_000_000) return;
        node.door.proposal(calmest(`check-${next}`, one, deployment, clock.epoch + clock.now()), {
          transport: "check",
          caller: "check",
        });
        next++;
      },
    },
  });
  const unready = node.cell.why();
  if (!begun || node.cell.state !== "RUNNING")
    return { kind: "unknown", why: `${unready.code} ${unready.source} ${unready.detail}`.trim() };
  return {
    kind: "judged",
    targets: asked.flatMap(({ target, verb }, i) => {
      const answer = answers.get(`check-${i}`);
      if (answer === undefined) return [];
      const code = String(answer["code"]);
      return [
        {
          target,
          verb,
          verdict: String(answer["verdict"]),
          code: (Object.hasOwn(CODES, code) ? code : "PROPOSAL_MALFORMED") as Code,
          reason: String(answer["reason"] ?? ""),
        },
      ];
    }),
  };
}

/** A learned head says nothing about readings that were made up, so it is left out where there is one. */
function clearly(deployment: Deployment, hasHead: boolean): Deployment {
  const { gate } = deployment;
  const energy = hasHead ? { ...gate.energy, monitored: false, because: "made-up readings" } : gate.energy;
  return { ...deployment, gate: { ...gate, proposers: {}, energy } };
}

const nowhere = (name: string): Actuator => ({
  name,
  moves: true,
  block: () => true,
  slow: () => true,
  heartbeat: () => true,
  permit: () => true,
  revoke: () => true,
});

/** The best that each channel can say, with the last digits moving as a live sensor's do. */
function clearWorld(channels: readonly ChannelBinding[], deployment: Deployment) {
  const prng = createPrng(1);
  const rest = deployment.robot.joints.map(({ minRad, maxRad }) =>
    minRad <= 0 && maxRad >= 0 ? 0 : (minRad + maxRad) / 2,
  );
  let count = 0;
  return (send: (channel: ChannelBinding, values: number[]) => void): void => {
    count++;
    for (const channel of channels) {
      const { config } = channel;
      // twice as often as it must; a step is a millisecond
      if (count % Math.max(1, Math.floor(500 / config.minRateHz)) !== 0) continue;
      const spread = config.quantity === "wrench" ? WRENCH_NOISE : 1e-6;
      const noise = (): number => (prng.nextUint32() / 0xffffffff - 0.5) * spread;
      send(channel, clearest(config, rest, count, noise));
    }
  };
}
function clearest(
  { quantity, min, max }: ChannelConfig,
  rest: readonly number[],
  count: number,
  noise: () => number,
): number[] {
  const farthest = (): number => (typeof max === "number" ? max : 30) * (1 - 1e-4) - Math.abs(noise());
  switch (quantity) {
    case "range":
      return [farthest()];
    case "scan":
      return Array.from({ length: RAYS }, farthest);
    case "joints":
      return [...rest.map((q) => q + noise()), ...rest.map(noise), ...rest.map(noise)];
    case "wrench":
    case "twist":
    case "twistCommand":
      return Array.from({ length: 6 }, noise);
    case "jointErrors":
    case "currents":
    case "jogCommand":
      return rest.map(noise);
    case "estop":
    case "protectiveStop":
    case "safetyMode":
    case "grip":
    case "flag":
      return [1];
    case "estopDual":
      return [1, 1];
    case "heartbeat":
      return [count];
    case "hidden":
    case "scalar":
      return [(typeof min === "number" ? Math.max(0, min) : 0) + Math.abs(noise())];
  }
}

/** A move that hardly is one: what does not let this pass lets nothing pass that is of use. */
function calmest(
  id: string,
  { target, verb }: { target: string; verb: Verb },
  { robot }: Deployment,
  wall: number,
): unknown {
  const rest = robot.joints.map(({ minRad, maxRad }) =>
    minRad <= 0 && maxRad >= 0 ? 0 : (minRad + maxRad) / 2,
  );
  const args = {
    trajectory: {
      joint_names: robot.joints.map(({ name }) => name),
      points: [
        { positions_rad: rest.map((q, i) => (i === 0 ? q + CALM_RAD : q)), time_from_start_ms: CALM_MS },
      ],
    },
    twist: { linear_m_s: [CALM_M_S, 0, 0], angular_rad_s: [0, 0, 0], duration_ms: CALM_MS },
    gripper: { width_m: 0.01, force_n: 1 },
  }[verb as "trajectory"];
  const evidence = { ...SURE, reasoning_started_at: wall };
  return { schema: PROPOSAL_SCHEMA, action_id: id, proposer: "check", target, verb, args, evidence };
}
