import { describe, expect, test } from "vitest";
import { createSimWorld } from "../../sim/index.ts";
import { createPipeline, spawnRoot } from "../../src/core/cell/pipeline/index.ts";
import { type Effect, operatorIdOf, type ReceiptBody } from "../../src/core/domain/index.ts";
import { createInlineTrials } from "../../src/node/threads/index.ts";
import { DEMO_GATE_WITHOUT_HEAD, demoCell, demoMove } from "./demo-cell.ts";
import { inProcessNode, parsed } from "./in-process.ts";

const CELL = parsed(
  demoCell({
    "transports.sim.scenario": "idle",
    "risk.head": undefined,
    gate: { ...DEMO_GATE_WITHOUT_HEAD, stage: 4 },
  }),
);
const POSE = [2.8464, -1.8111, 1.8707, -1.6304, -1.5708, -1.866];
const UNSURE = { evidence: { decision_probabilities: [0.4, 0.35, 0.25] } };

/** A live node at stage 4, spoken to through its door alone: what it wrote, in its order. */
async function wrote(
  acts: readonly { readonly at: number; readonly proposal?: object; readonly act?: "lift" }[],
): Promise<ReceiptBody[]> {
  const bodies: ReceiptBody[] = [];
  const { node, at, drive } = inProcessNode({
    ...CELL,
    world: createSimWorld({ kind: "sim", scenario: "idle", operator: true }, 5),
    seed: 5,
    trials: createInlineTrials(),
    createPipeline,
    observe: (effect: Effect) => void (effect.kind === "receipt" && bodies.push(effect.receipt.body)),
  });
  for (const { at: seconds, proposal } of acts)
    at(seconds, () => {
      if (proposal !== undefined)
        return node.door.proposal(proposal, { transport: "test", caller: "planner" });
      const halt = node.cell.reflex.causes().find((c) => c.code === "LOOP_HALT");
      if (halt === undefined) throw new Error("nothing is halted");
      node.door.operator({
        by: operatorIdOf("shift_lead"),
        roles: ["acknowledge"],
        act: { name: "acknowledge", code: "LOOP_HALT", source: halt.source },
        reason: "the planner was restarted",
        requestId: "lift-1",
      } as never);
    });
  await drive(acts.at(-1)!.at + 3);
  return bodies;
}
const about = (bodies: readonly ReceiptBody[], id: string): string[] =>
  bodies.flatMap((b) => ("action_id" in b && b.action_id === id ? [b.receipt_type] : []));
const blockOf = (bodies: readonly ReceiptBody[], id: string) =>
  bodies.find((b) => b.receipt_type === "block" && b.action_id === id) as
    | Extract<ReceiptBody, { receipt_type: "block" }>
    | undefined;

describe("loops and helpers in a live node", () => {
  test("the same question: a loop at five with helpers before the verdict, a halt at ten that a person lifts", async () => {
    const asked = Array.from({ length: 10 }, (_, i) => ({
      at: 3 + 1.5 * i,
      proposal: demoMove(`again-${i}`, POSE, 4_000, UNSURE),
    }));
    const after = [
      { at: 18.5, act: "lift" as const },
      { at: 19, proposal: demoMove("lifted", POSE, 4_000, UNSURE) },
    ];
    const bodies = await wrote([...asked, ...after]);
    expect(about(bodies, "again-3")).not.toContain("convergence");
    // in the order of the drawing: trials, loop, helpers and what they found, verdict
    const order = about(bodies, "again-4");
    expect(order).toContain("convergence");
    expect(order.filter((type) => ["monte_carlo", "finding", "spawn", "block"].includes(type)).at(-1)).toBe(
      "block",
    );
    expect(order.indexOf("spawn")).toBeGreaterThan(order.indexOf("convergence"));
    expect(order.indexOf("block")).toBeGreaterThan(order.indexOf("spawn"));
    const spawned = bodies.find((b) => b.receipt_type === "spawn");
    expect(spawned).toMatchObject({ reason: "loop", helpers_spawned: 2, convergence_proof: 1 });
    expect(blockOf(bodies, "again-9")?.code).toBe("LOOP_HALTED");
    expect(bodies.filter((b) => b.receipt_type === "stoprule")).toMatchObject([
      { rule: "convergence_repeats", measured: 10, limit: 10, action: "halt" },
    ]);
    expect(bodies.find((b) => b.receipt_type === "lift")).toMatchObject({
      code: "LOOP_HALT",
      by: "shift_lead",
    });
    expect(blockOf(bodies, "lifted")?.code).not.toBe("LOOP_HALTED");
  });
  test("five drops of one action's confidence: three helpers, whose findings stand under the root that anybody can make again", async () => {
    const falling = [0.98, 0.8, 0.6, 0.42, 0.25, 0.08];
    const bodies = await wrote([
      { at: 3, proposal: demoMove("sinking", POSE, 4_000, { evidence: { confidence_trajectory: falling } }) },
    ]);
    const wounds = bodies.filter((b) => b.receipt_type === "wound");
    expect(wounds.map((w) => w.wound_index)).toEqual([1, 2, 3, 4, 5]);
    const spawn = bodies.find((b) => b.receipt_type === "spawn");
    expect(spawn).toMatchObject({ wound_count: 5, helpers_spawned: 3 });
    const leaves = bodies.filter((b) => b.receipt_type === "wound" || b.receipt_type === "finding");
    expect(spawnRoot(leaves)).toBe((spawn as { merkle_root: string }).merkle_root);
    const order = about(bodies, "sinking");
    const verdict = order.findIndex((type) => type === "block" || type === "gate_decision");
    expect(verdict).toBeGreaterThan(order.indexOf("spawn"));
  });
});
