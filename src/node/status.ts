import type { Cause } from "../core/reflex/index.ts";
import {
  type CauseStatus,
  type ChannelStatus,
  type Deployment,
  type EntryOf,
  type NodeStatus,
  type PromotionStatus,
  QUANTITIES,
} from "../core/domain/index.ts";
import { metricsOfDomain } from "../core/risk/index.ts";
import type { ChannelBinding } from "../edge/ports/index.ts";
import { isBlocked } from "../core/cell/index.ts";
import type { RecentLatency } from "./recent-latency.ts";
import type { CellNode } from "./node.ts";

/** What a status needs besides the cell. */
export interface StatusParts {
  readonly node: CellNode;
  readonly version: string;
  readonly boot: number;
  readonly instance: string;
  readonly simulated: boolean;
  readonly blockLatency: RecentLatency;
  readonly loopLag: RecentLatency;
  ledger(): NodeStatus["ledger"];
  margins?(): NonNullable<NodeStatus["margins"]>;
  promotion?(): PromotionStatus | undefined;
}

const causeStatus = (cause: Cause, entryOf: EntryOf): CauseStatus => {
  const entry = entryOf(cause.code);
  return {
    code: cause.code,
    title: entry.title,
    source: cause.source,
    severity: cause.severity,
    detail: cause.detail,
    since_us: cause.since,
    active: cause.active,
    latched: cause.latched,
    clears: cause.clears,
    cleared_by: cause.clearedBy,
    remedy: entry.remedy,
  };
};

/** One number that stands for a reading. */
function summary(quantity: ChannelBinding["config"]["quantity"], row: Float64Array): number | null {
  if (row.length === 0) return null;
  switch (quantity) {
    case "wrench":
      return Math.hypot(row[0]!, row[1]!, row[2]!);
    case "scan":
      return row.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    case "joints":
      return row.subarray(row.length / 3, (2 * row.length) / 3).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    case "twist":
    case "twistCommand":
      return Math.hypot(row[0]!, row[1]!, row[2]!);
    case "estopDual":
      return Math.min(row[0]!, row[1]!);
    default:
      return row[0]!;
  }
}

function channelStatus(binding: ChannelBinding, node: CellNode, now: number): ChannelStatus {
  const { config, index, name } = binding;
  const { vitals } = node.cell.reflex;
  const lastAt = vitals.lastAt[index]!;
  const ageMs = lastAt < 0 ? null : (now - lastAt) / 1_000;
  const health = !config.monitored
    ? "off"
    : lastAt < 0
      ? "never heard"
      : ageMs! > config.maxAgeMs
        ? "stale"
        : node.cell.snapshots.lastAt(index) < 0
          ? "faulty"
          : "good";
  return {
    name,
    quantity: config.quantity,
    unit: QUANTITIES[config.quantity].unit,
    required: config.required,
    health,
    age_ms: ageMs,
    rate_hz: Math.max(0, vitals.rateHz[index]!),
    value: summary(config.quantity, node.cell.snapshots.lastRow(index)),
    limit: stopMark(name, node.deployment),
  };
}

/** Where the first rule stops the cell for a reading of this channel. */
function stopMark(channel: string, { rules }: Deployment): ChannelStatus["limit"] {
  const marks: NonNullable<ChannelStatus["limit"]>[] = [];
  for (const [rule, r] of Object.entries(rules.force))
    if (r.channel === channel && r.monitored) marks.push({ value: r.maxForceN, side: "above", rule });
  for (const [rule, r] of Object.entries(rules.proximity))
    if (r.channel === channel && r.monitored) marks.push({ value: r.minM, side: "below", rule });
  for (const [rule, r] of Object.entries(rules.zones))
    if (r.channel === channel && r.monitored && r.action === "stop" && r.withinM !== undefined)
      marks.push({ value: r.withinM, side: "below", rule });
  return marks.sort((a, b) => (a.side === "above" ? a.value - b.value : b.value - a.value))[0] ?? null;
}

