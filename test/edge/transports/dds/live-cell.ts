import { createPipeline } from "../../../../src/core/cell/pipeline/index.ts";
import type { CellEvent, Effect, Receipt } from "../../../../src/core/domain/index.ts";
import { operatorIdOf, ROLES } from "../../../../src/core/domain/index.ts";
import { EDGE_SCHEMAS } from "../../../../src/node/run/edge-kinds.ts";
import { createActuator } from "../../../../src/edge/actuators/index.ts";
import { DdsTransport, ddsSettingsSchema } from "../../../../src/edge/transports/dds/index.ts";
import { createLiveClock } from "../../../../src/node/clock.ts";
import { parseDeployment } from "../../../../src/node/deployment/index.ts";
import { createNode, withDigest } from "../../../../src/node/index.ts";
import { createAnnouncer } from "../../../../src/node/announcer.ts";
import { liveScheduler } from "../../../../src/node/scheduler.ts";
import { createInlineTrials } from "../../../../src/node/threads/index.ts";
import { until } from "../../../contract/ros-door.ts";

/** A cell of an arm with two joints whose controller is reached over DDS; what a test adds stands in `more`. */
export const armCell = (more: {
  readonly transport: string;
  readonly actuators: string;
  readonly gate?: string;
  readonly rules?: string;
}): string => `cellgate: 1
cell: dds_arm
robot:
  name: arm
  massMovingKg: 8
  payloadKg: 1
  stopTimeMs: 200
  stopDistanceM: 0.1
  maxToolSpeedMPerS: 1.5
  positionUncertaintyM: 0.01
  joints:
    - { name: j1, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 40 }
    - { name: j2, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 40 }
  kinematics:
    dh:
      - { aM: 0.4, alphaRad: 0, dM: 0.2 }
      - { aM: 0.3, alphaRad: 0, dM: 0 }
transports:
  wire:
    kind: dds
${more.transport}
channels:
  estop: { quantity: estop, transport: wire, address: /estop, maxAgeMs: 2000, minRateHz: 1, declaredConstant: true, stamped: false }
  joints: { quantity: joints, transport: wire, address: /joint_states, maxAgeMs: 1000, minRateHz: 2, declaredConstant: true }
rules: ${more.rules ?? "{}"}
self: { maxLoopLagMs: 4000 }
actuators:
${more.actuators}
operators:
  - { name: anna, roles: [reset, resume, acknowledge, kill, approve, configure] }
gate:
  stage: 2
  energy: { monitored: false, because: "no risk head in this test" }
  deferral: { monitored: false, because: "the test has no history" }
  limits: { stateMaxAgeMs: 2000 }
  snapshotMaxAgeMs: 3000
  permitMs: 3000
  watcher: { graceMs: 5000 }
  targets:
    arm: { path: /arm, actuator: arm, verbs: [trajectory] }
${more.gate ?? ""}
`;

export interface LiveCell {
  readonly receipts: Receipt[];
  readonly effects: Effect[];
  readonly events: CellEvent[];
  readonly node: ReturnType<typeof createNode>;
  /** codes of permits that were used, in their order */
  permits(): string[];
  arm(): Promise<void>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** A whole node in this process, on real time and the real wire; only disk and threads are left out. */
export async function liveCell(text: string, domainId: number): Promise<LiveCell> {
  const loaded = parseDeployment(text, "dds.yaml", EDGE_SCHEMAS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1));
  const { deployment, hash } = loaded;
  const clock = createLiveClock();
  const settings = ddsSettingsSchema.parse({
    ...deployment.transports["wire"],
    domainId,
    library: process.env["LIBDDSC"],
  });
  const transport = new DdsTransport(settings, "wire");
  const receipts: Receipt[] = [];
  const effects: Effect[] = [];
  const events: CellEvent[] = [];
  const actuators = Object.entries(deployment.actuators).map(([name, raw]) => {
    const made = createActuator(name, raw, transport.sender);
    if (!made.ok) throw new Error(made.error);
    return made.value;
  });
  const announcer = createAnnouncer([{ name: "wire", sender: transport.sender }], () => {
    throw new Error("no status here");
  });
  const node = createNode({
    deployment,
    configHash: hash,
    clock,
    scheduler: liveScheduler,
    actuators,
    receipts: withDigest({
      append: (receipt) => receipts.push(structuredClone(receipt)) > 0,
      whenStored: () => Promise.resolve(true),
      persistLatched: () => true,
      whenLatched: async () => true,
    }),
    trials: createInlineTrials(),
    createPipeline,
    record: (event) => void (event.kind === "sample" || events.push(structuredClone(event))),
    observe: (effect) => {
      if (effect.kind === "answer") announcer.observe(effect);
      if (effect.kind !== "heartbeat" && effect.kind !== "receipt") effects.push(effect);
    },
  });
  node.start({ boot: 1, latched: [], ledgerFault: null, seed: 7 });
  await transport.open({
    door: node.door,
    clock,
    channels: node.channels,
    cell: deployment.cell,
    configHash: hash,
    dataDir: "/nonexistent",
    jointNames: deployment.robot.joints.map((joint) => joint.name),
    actuators: Object.entries(deployment.actuators).map(([name, { address }]) => ({ name, address })),
  });
  const timer = setInterval(() => node.door.advance(clock.now()), 5);
  let asked = 0;
  const operator = (act: Parameters<typeof node.door.operator>[0]["act"]) =>
    node.door.operator({
      act,
      by: operatorIdOf("anna"),
      roles: ROLES,
      requestId: `t${asked++}`,
      reason: "test",
    });
  return {
    receipts,
    effects,
    events,
    node,
    permits: () => receipts.flatMap(({ body }) => (body.receipt_type === "permit_used" ? [body.code] : [])),
    async arm() {
      await until("the cell may be resumed", () => operator({ name: "resume" }).accepted, 30_000);
    },
    async reset() {
      await until(
        "the stop may be reset",
        () => {
          operator({ name: "reset", level: 0, retained: false });
          return operator({ name: "reset", level: 1, retained: false }).accepted;
        },
        30_000,
      );
    },
    async close() {
      clearInterval(timer);
      await transport.close();
    },
  };
}
