// One look: may the cell move, why not, what clears it and who may; then the evidence.
import { askKill, askReset, askResume, askUnkill } from "./act.js";
import { barOf, timeChart } from "./chart.js";
import { el, fixed, heading, lasting, number, pill, replace, setText, sheet, swap, table } from "./dom.js";
import { live, on } from "./live.js";
import { clearsText, severityTone, stateShape, wordsOf } from "./state-words.js";
import { stripPart } from "./strip.js";
import { followTape, partOf } from "./tape.js";

const WINDOW_S = 120;
const TONE_OF_HEALTH = { good: "good", off: "plain", "never heard": "warn", stale: "bad", faulty: "bad" };

export function nowView(root) {
  const parts = [
    heroPart(),
    gaugesPart(),
    stripPart(),
    vitalsPart(),
    causesPart(),
    sourcesPart(),
    runningPart(),
  ];
  const [hero, gauges, strip, vitals, causes, sources, running] = parts.map((p) => p.node);
  root.append(
    el(
      "div",
      { class: "now" },
      el("div", { class: "now-main" }, hero, causes, strip),
      el("div", { class: "now-side" }, gauges),
      el("div", { class: "now-vitals" }, vitals),
      el("div", { class: "now-wide" }, sources, running),
    ),
  );
  const update = (status) => parts.forEach((part) => part.update?.(status));
  if (live.status !== null) update(live.status);
  const stops = [on("status", update), followTape((tape) => parts.forEach((part) => part.tape?.(tape)))];
  return () => {
    stops.forEach((stop) => stop());
    parts.forEach((part) => part.end?.());
  };
}

function heroPart() {
  const picture = el("div", { class: "hero-picture" });
  const head = el("p", { class: "hero-head" }, "…");
  const state = el("p", { class: "hero-state" });
  const why = el("div", { class: "hero-why" });
  const buttons = el(
    "div",
    { class: "buttons" },
    el("button", { type: "button", onclick: askReset }, "Reset…"),
    el("button", { type: "button", onclick: askResume }, "Resume…"),
    el("button", { type: "button", class: "danger", onclick: askKill }, "Kill…"),
  );
  const release = el("button", { type: "button", onclick: askUnkill }, "Release kill…");
  const node = el(
    "section",
    { class: "hero plain", "aria-label": "State of the cell" },
    picture,
    el("div", { class: "hero-text" }, head, state, why, buttons),
  );
  return {
    node,
    update(status) {
      const words = wordsOf(status.state);
      node.className = `hero ${words.tone}`;
      swap(picture, status.state, () => stateShape(status.state));
      setText(head, words.head);
      setText(
        state,
        `${status.state}: ${words.text}. For ${lasting((status.t_us - status.state_since_us) / 1e6)}.`,
      );
      const worst = status.causes.find((c) => c.code === status.why.code && c.source === status.why.source);
      swap(why, [status.why, worst?.active, worst?.latched, status.state], () => whyWords(status, worst));
      const killed = status.causes.some((c) => c.code === "KILLED");
      if (killed !== release.isConnected) killed ? buttons.append(release) : release.remove();
    },
  };
}
function whyWords({ why, state }, worst) {
  if (state === "RUNNING") return [];
  return [
    el(
      "p",
      { class: "cause-title" },
      why.title,
      el("span", { class: "hint" }, [why.source, why.detail].filter((t) => t !== "").join(": ")),
    ),
    worst === undefined
      ? null
      : el(
          "p",
          {},
          worst.active
            ? "The condition holds now. "
            : worst.latched
              ? "The condition has ended; its latch holds. "
              : "",
          clearsText(worst),
        ),
    why.remedy === "" ? null : el("p", { class: "remedy" }, "What to do: ", why.remedy),
    state === "READY_BLOCKED" ? el("p", {}, "Who may resume: role resume.") : null,
  ];
}

const isBoundary = (channel) => channel.limit !== null;
/** how full: 1 is the limit, for forces from below, for distances from above */
function nearness({ value, limit }) {
  if (value === null) return null;
  return limit.side === "above" ? value / limit.value : limit.value / Math.max(value, 1e-6);
}
function gaugesPart() {
  const node = el("section", { class: "gauges", "aria-label": "Distances and forces against their limits" });
  let rows = new Map();
  return {
    node,
    update({ channels }) {
      const shown = channels.filter(isBoundary);
      swap(
        node,
        shown.map((c) => [c.name, c.limit]),
        () => {
          rows = new Map(shown.map((c) => [c.name, gauge(c)]));
          return shown.length === 0
            ? sheet("No rule has a mark on a channel.")
            : [...rows.values()].map((r) => r.box);
        },
      );
      for (const channel of shown) rows.get(channel.name)?.update(channel);
    },
    tape(tape) {
      const now = tape.times.at(-1) ?? 0;
      const { times, column } = partOf(tape, now - WINDOW_S);
      const marks = tape.marks.filter((m) => m.t_s > now - WINDOW_S);
      for (const [name, row] of rows) row.chart.set(times, [column(name)], marks, WINDOW_S);
    },
    end: () => rows.forEach((row) => row.chart.destroy()),
  };
}
function gauge(channel) {
  const { limit, name } = channel;
  const unit = channel.unit.split(",")[0];
  const value = el("span", { class: "gauge-value" }, "–");
  const words = el("span", { class: "gauge-words" });
  const scale = limit.side === "above" ? limit.value * 1.5 : limit.value * 4;
  const bar = barOf(0, "plain", limit.value / scale, name);
  const chart = timeChart({
    title: "Last two minutes",
    unit,
    lines: [name],
    limits: [{ value: limit.value, text: `stop ${limit.side} ${number(limit.value)} ${unit}` }],
    height: 128,
  });
  const box = el(
    "div",
    { class: "gauge sheet" },
    el(
      "div",
      { class: "gauge-now" },
      el("div", { class: "gauge-top" }, el("span", { class: "gauge-name" }, name), value),
      bar,
      el(
        "div",
        { class: "gauge-foot" },
        words,
        el("span", {}, `stops ${limit.side} ${number(limit.value)} ${unit} · rule ${limit.rule}`),
      ),
    ),
    chart.box,
  );
  return {
    box,
    chart,
    update(next) {
      const near = nearness(next);
      const trusted = next.health === "good" && near !== null;
      const tone = !trusted ? "bad" : near >= 1 ? "bad" : near >= 0.7 ? "warn" : "good";
      const text = trusted ? `${fixed(next.value, 2)} ${unit}` : next.health;
      setText(value, text);
      setText(
        words,
        trusted
          ? near >= 1
            ? "■ beyond the limit"
            : near >= 0.7
              ? "▲ close to the limit"
              : "● clear of the limit"
          : `■ ${next.health}: not trusted`,
      );
      words.className = `gauge-words ${tone}`;
      bar.update(trusted ? next.value / scale : 0, tone, `${name}: ${text}`);
    },
  };
}

