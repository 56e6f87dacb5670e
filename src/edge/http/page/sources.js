// Every channel with its health, age, rate and newest reading.
import { el, fixed, heading, lasting, number, pill, setText, swap, table } from "./dom.js";

const TONE_OF_HEALTH = { good: "good", off: "plain", "never heard": "warn", stale: "bad", faulty: "bad" };

const stopWords = (value) => (value === 1 ? "1: released" : "0: pressed, or a broken wire");
/** readings that are no measured numbers */
const WORDS = {
  estop: stopWords,
  estopDual: (value) => (value === 1 ? "both channels 1" : "a channel is 0"),
  protectiveStop: (value) => (value === 1 ? "1: no stop" : "0: stop"),
  joints: (value) => `fastest ${fixed(value, 3)} rad/s`,
  safetyMode: (value) => `mode ${value}`,
  flag: String,
  heartbeat: (value) => `count ${value}`,
};

export function sourcesPart() {
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
          : (WORDS[c.quantity]?.(c.value) ?? `${fixed(c.value, 3)} ${unit === "1" ? "" : unit}`),
      );
    },
  };
}
