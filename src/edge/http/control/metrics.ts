import type { ProcessFigures } from "./process-figures.ts";
import { CELL_STATES, type NodeStatus } from "../../../core/domain/index.ts";

type Labels = Readonly<Record<string, string>>;
const escaped = (text: string): string =>
  text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');

/** Collects metrics in the text format of Prometheus: a name with its unit, help, type, then the values. */
class Page {
  readonly #lines: string[] = [];

  metric(
    name: string,
    type: "gauge" | "counter",
    help: string,
    rows: readonly (readonly [Labels, number | null])[],
  ): this {
    const known = rows.filter((row): row is readonly [Labels, number] => row[1] !== null);
    if (known.length === 0) return this;
    this.#lines.push(`# HELP cellgate_${name} ${help}`, `# TYPE cellgate_${name} ${type}`);
    for (const [labels, value] of known)
      this.#lines.push(`cellgate_${name}${labelText(labels)} ${numberText(value)}`);
    return this;
  }
  one(name: string, type: "gauge" | "counter", help: string, value: number | null): this {
    return this.metric(name, type, help, [[{}, value]]);
  }
  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}
const labelText = (labels: Labels): string => {
  const parts = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
};
const numberText = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
const flag = (value: boolean): number => (value ? 1 : 0);

/** What the endpoint itself counts. */
export interface ControlCounts {
  readonly requests: Readonly<Record<string, number>>;
  readonly listeners: number;
  readonly dropped: number;
  /** absent: nobody looked */
  readonly process?: ProcessFigures;
}

/** The node for Prometheus. The unit stands in each name; durations are seconds. */
export function metricsOf(status: NodeStatus, counts: ControlCounts): string {
  const page = new Page();
  cellMetrics(page, status);
  channelMetrics(page, status);
  partMetrics(page, status);
  if (counts.process !== undefined) processMetrics(page, counts.process);
  page
    .metric(
      "control_requests_total",
      "counter",
      "requests to the control endpoint by their HTTP status",
      Object.entries(counts.requests).map(([code, n]) => [{ status: code }, n]),
    )
    .one("control_listeners", "gauge", "listeners of the event stream", counts.listeners)
    .one(
      "control_listeners_dropped_total",
      "counter",
      "listeners that were too slow and were dropped",
      counts.dropped,
    );
  return page.text();
}

function cellMetrics(page: Page, s: NodeStatus): void {
  page
    .metric("build_info", "gauge", "version and configuration of the node; not a safety-rated device", [
      [{ version: s.version, cell: s.cell, config_hash: s.config_hash }, 1],
    ])
    .one("uptime_seconds", "gauge", "time since the start of the run", s.t_us / 1e6)
    .metric(
      "state",
      "gauge",
      "1 for the state that the cell is in",
      CELL_STATES.map((state) => [{ state }, flag(s.state === state)]),
    )
    .one("may_move", "gauge", "1 while motion is permitted", flag(s.may_move))
    .metric(
      "cause",
      "gauge",
      "1 while the condition of a cause holds, 0 while only its latch does",
      s.causes.map((c) => [{ code: c.code, source: c.source, severity: c.severity }, flag(c.active)]),
    )
    .one("heartbeat_total", "counter", "permit heartbeats sent", s.heartbeat)
    .one(
      "tool_speed_metres_per_second",
      "gauge",
      "measured speed of the tool",
      s.motion.known ? s.motion.tool_m_s : null,
    )
    .one(
      "fastest_joint_radians_per_second",
      "gauge",
      "measured speed of the fastest joint",
      s.motion.known ? s.motion.fastest_rad_s : null,
    );
}

function channelMetrics(page: Page, s: NodeStatus): void {
  page
    .metric(
      "channel_good",
      "gauge",
      "1 while the channel is healthy",
      s.channels.map((c) => [{ channel: c.name, quantity: c.quantity }, flag(c.health === "good")]),
    )
    .metric(
      "channel_age_seconds",
      "gauge",
      "age of the newest trusted reading",
      s.channels.map((c) => [{ channel: c.name }, c.age_ms === null ? null : c.age_ms / 1e3]),
    )
    .metric(
      "channel_rate_hertz",
      "gauge",
      "trusted readings per second",
      s.channels.map((c) => [{ channel: c.name }, c.rate_hz]),
    )
    .metric(
      "channel_value",
      "gauge",
      "one number that stands for the reading, in the unit named",
      s.channels.map((c) => [{ channel: c.name, quantity: c.quantity, unit: c.unit }, c.value]),
    );
}

