// What tells whether the node itself is well: one card each.
import type { NodeStatus } from "../../../core/domain/index.ts";
import { el, fixed, lasting, number, setText, type Tone } from "./dom.ts";
import { live } from "./live.ts";

type Vital = readonly [
  name: string,
  value: (s: NodeStatus) => string,
  detail: (s: NodeStatus) => string,
  tone: (s: NodeStatus) => Tone,
];
const VITALS: readonly Vital[] = [
  [
    "Heartbeat",
    (s) => String(s.heartbeat),
    () => "permits sent; silence stops the robot",
    (s) => (live.lost ? "bad" : s.heartbeat > 0 ? "good" : "warn"),
  ],
  [
    "Tool speed",
    (s) => (s.motion.known ? `${fixed(s.motion.tool_m_s, 2)} m/s` : "unknown"),
    (s) => (s.motion.known ? `fastest joint ${fixed(s.motion.fastest_rad_s, 2)} rad/s` : "no joint states"),
    (s) => (s.motion.known ? "plain" : "bad"),
  ],
  [
    "Block",
    (s) => (s.block.active ? "active" : "none"),
    (s) =>
      s.block.active
        ? `for ${lasting((s.t_us - s.block.since_us) / 1e6)}, to ${s.block.actuator ?? "all"}`
        : "no actuator is told to stop",
    (s) => (s.block.active ? "bad" : "good"),
  ],
  [
    "Sample → block",
    (s) =>
      s.latency.sample_to_block_p99_us > 0 ? `${number(s.latency.sample_to_block_p99_us / 1000, 3)} ms` : "–",
    (s) => `p99; loop lag p99 ${number(s.latency.loop_lag_p99_ms, 3)} ms`,
    () => "plain",
  ],
  [
    "Risk V_s",
    (s) => number(s.energy.v_s, 3),
    (s) => (s.energy.v_s === null ? "not trusted now" : `threshold ${number(s.energy.threshold, 3)}`),
    (s) => (s.energy.v_s === null ? "warn" : s.energy.v_s > s.energy.threshold ? "bad" : "good"),
  ],
  [
    "Receipts",
    (s) => String(s.ledger.stored),
    (s) => `${s.ledger.pending} pending, ${s.ledger.refused} refused, ${s.ledger.published} signed`,
    (s) => (s.ledger.refused > 0 ? "bad" : s.ledger.pending > 1000 ? "warn" : "good"),
  ],
];
export function vitalsPart() {
  const cards = VITALS.map(([name]) => {
    const value = el("div", { class: "value" });
    const detail = el("div", { class: "detail" });
    return {
      box: el("div", { class: "card" }, el("div", { class: "name" }, name), value, detail),
      value,
      detail,
    };
  });
  return {
    node: el(
      "section",
      { class: "cards", "aria-label": "Vital signs" },
      cards.map((c) => c.box),
    ),
    update(status: NodeStatus) {
      VITALS.forEach(([, value, detail, tone], i) => {
        setText(cards[i]!.value, value(status));
        setText(cards[i]!.detail, detail(status));
        cards[i]!.box.className = `card ${tone(status)}`;
      });
    },
  };
}
