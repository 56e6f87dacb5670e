import type { AuditEdge, AuditGraph, AuditNode, Machine, Place, Unknown } from "../../core/audit/index.ts";
import type { RolloutPlan } from "../../core/rollout/index.ts";
import { stageTargets } from "../../core/rollout/index.ts";

/** What a report of one decision count costs the centre, with its seat; a thousand cells stay below a megabyte. */
const SEAT_BYTES = 1_024;
const MIB = 1_048_576;
/** receipts and memory of one rollout: the memory is replaced, not appended to */
const RECEIPT_BYTES = 4_096;
const RECEIPTS_MAX = 10_000;
/** a replay on a thread of its own, measured on recordings of minutes and rounded up */
const REPLAY_THREAD_BYTES = 256 * MIB;
const CENTRE_BYTES = 192 * MIB;
/** the node's channels of a recording, at most so many bytes for one of the recording */
const OUT_PER_BYTE = 2;

interface PlanSurroundings {
  readonly machine: Machine | null;
  /** what a replay of an archive takes on this machine */
  readonly archive?: { readonly jobs: number; readonly out?: string | undefined };
  readonly archiveBytes?: number;
}

/** A rollout as a graph: the centre starts orders on cells, cells report, reports decide on more orders. */
export function graphOfPlan(
  plan: RolloutPlan,
  at: (path: readonly string[]) => Place,
  subject: string,
  { machine, archive, archiveBytes = 0 }: PlanSurroundings = { machine: null },
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
      memoryBytesMax: CENTRE_BYTES + touched * SEAT_BYTES,
    },
    { id: "orders", kind: "topic", place: at(["cells"]) },
    { id: "reports", kind: "topic", place: at(["judge"]) },
    { id: `${touched} cells`, kind: "part", place: at(["cells"]), spawnsMax: 0, generationsMax: 0 },
    {
      id: "rollout log",
      kind: "store",
      place: at(["id"]),
      diskBytesMax: touched * SEAT_BYTES + RECEIPTS_MAX * RECEIPT_BYTES,
      growsWith: "cells",
      keptFor: "what the rollout knows is one file that is replaced; receipts come with decisions only",
    },
    { id: "quantity failure rate", kind: "quantity", place: at(["judge"]) },
    { id: "trigger next stage", kind: "trigger", place: at(["judge"]) },
  ];
  if (archive !== undefined) nodes.push(...archiveParts(archive, archiveBytes, at(["archive"])));
  const edges: AuditEdge[] = [
    { kind: "spawns", from: `rollout ${plan.id}`, to: `${touched} cells` },
    { kind: "sends", from: `rollout ${plan.id}`, to: "orders" },
    { kind: "sends", from: "orders", to: `${touched} cells` },
    { kind: "sends", from: `${touched} cells`, to: "reports" },
    { kind: "sends", from: "reports", to: `rollout ${plan.id}` },
    { kind: "writes", from: `rollout ${plan.id}`, to: "rollout log" },
    { kind: "reads", from: "quantity failure rate", to: "trigger next stage" },
    { kind: "starts", from: "trigger next stage", to: `rollout ${plan.id}` },
    // the judge looks at every report and each tick again after an order went out
    {
      kind: "moves",
      from: `rollout ${plan.id}`,
      to: "quantity failure rate",
      rechecked: judge.dwellUs > 0 && judge.minDecisions > 0,
    },
  ];
  const unknown: Unknown[] = [];
  const needed = Math.ceil(Math.log(1 / judge.alpha) / -Math.log(1 - judge.decisionFailureMax));
  if (archive === undefined && judge.minDecisions < needed)
    unknown.push({
      question: "resource exhaustion",
      code: "AUDIT_BLIND_STAGE",
      what: `${judge.minDecisions} decisions cannot prove a failure rate below ${judge.decisionFailureMax}: each stage will hold until ${needed} or more came`,
      place: at(["judge", "minDecisions"]),
      safeguard: `judge.minDecisions: ${needed}`,
    });
  if (archive === undefined) unknown.push(...blindStages(judge, at));
  if (!plan.pauseAfterStage)
    unknown.push({
      question: "cascade spawning",
      what: `no person looks between the ${stages.length} stages`,
      place: at(["pauseAfterStage"]),
      safeguard: "pauseAfterStage: true, unless somebody watches it all the time",
    });
  return { subject, nodes, edges, unknown, machine };
}

/** What a bad candidate would pass: limits that prove little, and stages too short to see what comes slowly. */
function blindStages(judge: RolloutPlan["judge"], at: (path: readonly string[]) => Place): Unknown[] {
  const limits = [
    ["alpha", judge.alpha, ALPHA_MAX, `a wrong verdict is allowed in ${percent(judge.alpha)} of rollouts`],
    [
      "decisionFailureMax",
      judge.decisionFailureMax,
      FAILURES_MAX,
      `${percent(judge.decisionFailureMax)} of decisions may fail`,
    ],
    [
      "cellFailureMax",
      judge.cellFailureMax,
      FAILURES_MAX,
      `${percent(judge.cellFailureMax)} of cells may fail`,
    ],
    ["dwellS", DWELL_MIN_S, judge.dwellUs / 1e6, `a stage lasts ${judge.dwellUs / 1e6} s at least`],
  ] as const;
  return limits.flatMap(([key, value, most, what]): Unknown[] =>
    value <= most
      ? []
      : [
          {
            question: "threshold drift",
            code: "AUDIT_BLIND_STAGE",
            what: `${what}: a candidate that is somewhat worse passes every stage`,
            place: at(["judge", key]),
            safeguard:
              key === "dwellS" ? `judge.dwellS: ${DWELL_MIN_S} or more` : `judge.${key}: ${most} or less`,
          },
        ],
  );
}
const ALPHA_MAX = 0.05;
const FAILURES_MAX = 0.1;
const DWELL_MIN_S = 60;
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

function archiveParts(
  { jobs, out }: NonNullable<PlanSurroundings["archive"]>,
  bytes: number,
  place: Place,
): AuditNode[] {
  const threads: AuditNode = {
    id: "replay threads",
    kind: "workers",
    place,
    threadsMax: jobs,
    memoryBytesMax: jobs * REPLAY_THREAD_BYTES,
    spawnsMax: 0,
    generationsMax: 0,
  };
  if (out === undefined) return [threads];
  const files: AuditNode = {
    id: `recordings in ${out}`,
    kind: "store",
    place,
    diskBytesMax: OUT_PER_BYTE * bytes,
    growsWith: "items",
    keptFor: "one file per recording of the plan; an abort removes them",
  };
  return [threads, files];
}
