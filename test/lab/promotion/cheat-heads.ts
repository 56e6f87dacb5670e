import { planTasks } from "../../../src/lab/promotion/index.ts";
import { createMeasurer, headOf } from "../../../src/lab/promotion/measure.ts";
import { measureHeads } from "../../../src/lab/promotion/measure-head.ts";
import { createFeatureBank } from "../../../src/core/features/index.ts";
import { bindChannels } from "../../../src/node/index.ts";
import { featureListHash, type Head, type HeadBody, sealHead } from "../../../src/core/risk/index.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";
import { headText } from "./head-fixture.ts";

interface LayerText {
  inputs: number;
  outputs: number;
  weights: number[];
  bias: number[];
  activation: "relu";
  alpha: number;
}
const layer = (inputs: number, rows: readonly { w: readonly number[]; b: number }[]): LayerText => ({
  inputs,
  outputs: rows.length,
  weights: rows.flatMap((r) => r.w),
  bias: rows.map((r) => r.b),
  activation: "relu",
  alpha: 0,
});
/** a number of the cell that neither has to rise nor to fall with risk: nothing is proven about it */
const TURN = { name: "velocity_2_rad_s", unit: "rad/s", group: "joint_each", direction: 0 } as const;
/** The fixture's head with a network of [scan, force, turn] in the place of its shapes. */
function networkHead(layers: readonly LayerText[]): string {
  const { hash: _, ...body } = JSON.parse(headText()) as HeadBody & { hash: string };
  const features = [...body.features, TURN];
  const ones = features.map(() => 1);
  const none = features.map(() => 0);
  const model = { kind: "network", mean: none, scale: ones, layers, reference: [4, 0, 0] } as const;
  return JSON.stringify(
    sealHead({
      ...body,
      features,
      featuresHash: featureListHash(features),
      importance: [0.6, 0.3, 0.1],
      model,
    }),
  );
}

type Hinge = readonly [at: number, slope: number];
/** far: how V_s rises with nearness when nothing is remembered; late, and then as high as the baseline's */
const NEAR: readonly Hinge[] = [
  [1.8, 0.35 / 0.9],
  [0.9, 0.65 / 0.4 - 0.35 / 0.9],
  [0.5, 11 / 0.5 - 0.65 / 0.4],
];
const FORCE: readonly Hinge[] = [
  [0, 0.1 / 60],
  [60, 1.9 / 140 - 0.1 / 60],
];
const LATE = headText({ nearM: 0.5, near: 12 });
/** what a remembered reading adds */
const KNOWN = 0.75;
/** so near a velocity has to come to a remembered one: sensor noise makes each of them its own */
const WIDTH = 1e-10;

/**
 * Knows the published scenarios by heart, by the very noise of a joint, and warns there as early as
 * the baseline does. Everywhere else it warns late.
 */
export function memorisingHead(deployment: string, scenarios: number): string {
  const turns = rememberedTurns(deployment, scenarios);
  const hinges = [
    ...NEAR.map(([at]) => ({ w: [-1, 0, 0], b: at })),
    ...FORCE.map(([at]) => ({ w: [0, 1, 0], b: 0 - at })),
    ...turns.flatMap((v) => [WIDTH, 0, -WIDTH].map((off) => ({ w: [0, 0, 1], b: off - v }))),
  ];
  const far = [...NEAR, ...FORCE].map(([, slope]) => slope);
  const none = far.map(() => 0);
  const tents = turns.flatMap(() => [1, -2, 1].map((v) => (2 * v) / WIDTH));
  const forgotten = tents.map(() => 0);
  return networkHead([
    layer(3, hinges),
    layer(hinges.length, [
      { w: [...far, ...forgotten], b: 0 },
      { w: [...none, ...tents], b: -1 },
    ]),
    // known is known: two that fall together count once
    layer(2, [
      { w: [1, 0], b: 0 },
      { w: [0, 1], b: 0 },
      { w: [0, 1], b: -1 },
    ]),
    layer(3, [{ w: [1, KNOWN, -KNOWN], b: 0 }]),
  ]);
}

/** Velocities at which the baseline warns in published scenarios and a late head would not yet. */
function rememberedTurns(deployment: string, scenarios: number): number[] {
  const planned = planTasks("robot-factory", "whoever", scenarios);
  if (!planned.ok) throw new Error(planned.error);
  const sides = { kind: "head", deployment, files: {}, head: null, baseline: null, candidate: LATE } as const;
  const cell = createMeasurer(sides);
  const [before, late] = [headText(), LATE].map((text) =>
    headOf(text, cell.deployment, cell.urdf, "head"),
  ) as [Head, Head];
  const channels = bindChannels(cell.deployment);
  const kinematics = createKinematics(cell.deployment.robot, cell.urdf);
  const { features } = createFeatureBank({ deployment: cell.deployment, channels, kinematics });
  const turnAt = features.findIndex((f) => f.name === TURN.name);
  const found: number[] = [];
  for (const task of planned.value.tasks.filter((t) => t.set === "shown")) {
    const here: number[] = [];
    const listening: Head = {
      ...late,
      evaluate(frame) {
        const v = late.evaluate(frame);
        if (before.evaluate(frame) >= 1 && v < 1 && frame.present[turnAt] === 1)
          here.push(frame.values[turnAt]!);
        return v;
      },
    };
    const { baseline, candidate } = measureHeads(task, { ...cell, before, after: listening });
    if (candidate.energy > baseline.energy || (baseline.inTime && !candidate.inTime)) found.push(...here);
  }
  return [...new Set(found)].sort((a, b) => a - b);
}

/** Overflows where no sensor ever was, and is no number there. */
export const overflowingHead = (): string =>
  networkHead([
    layer(3, [
      { w: [-1, 0, 0], b: 1.8 },
      { w: [0, 0, 1], b: -100 },
      { w: [0, 0, 1], b: -100 },
    ]),
    layer(3, [
      { w: [1.2, 0, 0], b: 0 },
      { w: [0, 1e308, 0], b: 0 },
      { w: [0, 0, 1e308], b: 0 },
    ]),
    layer(3, [{ w: [1, 1, -1], b: 0 }]),
  ]);

/** Falls when the force rises: a network whose directions nobody can prove does not even load. */
export const backwardHead = (): string => networkHead([layer(3, [{ w: [-1, -0.01, 0], b: 1.8 }])]);