function processMetrics(page: Page, p: ProcessFigures): void {
  page
    .one("process_resident_memory_bytes", "gauge", "memory of the process in the machine", p.residentBytes)
    .one("process_heap_bytes", "gauge", "heap of the deciding thread in use", p.heapBytes)
    .one("process_heap_limit_bytes", "gauge", "heap of the deciding thread at most", p.heapLimitBytes)
    .one("process_open_descriptors", "gauge", "open files and sockets of the process", p.descriptors)
    .one("process_threads", "gauge", "threads of the process", p.threads)
    .one("disk_free_bytes", "gauge", "free space on the disk of the data folder", p.diskFreeBytes);
}

const SMELLS = [
  "VS_UNKNOWN",
  "VS_SHIFT",
  "VS_CONSTANT",
  "VS_MISSED_EVENT",
  "VS_FALSE_ALARMS",
  "VS_BATTERY_OVERFIT",
] as const;

function partMetrics(page: Page, s: NodeStatus): void {
  page
    .one("risk_energy", "gauge", "learned risk energy V_s", s.energy.v_s)
    .one("risk_energy_threshold", "gauge", "V_s above which proposals are not GREEN", s.energy.threshold)
    .one(
      "risk_energy_change",
      "gauge",
      "delta V_s: V_s of the promoted head minus V_s of the head before it, each in units of its alarm threshold",
      s.promotion?.delta_v_s ?? null,
    )
    .metric(
      "risk_events_total",
      "counter",
      "what happened in this run, as the field of risk counts it",
      (s.risk?.counts ?? []).map((c) => [{ what: c.name }, c.total]),
    )
    .metric(
      "risk_events_last_hour",
      "gauge",
      "the same within the last hour",
      (s.risk?.counts ?? []).map((c) => [{ what: c.name }, c.last_hour]),
    )
    .metric(
      "risk_smell",
      "gauge",
      "1 while the risk head shows this way of going bad",
      SMELLS.map((code) => [{ code }, flag(s.causes.some((c) => c.code === code))]),
    )
    .metric(
      "promotion_outcomes_total",
      "counter",
      "candidates by how they ended, rollbacks among them, as far as the store of artefacts remembers",
      Object.entries(s.promotion?.outcomes ?? {}).map(([outcome, n]) => [{ outcome }, n]),
    )
    .metric(
      "promotion_in_use",
      "gauge",
      "1 for each part that a promotion took into use",
      Object.entries(s.promotion?.in_use ?? {}).map(([kind, hash]) => [{ kind, hash: hash.slice(0, 16) }, 1]),
    )
    .one("gate_stage", "gauge", "stage of the gate, 0 is shadow", s.gate.stage)
    .one("gate_enforced", "gauge", "1 while permits can leave", flag(s.gate.enforced))
    .metric(
      "gate_proposals_total",
      "counter",
      "proposals by what became of them",
      Object.entries(s.gate.counts).map(([outcome, n]) => [{ outcome }, n]),
    )
    .one("gate_open", "gauge", "proposals that are being judged", s.gate.open.length)
    .one("gate_approvals_waiting", "gauge", "RED actions that wait for a person", s.gate.approvals.length)
    .one("receipts_stored_total", "counter", "receipts stored durably", s.ledger.stored)
    .one("receipts_pending", "gauge", "receipts not stored yet", s.ledger.pending)
    .one("receipts_refused_total", "counter", "receipts that could not be taken", s.ledger.refused)
    .metric("sample_to_block_seconds", "gauge", "time from a reading to the block that it caused", [
      [{ quantile: "0.5" }, s.latency.sample_to_block_p50_us / 1e6],
      [{ quantile: "0.99" }, s.latency.sample_to_block_p99_us / 1e6],
    ])
    .metric("event_loop_lag_seconds", "gauge", "lateness of the node's own timer", [
      [{ quantile: "0.99" }, s.latency.loop_lag_p99_ms / 1e3],
      [{ quantile: "1" }, s.latency.loop_lag_max_ms / 1e3],
    ]);
}
