import type { Report } from "../../../edge/report/index.ts";
import type { ShadowReport } from "./shadow-words.ts";

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const WORDS: Readonly<Record<ShadowReport["disagreements"][number]["kind"], string>> = {
  "let-through": "would have let through what was RED",
  "missed-stop": "would have gone on where the cell stopped",
  refused: "would have refused what was let through",
  "extra-stop": "would have stopped where the cell went on",
  watched: "GREEN against YELLOW",
  energy: "V_s far apart",
};
export const disagreementWords = (kind: ShadowReport["disagreements"][number]["kind"]): string => WORDS[kind];

/** What the candidate would have done, for the person who decides about it. Worst first. */
export function reportOfShadow(r: ShadowReport): Report {
  const dangerous = r.disagreements.filter((d) => d.weight >= 80).length;
  const { time_ms: t, verdicts: v, energy: e } = r;
  return {
    title: `Shadow of ${r.kind} ${r.candidate.slice(0, 16)}`,
    subtitle: `${r.cell}, ${(r.heard_us / 3.6e9).toFixed(2)} h heard since ${new Date(r.started_at / 1_000).toISOString()}; ${r.ended}`,
    verdict: {
      text: dangerous > 0 ? `${dangerous} times less careful` : "never less careful",
      tone: dangerous > 0 ? "bad" : r.dropped > 0 ? "warn" : "good",
    },
    cards: [
      {
        title: "decisions heard",
        value: String(r.decisions),
        detail: `${r.samples} readings`,
        tone: "plain",
      },
      {
        title: "readings never heard",
        value: String(r.dropped),
        detail: "dropped, so that the live cell never waits",
        tone: r.dropped === 0 ? "good" : "warn",
      },
      {
        title: "verdicts alike",
        value: `${v.same} of ${v.compared}`,
        detail: `${v.unanswered} without a counterpart`,
        tone: "plain",
      },
      {
        title: "only the shadow would move",
        value: seconds(t.only_shadow_moves),
        detail: `only the cell moved ${seconds(t.only_live_moves)}, both ${seconds(t.both_move)}`,
        tone: t.only_shadow_moves > 0 ? "bad" : "good",
      },
      {
        title: "V_s higher / lower",
        value: `${e.higher} / ${e.lower}`,
        detail: `of ${e.looks} looks; farthest apart ${e.worst === null ? "unknown" : e.worst.toFixed(3)} of the threshold`,
        tone: "plain",
      },
    ],
    timeline: null,
    plots: [],
    tables: [
      {
        title: "Disagreements, worst first",
        head: ["when", "what the candidate would have done", "cell", "candidate", "detail"],
        rows: r.disagreements.map((d) => [
          new Date(d.at / 1_000).toISOString(),
          { text: WORDS[d.kind], tone: d.weight >= 80 ? "bad" : d.weight >= 40 ? "warn" : "plain" },
          d.live,
          d.shadow,
          d.detail,
        ]),
        empty: "none",
      },
    ],
    facts: [
      ["candidate", r.candidate],
      ["in use", r.live],
      ["permits that went nowhere", String(r.permits)],
    ],
    notes: [
      "The candidate heard copies of what the cell heard, on a thread of its own, with nothing behind it that could move.",
      "What it would have changed is not in here: the cell went its own way, and the readings are those of that way.",
      ...(r.trouble === "" ? [] : [r.trouble]),
    ],
  };
}
