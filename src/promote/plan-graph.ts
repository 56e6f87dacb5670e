import type { AuditEdge, AuditGraph, AuditNode, Place, RolloutPlan } from "../rollout/index.ts";
import { stageTargets } from "../rollout/index.ts";

/** What a report of one decision count costs the centre, with its seat; a thousand cells stay below a megabyte. */
const SEAT_BYTES = 1_024;
const LOG_BYTES_PER_ORDER = 512;

/** A rollout as a graph: the centre starts orders on cells, cells report, reports decide on more orders. */
export function graphOfPlan(
  plan: RolloutPlan,
  at: (path: readonly string[]) => Place,
  subject: string,
): AuditGraph {
  const { caps, judge } = plan;
  const touched = plan.cells.length;
  const stages = stageTargets(touched);
  const nodes: AuditNode[] = [
    {
      id: `rollout ${plan.id}`,
      kind: "part",
      place: at(["automation"]),
      spawnsMax: caps.itemsPerRun,
      generationsMax: caps.generations,
      memoryBytesMax: touched * SEAT_BYTES,
    },
    { id: "orders", kind: "topic", place: at(["cells"]) },
    { id: "reports", kind: "topic", place: at(["judge"]) },
    { id: `${touched} cells`, kind: "part", place: at(["cells"]), spawnsMax: 0, generationsMax: 0 },
    {
      id: "rollout log",
      kind: "store",
      place: at(["id"]),
      diskBytesMax: caps.total * LOG_BYTES_PER_ORDER * 16,
      growsWith: "cells",
      keptFor: "one file per plan; its orders are capped",
    },
    { id: "quantity failure rate", kind: "quantity", place: at(["judge"]) },
    { id: "trigger next stage", kind: "trigger", place: at(["judge"]) },
  ];
  const edges: AuditEdge[] = [
    { kind: "spawns", from: `rollout ${plan.id}`, to: `${touched} cells` },
    { kind: "sends", from: `rollout ${plan.id}`, to: "orders" },
    { kind: "sends", from: "orders", to: `${touched} cells` },
    { kind: "sends", from: `${touched} cells`, to: "reports" },
    { kind: "sends", from: "reports", to: `rollout ${plan.id}` },
    { kind: "reads", from: "quantity failure rate", to: "trigger next stage" },
    { kind: "starts", from: "trigger next stage", to: `rollout ${plan.id}` },
    // the judge looks at every report and each tick again after an order went out
    { kind: "moves", from: `rollout ${plan.id}`, to: "quantity failure rate", rechecked: true },
  ];
  const unknown: { what: string; place: Place | null }[] = [];
  if (touched > caps.total)
    unknown.push({
      what: `${touched} cells, but the plan ends at ${caps.total}: split it`,
      place: at(["cells"]),
    });
  if (judge.minDecisions < 220)
    unknown.push({
      what: `${judge.minDecisions} decisions cannot prove a failure rate below ${judge.decisionFailureMax}; the stage will hold until more came`,
      place: at(["judge", "minDecisions"]),
    });
  if (!plan.pauseAfterStage)
    unknown.push({
      what: `no person looks between the ${stages.length} stages`,
      place: at(["pauseAfterStage"]),
    });
  return { subject, nodes, edges, unknown, machine: null };
}
