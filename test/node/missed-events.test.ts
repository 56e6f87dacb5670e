import { describe, expect, test } from "vitest";
import { createSimWorld } from "../../sim/index.ts";
import { ok } from "../../src/core/base/result.ts";
import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import { type Code, channelIndexOf, type Effect } from "../../src/core/domain/index.ts";
import { createFeatureBank } from "../../src/core/features/index.ts";
import { domainNamed, featureListHash, HEAD_SCHEMA, sealHead } from "../../src/core/risk/index.ts";
import { createKinematics } from "../../src/core/robot/index.ts";
import { energyOf } from "../../src/node/deployment/risk-head.ts";
import { bindChannels } from "../../src/node/index.ts";
import { createInlineTrials } from "../../src/node/threads/index.ts";
import { DEMO_GATE, demoCell, demoMove } from "./demo-cell.ts";
import { inProcessNode, parsed } from "./in-process.ts";

const level = (quantity: string) => ({
  quantity,
  transport: "sim",
  address: `${quantity}_input`,
  maxAgeMs: 200,
  minRateHz: 10,
  declaredConstant: true,
  stamped: false,
});
const CELL = parsed(
  demoCell({
    "transports.sim.scenario": "idle",
    "channels.button": level("estop"),
    "channels.guard": level("protectiveStop"),
    "channels.part": level("grip"),
    gate: { ...DEMO_GATE, stage: 3 },
  }),
);

/** A head that says the same whatever happens: it announces nothing. */
function constantHead(): string {
  const { features } = createFeatureBank({
    deployment: CELL.deployment,
    channels: bindChannels(CELL.deployment),
    kinematics: createKinematics(CELL.deployment.robot),
  });
  const { name, unit, group, direction } = features.find((f) => f.group === "proximity")!;
  const feature = { name, unit, group, direction };
  return JSON.stringify(
    sealHead({
      schema: HEAD_SCHEMA,
      domain: "robot-factory",
      horizonMs: 600,
      features: [feature],
      featuresHash: featureListHash([feature]),
      model: {
        kind: "additive",
        shapes: [{ feature: 0, knots: [0, 1], values: [0.1, 0.1], missing: 0.1 }],
        pairs: [],
      },
      importance: [1],
      calibration: { kind: "logistic", slope: 1, offset: 0 },
      alarm: { threshold: 0.6, missRate: 0.03, events: 10, coverageFloor: 0.5, scores: [] },
      ordinary: { energies: [0.1], spread: 0.1, falseAlarmsPerHour: 0 },
      training: { seed: 1, method: "by hand", setting: {}, data: [] },
      metrics: {},
    }),
  );
}

/** The real node with that head; what happens to it at second 3, while the arm does its job. */
async function happens(channel: "button" | "guard" | "part" | null): Promise<string[]> {
  const said: string[] = [];
  const energy = energyOf(CELL.deployment, () => ok(constantHead()), 7);
  if (!energy.ok || energy.value === null) throw new Error(JSON.stringify(energy));
  const { node, at, drive } = inProcessNode({
    ...CELL,
    world: createSimWorld({ kind: "sim", scenario: "idle", operator: true }, 5),
    seed: 5,
    trials: createInlineTrials(),
    createPipeline,
    createEnergy: energy.value,
    observe(effect: Effect) {
      if (effect.kind !== "receipt" || effect.receipt.body.receipt_type !== "fault") return;
      const { code, active, detail } = effect.receipt.body;
      if (code === "VS_MISSED_EVENT" && active) said.push(detail);
    },
  });
  let gone = false;
  for (let s = 0; s < 5; s += 0.05)
    at(s, () => {
      // in the middle of a motion: what is put down at rest is no loss
      gone ||= s >= 3 && node.cell.reflex.motion.fastestRadPerS > 0.3;
      for (const name of ["button", "guard", "part"] as const) {
        const index = channelIndexOf(Object.keys(CELL.deployment.channels).indexOf(name));
        node.door.sample(index, [name === channel && gone ? 0 : 1], 1, -1, -1);
      }
    });
  if (channel === null) {
    const pose = [2.8464, -1.8111, 1.8707, -1.6304, -1.5708, -1.866];
    at(2, () =>
      node.door.proposal(demoMove("broken-off", pose, 2_500), { transport: "test", caller: "planner" }),
    );
    at(3, () => node.door.actuator("arm", "aborted", "broken-off", "slipped"));
  }
  await drive(5);
  return said;
}

describe("what V_s should have announced, in a live node", () => {
  test.each([
    ["an emergency stop", "button", "estop (ESTOP_PRESSED)"],
    ["a protective stop", "guard", "protective_stop (PROTECTIVE_STOP)"],
    ["a part that is lost while the arm moves", "part", "grip_lost (GRIP_LOST)"],
    ["an action that its actuator broke off", null, "failure (ACTION_ABORTED)"],
  ] as const)("%s without a warning before it is a missed event", async (_, channel, words) => {
    const said = await happens(channel);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(words);
  });
  test("every event of the domain can be heard in a running cell", () => {
    const events = domainNamed("robot-factory")!.events;
    expect(events.filter((e) => (e.codes ?? ([] as Code[])).length === 0)).toEqual([]);
  });
});
