import { describe, expect, test } from "vitest";
import { createSimWorld } from "../../sim/index.ts";
import { ok } from "../../src/core/base/result.ts";
import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import type { Effect, ReceiptBody } from "../../src/core/domain/index.ts";
import { createFeatureBank } from "../../src/core/features/index.ts";
import { featureListHash, HEAD_SCHEMA, type HeadFeature, sealHead } from "../../src/core/risk/index.ts";
import { createKinematics } from "../../src/core/robot/index.ts";
import { energyOf } from "../../src/node/deployment/risk-head.ts";
import { bindChannels } from "../../src/node/index.ts";
import { createInlineTrials } from "../../src/node/threads/index.ts";
import { DEMO_GATE, demoCell, demoMove } from "./demo-cell.ts";
import { inProcessNode, parsed } from "./in-process.ts";

const CELL = parsed(
  demoCell({
    "transports.sim.scenario": "idle",
    gate: {
      ...DEMO_GATE,
      stage: 3,
      targets: { arm: { path: "/arm", verbs: ["trajectory", "program", "plan"] } },
      skills: { wave: { durationMs: 900, pause: true }, look: { durationMs: 900, pause: true } },
    },
  }),
);

/** V_s: a little for the distance, and for what a proposal says of itself. */
const WEIGHTS: readonly { name: string; from: number; to: number; least: number; most: number }[] = [
  { name: "separation_margin_m", from: 0, to: 3, least: 0.02, most: 0.02 },
  { name: "plan_nodes", from: 0, to: 10, least: 0, most: 1 },
  { name: "program_length", from: 0, to: 10, least: 0, most: 0.7 },
  { name: "decision_entropy_share", from: 0, to: 1, least: 0, most: 0.5 },
  { name: "hidden_base_norm", from: 0, to: 10, least: 0, most: 0.3 },
  { name: "confidence_fall", from: 0, to: 1, least: 0, most: 0.9 },
];

function headText(weights = WEIGHTS): { text: string; hash: string } {
  const { features: made } = createFeatureBank({
    deployment: CELL.deployment,
    channels: bindChannels(CELL.deployment),
    kinematics: createKinematics(CELL.deployment.robot),
  });
  const state = made.find((f) => f.group === "separation") ?? made.find((f) => f.group === "motion")!;
  const features = weights.map(({ name }, i): HeadFeature => {
    const found = i === 0 ? state : made.find((f) => f.name === name)!;
    return { name: found.name, unit: found.unit, group: found.group, direction: found.direction };
  });
  const head = sealHead({
    schema: HEAD_SCHEMA,
    domain: "robot-factory",
    horizonMs: 600,
    features,
    featuresHash: featureListHash(features),
    model: {
      kind: "additive",
      shapes: weights.map(({ from, to, least, most }, feature) => ({
        feature,
        knots: [from, to],
        values: [least, most],
        missing: 0,
      })),
      pairs: [],
    },
    importance: weights.map((_, i) => (i === 0 ? 0.6 : 0.4 / (weights.length - 1))),
    calibration: { kind: "logistic", slope: 1, offset: 0 },
    alarm: { threshold: 0.6, missRate: 0.03, events: 10, coverageFloor: 0.5, scores: [] },
    ordinary: { energies: [0.1, 0.2], spread: 0.1, falseAlarmsPerHour: 0 },
    training: { seed: 1, method: "by hand", setting: {}, data: [] },
    metrics: {},
  });
  return { text: JSON.stringify(head), hash: head.hash };
}

type Told = Extract<ReceiptBody, { receipt_type: "gate_decision" | "block" }>;
interface Energies {
  readonly state: number;
  readonly action: number;
  readonly state_parts: Readonly<Record<string, number>>;
  readonly action_parts: Readonly<Record<string, number>>;
}
const energies = (body: Told): Energies => body.terms["energy"] as unknown as Energies;
const sum = (parts: Readonly<Record<string, number>>): number =>
  Object.values(parts).reduce((a, b) => a + b, 0);

