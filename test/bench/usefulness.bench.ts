import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSimWorld } from "../../sim/index.ts";
import { ok } from "../../src/core/base/result.ts";
import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import type { Effect } from "../../src/core/domain/index.ts";
import { energyOf } from "../../src/node/deployment/risk-head.ts";
import { createInlineTrials } from "../../src/node/threads/index.ts";
import { demo, inProcessNode } from "../node/in-process.ts";
import type { Bench, Figure } from "./bench.ts";

/** Ten hours are asked for; a run of some minutes with a seed of its own is one part of them, and parts add up. */
const MINUTES = Number(process.env["CELLGATE_BENCH_MINUTES"] ?? 10);
const SEED = Number(process.env["CELLGATE_BENCH_SEED"] ?? 3);
const PERIOD_S = 12;
const FIRST_S = 4;
const LAUNCH = join(import.meta.dirname, "../../launch");
const action = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(LAUNCH, "actions", `${name}.json`), "utf8")) as Record<string, unknown>;

/** The demonstration at its everyday work, with its own head, and nobody in danger: how often is it let work? */
async function usefulness(): Promise<readonly Figure[]> {
  const cell = demo("idle");
  const head = energyOf(cell.deployment, (name) => ok(readFileSync(name, "utf8")), 7);
  if (!head.ok || head.value === null) throw new Error(JSON.stringify(head));
  const verdicts = new Map<string, string>();
  const { node, at, drive } = inProcessNode({
    ...cell,
    world: createSimWorld({ kind: "sim", scenario: "idle", operator: true }, SEED),
    seed: SEED,
    trials: createInlineTrials(),
    createPipeline,
    createEnergy: head.value,
    observe(effect: Effect) {
      if (effect.kind !== "receipt") return;
      const { body } = effect.receipt;
      if (body.receipt_type === "gate_decision") verdicts.set(body.action_id, body.decision);
      else if (body.receipt_type === "block") verdicts.set(body.action_id, `RED ${body.code}`);
    },
  });
  const cycles = Math.floor((MINUTES * 60 - FIRST_S) / PERIOD_S);
  for (let i = 0; i < cycles; i++)
    at(FIRST_S + i * PERIOD_S, () => {
      const name = i % 2 === 0 ? "slower" : "home";
      const proposal = { ...action(name), action_id: `${name}-${i}` };
      node.door.proposal(proposal, { transport: "bench", caller: "planner" });
    });
  await drive(MINUTES * 60);
  const all = [...verdicts.values()];
  const share = (of: string): number => all.filter((v) => v.startsWith(of)).length / Math.max(1, cycles);
  const reds = [...new Set(all.filter((v) => v.startsWith("RED")))].join(", ");
  return [
    {
      name: "healthy everyday actions that are GREEN or YELLOW",
      value: 100 * (share("GREEN") + share("YELLOW")),
      unit: "%",
      target: "≥ 95 %",
      note: `${cycles} actions in ${MINUTES} simulated minutes, seed ${SEED}: ${(100 * share("GREEN")).toFixed(1)} % GREEN${reds === "" ? "" : `; ${reds}`}`,
    },
  ];
}

export const benches: Bench[] = [{ name: "gate-usefulness", run: usefulness }];
