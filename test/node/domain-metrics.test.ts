import { expect, test } from "vitest";
import { createSimWorld } from "../../sim/index.ts";
import { channelIndexOf } from "../../src/core/domain/index.ts";
import { createPipeline } from "../../src/core/cell/pipeline/index.ts";
import { metricsOf } from "../../src/edge/http/control/metrics.ts";
import { RecentLatency } from "../../src/node/recent-latency.ts";
import { buildStatus } from "../../src/node/status.ts";
import { createInlineTrials } from "../../src/node/threads/index.ts";
import { demoCell } from "./demo-cell.ts";
import { inProcessNode, parsed } from "./in-process.ts";

const CELL = parsed(
  demoCell({
    "transports.sim.scenario": "walk-in",
    "risk.head": undefined,
    "gate.energy": { monitored: false, because: "no risk head in this test" },
    "channels.button": {
      quantity: "estop",
      transport: "sim",
      address: "button",
      maxAgeMs: 200,
      minRateHz: 10,
      declaredConstant: true,
      stamped: false,
    },
  }),
);

test("what happens in a running cell stands in status and metrics, with ΔV_s, stage, smells and promotions", async () => {
  const { node, at, drive } = inProcessNode({
    ...CELL,
    world: createSimWorld({ kind: "sim", scenario: "walk-in", operator: true }, 7),
    seed: 7,
    createPipeline,
    trials: createInlineTrials(),
  });
  const button = channelIndexOf(Object.keys(CELL.deployment.channels).indexOf("button"));
  // pressed, released, and pressed again a second later
  const isPressed = (s: number): boolean => (s > 2 && s < 2.5) || s > 3.5;
  for (let s = 0; s < 20; s += 0.05) at(s, () => node.door.sample(button, [isPressed(s) ? 0 : 1], 1, -1, -1));
  await drive(20);
  const latency = new RecentLatency();
  const status = buildStatus(
    {
      node,
      version: "test",
      instance: "test",
      boot: 1,
      simulated: true,
      blockLatency: latency,
      loopLag: latency,
      ledger: () => ({ stored: 0, pending: 0, refused: 0, tree_size: 0, root: "", published: 0 }),
      promotion: () => ({
        in_use: { head: "a".repeat(64) },
        outcomes: { promoted: 2, refused: 1, insufficient: 0, "rolled-back": 1 },
        delta_v_s: -0.25,
      }),
    },
    20e6,
  );
  const counted = Object.fromEntries(status.risk!.counts.map((c) => [c.name, [c.total, c.last_hour]]));
  expect(counted["estops"]).toEqual([2, 2]);
  expect(counted["forbidden_zone_entries"]![0]).toBeGreaterThan(0);
  expect(counted["grips_lost"]).toEqual([0, 0]);
  const text = metricsOf(status, { requests: {}, listeners: 0, dropped: 0 });
  for (const line of [
    'cellgate_risk_events_total{what="estops"} 2',
    'cellgate_risk_events_last_hour{what="near_misses"}',
    "cellgate_risk_energy_change -0.25",
    'cellgate_promotion_outcomes_total{outcome="rolled-back"} 1',
    'cellgate_risk_smell{code="VS_CONSTANT"} 0',
    "cellgate_gate_stage 3",
  ])
    expect(text).toContain(line);
});