/** What a live node writes about proposals that come through its door while the arm stands. */
async function judged(proposals: readonly object[]): Promise<{ told: Told[]; trials: ReceiptBody[] }> {
  const effects: Effect[] = [];
  const head = headText();
  const made = energyOf(CELL.deployment, () => ok(head.text), 7);
  if (!made.ok || made.value === null) throw new Error(JSON.stringify(made));
  const { node, at, drive } = inProcessNode({
    ...CELL,
    world: createSimWorld({ kind: "sim", scenario: "idle", operator: true }, 5),
    seed: 5,
    trials: createInlineTrials(),
    createPipeline,
    createEnergy: made.value,
    observe: (effect) => void effects.push(effect),
  });
  proposals.forEach((proposal, i) =>
    at(3, () => node.door.proposal(proposal, { transport: "test", caller: `caller ${i}` })),
  );
  await drive(4);
  const bodies = effects.flatMap((e) => (e.kind === "receipt" ? [e.receipt.body] : []));
  return {
    told: proposals.map((p) => {
      const id = (p as { action_id: string }).action_id;
      const found = bodies.find(
        (b): b is Told =>
          (b.receipt_type === "gate_decision" || b.receipt_type === "block") && b.action_id === id,
      );
      if (found === undefined) throw new Error(`nothing was written about ${id}`);
      return found;
    }),
    trials: bodies.filter((b) => b.receipt_type === "monte_carlo"),
  };
}

const HERE = [2.8464, -1.8111, 1.8707, -1.6304, -1.5708, -1.866];
const move = (id: string, evidence?: object) => demoMove(id, HERE, 4_000, evidence && { evidence });
const other = (id: string, verb: string, args: object) => ({ ...move(id), verb, args });
const SIX = [
  move("plain"),
  move("decision", { decision_probabilities: [0.7, 0.3] }),
  move("hidden", { hidden_base: [3, 4, 0, 0] }),
  move("tokens", { program_tokens: ["go", "grip", "go"] }),
  other("program", "program", { tokens: ["wave", "look", "wave", "look"] }),
  other("plan", "plan", {
    nodes: [
      { id: "a", skill: "wave" },
      { id: "b", skill: "look" },
    ],
    edges: [["a", "b"]],
  }),
];

describe("V_s of an action in a live node", () => {
  test("six proposals that say different things of themselves have six different V_s, with their parts", async () => {
    const { told } = await judged(SIX);
    const found = told.map(energies);
    expect(new Set(found.map((e) => e.action)).size).toBe(6);
    for (const e of found) {
      expect(sum(e.state_parts)).toBeCloseTo(e.state, 9);
      expect(sum(e.action_parts)).toBeCloseTo(e.action, 9);
      expect(e.state).toBe(found[0]!.state);
    }
    const [plain, decision, hidden, tokens, program, plan] = found;
    expect(plain!.action).toBe(plain!.state);
    expect(Object.keys(decision!.action_parts)).toContain("decision_entropy_share");
    expect(hidden!.action - hidden!.state).toBeCloseTo(0.3 * 0.25, 6);
    expect(tokens!.action - tokens!.state).toBeCloseTo(0.7 * 0.3, 6);
    expect(program!.action - program!.state).toBeCloseTo(0.7 * 0.4, 6);
    expect(plan!.action - plan!.state).toBeCloseTo(0.2, 6);
  });
  test("the trials start from V_s of the action", async () => {
    const { told, trials } = await judged(SIX.slice(0, 4));
    for (const [i, body] of told.entries()) {
      const batch = trials.find((t) => t.receipt_type === "monte_carlo" && t.action_id === body.action_id);
      const inputs = (batch as { terms: Record<string, unknown> }).terms["inputs"] as { energy: object };
      expect(sum(inputs.energy as Record<string, number>), String(i)).toBeCloseTo(energies(body).action, 9);
    }
  });
  test("an action whose V_s lies above the limit is hard RED in a cell whose own V_s is low, and the receipt says both", async () => {
    const evidence = {
      decision_probabilities: [0.5, 0.5],
      confidence_trajectory: [0.9, 0.85, 0.75, 0.65],
      hidden_base: [10, 10, 10],
    };
    const { told } = await judged([move("calm"), move("doubtful", evidence)]);
    expect(told[0]!.receipt_type).toBe("gate_decision");
    expect(told[1]).toMatchObject({ receipt_type: "block", code: "ENERGY_ABOVE_LIMIT" });
    expect(energies(told[1]!).state).toBeLessThan(0.1);
    expect(energies(told[1]!).action).toBeGreaterThan(0.6);
  });
  test("every hard RED carries both numbers and their parts", async () => {
    const { told } = await judged([
      demoMove("far", [9, ...HERE.slice(1)], 4_000, { evidence: { hidden_base: [1] } }),
      other("unknown", "gripper", { width_m: 0, force_n: 1 }),
    ]);
    expect(told.map((b) => (b as { code: string }).code)).toEqual([
      "JOINT_LIMIT_EXCEEDED",
      "VERB_NOT_ALLOWED",
    ]);
    for (const body of told) {
      expect(sum(energies(body).state_parts)).toBeCloseTo(energies(body).state, 9);
      expect(sum(energies(body).action_parts)).toBeCloseTo(energies(body).action, 9);
    }
    expect(energies(told[0]!).action).toBeGreaterThan(energies(told[0]!).state);
  });
});
