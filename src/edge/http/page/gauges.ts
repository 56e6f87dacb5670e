// Distances and forces against the limits of their rules, now and over the last minutes.
import type { ChannelStatus, NodeStatus } from "../../../core/domain/index.ts";
import { barOf, liveChart } from "../../report/page/index.ts";
import { el, fixed, number, setText, sheet, swap } from "./dom.ts";
import { partOf, type Tape } from "./tape.ts";

const WINDOW_S = 120;
type Limited = ChannelStatus & { readonly limit: NonNullable<ChannelStatus["limit"]> };
const isBoundary = (channel: ChannelStatus): channel is Limited => channel.limit !== null;
/** how full: 1 is the limit, for forces from below, for distances from above */
function nearness({ value, limit }: Limited): number | null {
  if (value === null) return null;
  return limit.side === "above" ? value / limit.value : limit.value / Math.max(value, 1e-6);
}
export function gaugesPart() {
  const node = el("section", { class: "gauges", "aria-label": "Distances and forces against their limits" });
  let rows = new Map<string, ReturnType<typeof gauge>>();
  return {
    node,
    update({ channels }: NodeStatus) {
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
    tape(tape: Tape) {
      const now = tape.times.at(-1) ?? 0;
      const { times, column } = partOf(tape, now - WINDOW_S);
      const marks = tape.marks.filter((m) => m.t_s > now - WINDOW_S);
      for (const [name, row] of rows) row.chart.set(times, [column(name)], marks, WINDOW_S);
    },
    end: (): void => rows.forEach((row) => row.chart.destroy()),
  };
}
function gauge(channel: Limited) {
  const { limit, name } = channel;
  const unit = channel.unit.split(",")[0]!;
  const value = el("span", { class: "gauge-value" }, "–");
  const words = el("span", { class: "gauge-words" });
  const scale = limit.side === "above" ? limit.value * 1.5 : limit.value * 4;
  const bar = barOf(0, "plain", limit.value / scale, name);
  const chart = liveChart({
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
      bar.bar,
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
    update(next: Limited) {
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
      bar.update(trusted ? (next.value ?? 0) / scale : 0, tone, `${name}: ${text}`);
    },
  };
}
