import { describe, expect, test } from "vitest";
import { createSimWorld } from "../../../../sim/index.ts";
import { createPipeline } from "../../../../src/core/cell/pipeline/index.ts";
import type { Effect, ReceiptBody } from "../../../../src/core/domain/index.ts";
import { createInlineTrials } from "../../../../src/node/threads/index.ts";
import { DEMO_GATE_WITHOUT_HEAD, demoCell, demoMove } from "../../../node/demo-cell.ts";
import { inProcessNode, parsed } from "../../../node/in-process.ts";

const GATE = {
  ...DEMO_GATE_WITHOUT_HEAD,
  targets: { arm: { path: "/arm", verbs: ["trajectory", "program"] } },
  facts: ["ready"],
  skills: { wave: { durationMs: 900, requires: ["ready"], risk: "high", pause: true } },
};

interface Told {
  readonly effects: Effect[];
  readonly bodies: ReceiptBody[];
  readonly digest: string;
  readonly state: string;
}
/** A node, a simulated cell and one proposal, in simulated time. */
async function told(
  seconds: number,
  propose: (position: readonly number[]) => unknown,
  gate = GATE,
): Promise<Told> {
  const effects: Effect[] = [];
  const { node, receipts, at, drive } = inProcessNode({
    ...parsed(demoCell({ "transports.sim.scenario": "idle", gate })),
    world: createSimWorld({ kind: "sim", scenario: "idle", operator: true }, 5),
    seed: 5,
    trials: createInlineTrials(),
    createPipeline,
    observe: (effect) => void effects.push(effect),
  });
  at(3, () =>
    node.door.proposal(propose(Array.from(node.cell.reflex.motion.position)), {
      transport: "test",
      caller: "bot",
    }),
  );
  await drive(seconds);
  const bodies = effects
    .flatMap((e) => (e.kind === "receipt" ? [e.receipt.body] : []))
    .filter((b) => "action_id" in b && b.action_id === "wave");
  return { effects, bodies, digest: receipts.digest(), state: node.cell.state };
}
/** enough doubt for a watcher */
const UNSURE = { evidence: { decision_probabilities: [0.9, 0.1] } };
const move = (far: number) => (position: readonly number[]) =>
  demoMove(
    "wave",
    position.map((v, i) => (i === 0 ? v + far : v)),
    1_500,
    UNSURE,
  );
const story = ({ bodies }: Told): string[] =>
  bodies.map((b) =>
    "decision" in b
      ? `${b.receipt_type} ${b.decision}`
      : "outcome" in b
        ? `${b.receipt_type} ${b.outcome}`
        : "code" in b
          ? `${b.receipt_type} ${b.code}`
          : b.receipt_type,
  );

describe("a whole node with a simulated cell", () => {
  test("an action is judged, permitted, run by the arm and ends well; the same twice to the byte", async () => {
    const once = await told(8, move(0.15));
    expect(story(once)).toEqual([
      "monte_carlo",
      "gate_decision YELLOW",
      "permit_used released",
      "permit_used completed",
      "watcher completed",
    ]);
    expect((await told(8, move(0.15))).digest).toBe(once.digest);
  });
  test("stop first, write second; write first, permit second", async () => {
    const { effects } = await told(8, move(0.15));
    const at = (fits: (e: Effect) => boolean) => effects.findIndex(fits);
    const decision = at((e) => e.kind === "receipt" && e.receipt.body.receipt_type === "gate_decision");
    const permit = at((e) => e.kind === "permit");
    expect(decision).toBeGreaterThan(-1);
    expect(permit).toBeGreaterThan(decision);
  });
  test("an action that leaves a joint's range is refused with its hard code", async () => {
    expect(story(await told(4, move(9)))[0]).toMatch(/^block JOINT_(LIMIT|SPEED)_EXCEEDED$/);
  });
  test("shadow: the same judgement, and the arm never hears of it", async () => {
    const shadow = await told(8, move(0.15), { ...GATE, stage: 0 });
    expect(story(shadow)).toEqual(["monte_carlo", "gate_decision YELLOW"]);
    expect(shadow.effects.some((e) => e.kind === "permit" || e.kind === "revoke")).toBe(false);
  });
  test("a high-risk program runs in the embedded simulator before the arm may", async () => {
    const program = () => ({
      schema: "cellgate.proposal/1",
      action_id: "wave",
      proposer: "planner",
      target: "arm",
      verb: "program",
      args: { tokens: ["wave"] },
    });
    const tale = await told(6, program);
    const helper = tale.effects.find((e) => e.kind === "helper");
    expect(helper?.kind === "helper" && (helper.task as { kind: string }).kind).toBe("sandbox");
    const decision = tale.bodies.find((b) => b.receipt_type === "gate_decision");
    expect(decision?.receipt_type === "gate_decision" && decision.terms["sandbox"]).toMatchObject({
      ok: true,
    });
  });
});
