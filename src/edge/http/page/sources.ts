// Every channel with its health, age, rate and newest reading.
import type { ChannelStatus, NodeStatus } from "../../../core/domain/index.ts";
import { el, fixed, heading, lasting, number, pill, setText, swap, table, type Tone } from "./dom.ts";

const TONE_OF_HEALTH: Readonly<Record<string, Tone>> = {
  good: "good",
  off: "plain",
  "never heard": "warn",
  stale: "bad",
  faulty: "bad",
};

const stopWords = (value: number): string => (value === 1 ? "1: released" : "0: pressed, or a broken wire");
/** readings that are no measured numbers */
const WORDS: Readonly<Record<string, (value: number) => string>> = {
  estop: stopWords,
  estopDual: (value: number) => (value === 1 ? "both channels 1" : "a channel is 0"),
  protectiveStop: (value: number) => (value === 1 ? "1: no stop" : "0: stop"),
  joints: (value: number) => `fastest ${fixed(value, 3)} rad/s`,
  safetyMode: (value: number) => `mode ${value}`,
  flag: String,
  heartbeat: (value: number) => `count ${value}`,
};

export function sourcesPart() {
  const holder = el("div");
  const node = el("section", {}, heading("Sources"), holder);
  let rows = new Map<string, ReturnType<typeof sourceRow>>();
  return {
    node,
    update({ channels }: NodeStatus) {
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
function sourceRow(channel: ChannelStatus) {
  const unit = channel.unit.split(",")[0]!;
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
    update(c: ChannelStatus) {
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
