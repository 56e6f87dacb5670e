import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { createSimWorld } from "../../sim/index.ts";
import { ok } from "../../src/core/base/result.ts";
import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import type { Effect, ReceiptBody } from "../../src/core/domain/index.ts";
import { energyOf } from "../../src/node/deployment/risk-head.ts";
import { createInlineTrials } from "../../src/node/threads/index.ts";
import { demo, inProcessNode } from "./in-process.ts";

const LAUNCH = resolve(import.meta.dirname, "../../launch");
const action = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(LAUNCH, "actions", `${name}.json`), "utf8")) as Record<string, unknown>;

type Told = Extract<ReceiptBody, { receipt_type: "gate_decision" | "block" }>;
const verdictOf = (body: Told): string => (body.receipt_type === "block" ? "RED" : body.decision);

/** The demonstration cell with its own head; each proposal is made at its own time, some with what status says then. */
async function verdicts(
  proposals: readonly { readonly at: number; readonly make: (context: Context) => object }[],
): Promise<Map<string, Told>> {
  const effects: Effect[] = [];
  const cell = demo("idle");
  const head = energyOf(cell.deployment, (name) => ok(readFileSync(name, "utf8")), 7);
  if (!head.ok || head.value === null) throw new Error(JSON.stringify(head));
  const { node, at, drive } = inProcessNode({
    ...cell,
    world: createSimWorld({ kind: "sim", scenario: "idle", operator: true }, 3),
    seed: 3,
    trials: createInlineTrials(),
    createPipeline,
    createEnergy: head.value,
    observe: (effect) => void effects.push(effect),
  });
  for (const { at: seconds, make } of proposals)
    at(seconds, () => {
      const context = node.cell.pipeline?.view().context;
      if (context === null || context === undefined) throw new Error("no context yet");
      node.door.proposal(make({ ...context, now: node.cell.wall(seconds * 1e6) }), {
        transport: "test",
        caller: "planner",
      });
    });
  await drive(Math.max(...proposals.map((p) => p.at)) + 4);
  return new Map(
    effects.flatMap((e) =>
      e.kind === "receipt" &&
      (e.receipt.body.receipt_type === "gate_decision" || e.receipt.body.receipt_type === "block")
        ? [[e.receipt.body.action_id, e.receipt.body]]
        : [],
    ),
  );
}
interface Context {
  readonly hash: string;
  readonly at: number;
  readonly now: number;
}

describe("the demonstration's everyday actions", () => {
  test("slower GREEN, home YELLOW, out of reach RED, unsure RED", async () => {
    const told = await verdicts(
      ["slower", "home", "out-of-reach", "unsure"].map((name, i) => ({
        at: 4 + 5 * i,
        make: () => action(name),
      })),
    );
    expect([...told].map(([id, body]) => [id, verdictOf(body)])).toEqual([
      ["slower", "GREEN"],
      ["home", "YELLOW"],
      ["out-of-reach", "RED"],
      ["unsure", "RED"],
    ]);
  });
  test("with the context that status names, and a moment's reasoning, an action is judged as well as without", async () => {
    const pairs = Array.from({ length: 6 }, (_, i) => i);
    const told = await verdicts(
      pairs.flatMap((i) => [
        { at: 4 + 3 * i, make: () => ({ ...action("slower"), action_id: `silent-${i}` }) },
        {
          at: 5.5 + 3 * i,
          make: ({ hash, now }) => ({
            ...action("slower"),
            action_id: `said-${i}`,
            args: { name: "job_pace", value: 0.5 + i / 100 },
            evidence: {
              ...(action("slower")["evidence"] as object),
              context_hash: hash,
              reasoning_started_at: now - 120_000,
            },
          }),
        },
      ]),
    );
    for (const i of pairs) {
      const factor = (id: string): number =>
        (told.get(id)!.terms["factors"] as { drift: { factor: number } }).drift.factor;
      expect(factor(`said-${i}`)).toBeGreaterThanOrEqual(factor(`silent-${i}`));
      expect([i, verdictOf(told.get(`said-${i}`)!)]).toEqual([i, "GREEN"]);
    }
  });
});