/** The node in words and numbers, made on demand. */
export function buildStatus(parts: StatusParts, now: number): NodeStatus {
  const { node } = parts;
  const { cell, deployment } = node;
  const { reflex, energy, pipeline } = cell;
  const why = cell.why();
  const entry = reflex.entryOf(why.code);
  const chain = cell.block;
  const measuredAt = performance.now();
  const promotion = parts.promotion?.();
  return {
    notice: "not a safety-rated device",
    version: parts.version,
    cell: deployment.cell,
    config_hash: node.configHash,
    at: cell.wall(now),
    t_us: now,
    boot: parts.boot,
    instance: parts.instance,
    simulated: parts.simulated,
    state: cell.state,
    state_since_us: cell.since,
    may_move: !isBlocked(cell.state),
    why: { code: why.code, title: entry.title, source: why.source, detail: why.detail, remedy: entry.remedy },
    causes: reflex.causes().map((cause) => causeStatus(cause, reflex.entryOf)),
    channels: node.channels.map((binding) => channelStatus(binding, node, now)),
    margins: parts.margins?.() ?? [],
    motion: {
      known: reflex.motion.at >= 0,
      fastest_rad_s: reflex.motion.fastestRadPerS,
      tool_m_s: reflex.motion.toolMPerS,
      position_rad: Array.from(reflex.motion.position),
    },
    heartbeat: cell.heartbeat,
    block: {
      active: chain.since >= 0,
      since_us: chain.since,
      actuator: chain.since < 0 ? null : (Object.keys(deployment.actuators)[chain.actuator] ?? null),
    },
    energy: {
      v_s: energy.value,
      threshold: energy.threshold,
      model: energy.modelHash,
      contributions: energy.value === null ? {} : energy.contributions(),
    },
    risk: riskStatus(node),
    ...(promotion !== undefined && { promotion }),
    gate: gateStatus(pipeline),
    ledger: parts.ledger(),
    latency: {
      sample_to_block_p50_us: parts.blockLatency.quantile(0.5, measuredAt),
      sample_to_block_p99_us: parts.blockLatency.quantile(0.99, measuredAt),
      loop_lag_p99_ms: parts.loopLag.quantile(0.99, measuredAt) / 1_000,
      loop_lag_max_ms: parts.loopLag.max(measuredAt) / 1_000,
    },
  };
}

function riskStatus({ cell }: CellNode): NonNullable<NodeStatus["risk"]> {
  const happened = cell.happened();
  return {
    domain: DOMAIN,
    counts: metricsOfDomain(DOMAIN).map(({ name, meaning, codes = [] }) => ({
      name,
      meaning,
      total: codes.reduce((sum, code) => sum + (happened[code]?.total ?? 0), 0),
      last_hour: codes.reduce((sum, code) => sum + (happened[code]?.lastHour ?? 0), 0),
    })),
  };
}
/** what runs is a robot cell, whoever trained its head */
const DOMAIN = "robot-factory";

function gateStatus(pipeline: CellNode["cell"]["pipeline"]): NodeStatus["gate"] {
  const view = pipeline?.view();
  if (view === undefined)
    return { stage: 0, enforced: false, open: [], approvals: [], watchers: [], counts: {} };
  return {
    stage: view.stage,
    enforced: view.enforced,
    open: view.open.map((o) => ({
      action_id: o.actionId,
      proposer: o.proposer,
      verb: o.verb,
      state: o.state,
      verdict: o.verdict,
      confidence: o.confidence,
      reason: o.reason,
    })),
    approvals: view.approvals.map((a) => ({
      action_id: a.actionId,
      proposer: a.proposer,
      summary: a.summary,
      code: a.code,
      reason: a.reason,
      caller: a.caller,
      args_hash: a.argsHash,
      model_hash: a.modelHash,
      expires_at: a.expiresAt,
      needed: a.needed,
      granted: a.granted,
      escalated: a.escalated,
    })),
    watchers: view.watchers.map((w) => ({ action_id: w.actionId, ends_at_us: w.endsAt, limits: w.limits })),
    counts: view.counts,
    features: view.features,
    context: view.context,
    evidence: view.evidence,
  };
}