const VITALS = [
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
function vitalsPart() {
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
    update(status) {
      VITALS.forEach(([, value, detail, tone], i) => {
        setText(cards[i].value, value(status));
        setText(cards[i].detail, detail(status));
        cards[i].box.className = `card ${tone(status)}`;
      });
    },
  };
}

function causesPart() {
  const node = el("section", { class: "causes" });
  return {
    node,
    update({ causes }) {
      swap(
        node,
        causes.map((c) => [c.code, c.source, c.active, c.latched, c.severity, c.detail]),
        () =>
          causes.length === 0
            ? []
            : [
                heading(`Causes (${causes.length})`),
                table(
                  ["Cause", "Pushes", "Now", "What clears it, and who may"],
                  causes.map((c) => [
                    el(
                      "div",
                      {},
                      el("strong", {}, c.title),
                      el(
                        "div",
                        { class: "quiet" },
                        `${c.code} · ${c.source}${c.detail === "" ? "" : `: ${c.detail}`}`,
                      ),
                    ),
                    pill(c.severity, severityTone(c.severity)),
                    c.active
                      ? pill("holds", "bad")
                      : c.latched
                        ? pill("latched", "warn")
                        : pill("over", "good"),
                    el(
                      "div",
                      {},
                      clearsText(c),
                      c.remedy === "" ? null : el("div", { class: "quiet" }, c.remedy),
                    ),
                  ]),
                  "",
                ),
              ],
      );
    },
  };
}

function sourcesPart() {
  const holder = el("div");
  const node = el("section", {}, heading("Sources"), holder);
  let rows = new Map();
  return {
    node,
    update({ channels }) {
      swap(
        holder,
        channels.map((c) => [c.name, c.quantity, c.required, c.unit]),
        () => {
          rows = new Map(channels.map((c) => [c.name, sourceRow(c)]));
          return table(
            ["Source", "Health", "Age", "Rate", "Reading"],
            [...rows.values()].map((r) => r.cells),
            "No channel is declared.",
          );
        },
      );
      for (const channel of channels) rows.get(channel.name)?.update(channel);
    },
  };
}
function sourceRow(channel) {
  const unit = channel.unit.split(",")[0];
  const name = el(
    "div",
    {},
    el("strong", {}, channel.name),
    el("div", { class: "quiet" }, `${channel.quantity}${channel.required ? "" : " · not required"}`),
  );
  const health = el("div");
  const [age, rate, value] = [el("span"), el("span"), el("span")];
  return {
    cells: [name, health, age, rate, value],
    update(c) {
      swap(health, c.health, () => pill(c.health, TONE_OF_HEALTH[c.health] ?? "bad"));
      setText(
        age,
        c.age_ms === null ? "–" : c.age_ms < 1000 ? `${c.age_ms.toFixed(0)} ms` : lasting(c.age_ms / 1000),
      );
      setText(rate, `${number(c.rate_hz, 3)} Hz`);
      setText(
        value,
        c.value === null
          ? "–"
          : c.quantity === "heartbeat" || c.quantity.startsWith("estop")
            ? `${c.value} ${unit}`
            : `${fixed(c.value, 3)} ${unit}`,
      );
    },
  };
}

function runningPart() {
  const node = el("section");
  return {
    node,
    update({ gate, t_us }) {
      const { watchers, open } = gate;
      swap(
        node,
        [
          watchers.map((w) => w.action_id),
          open.map((o) => [o.action_id, o.state]),
          gate.stage,
          gate.enforced,
        ],
        () => [
          heading(
            "Watchers and permits",
            gate.enforced
              ? `stage ${gate.stage}`
              : `stage ${gate.stage}: shadow, verdicts are written down and enforce nothing`,
          ),
          table(
            ["Action", "Proposer", "State", "Watched until", "Limits"],
            open.map((o) => {
              const watcher = watchers.find((w) => w.action_id === o.action_id);
              return [
                el("a", { href: `#decisions/${encodeURIComponent(o.action_id)}` }, o.action_id),
                `${o.proposer} · ${o.verb}`,
                pill(o.state, o.state === "waiting" ? "warn" : "plain"),
                watcher === undefined ? "–" : `${lasting((watcher.ends_at_us - t_us) / 1e6)} from its start`,
                watcher === undefined
                  ? "–"
                  : Object.entries(watcher.limits)
                      .map(([k, v]) => `${k} ${number(v, 3)}`)
                      .join(", "),
              ];
            }),
            "No action is open: no watcher, no permit.",
          ),
        ],
      );
    },
  };
}
