import { basename } from "node:path";
import type { Report, Tone } from "../../edge/report/index.ts";
import type { ReplayDiff } from "./diff-replays.ts";
import { kpiText } from "./kpi.ts";
import { OUTCOME_WORDS, outcomeOfMany, wasJudged } from "./outcome.ts";
import { priceOfAll, sumOf } from "./price.ts";
import { minutesText, priceCard, priceTable } from "./price-words.ts";
import type { ReplayResult } from "./result.ts";

const number = (value: number | null): string =>
  value === null ? "–" : String(Number(value.toPrecision(4)));
const PLAIN = { timeline: null, plots: [], facts: [], notes: [] } as const;

/** One page over many recordings, each row with a link to its own report. */
export function indexReport(
  entries: readonly { readonly result: ReplayResult; readonly href: string | null }[],
  title: string,
): Report {
  const results = entries.map((e) => e.result);
  const outcomes = outcomeOfMany(results);
  const unjudged = outcomes.could_not_start + outcomes.not_judged;
  const failed = results.filter((r) => r.kpis.some((k) => k.passed === false)).length;
  const sum = (of: (r: ReplayResult) => number): number => results.reduce((total, r) => total + of(r), 0);
  const blocks = sum((r) => r.blocks.length);
  const prices = priceOfAll(results);
  return {
    ...PLAIN,
    title,
    subtitle: `${results.length} recordings, ${(sum((r) => r.spanUs) / 1e6).toFixed(1)} s, ${sum((r) => r.messages).toLocaleString("en")} messages`,
    verdict:
      unjudged > 0
        ? { text: `${unjudged} of ${results.length} not judged`, tone: "bad" }
        : failed > 0
          ? { text: `${failed} of ${results.length} miss a mark`, tone: "bad" }
          : { text: "all marks reached", tone: "good" },
    cards: [
      {
        title: "recordings that say nothing about the cell",
        value: String(unjudged),
        detail: `${outcomes.could_not_start} could not start, ${outcomes.not_judged} not judged, of ${results.length}`,
        tone: unjudged > 0 ? "bad" : "good",
      },
      {
        title: "recordings that miss a mark",
        value: String(failed),
        detail: `of ${results.length}`,
        tone: failed > 0 ? "bad" : "good",
      },
      priceCard(prices),
      { title: "blocks", value: String(blocks), detail: "", tone: blocks > 0 ? "warn" : "good" },
      {
        title: "damaged recordings",
        value: String(results.filter((r) => r.losses.count > 0).length),
        detail: "",
        tone: "plain",
      },
    ],
    tables: [
      priceTable(prices),
      {
        title: "Recordings",
        head: [
          "Recording",
          "Outcome",
          "Decided",
          "Length",
          "Messages",
          "Blocks",
          "Time lost",
          "Needless",
          "Time to stop",
          "Held",
          "Time to resume",
          "False stops",
          "Highest V_s",
          "Root",
        ],
        rows: [...entries]
          .sort((a, b) => worstFirst(a.result, b.result))
          .map(({ result, href }) => [
            href === null ? basename(result.bag) : { text: basename(result.bag), href },
            {
              text: OUTCOME_WORDS[result.outcome.kind],
              tone: (wasJudged(result.outcome) ? "plain" : "bad") as Tone,
            },
            `${number(100 * result.outcome.decidedShare)} %`,
            `${(result.spanUs / 1e6).toFixed(1)} s`,
            result.messages.toLocaleString("en"),
            String(result.blocks.length),
            minutesText(sumOf(result.price).lostUs),
            String(sumOf(result.price).needless),
            ...result.kpis.map((k) => ({
              text: kpiText(k),
              tone: (k.passed === false ? "bad" : "plain") as Tone,
            })),
            number(result.energy.peak),
            result.root.slice(0, 12),
          ]),
        empty: "No recording.",
      },
    ],
  };
}

/** What was not judged stands first, then missed marks, then the most blocks, then the least decided time. */
export function worstFirst(a: ReplayResult, b: ReplayResult): number {
  const missed = (r: ReplayResult): number => r.kpis.filter((k) => k.passed === false).length;
  return (
    Number(wasJudged(a.outcome)) - Number(wasJudged(b.outcome)) ||
    missed(b) - missed(a) ||
    b.blocks.length - a.blocks.length ||
    a.outcome.decidedShare - b.outcome.decidedShare ||
    (a.bag < b.bag ? -1 : 1)
  );
}

/** What changed between two replays, worst first. */
export function diffReport(diffs: readonly ReplayDiff[], before: string, after: string): Report {
  const changed = diffs.filter((d) => !d.same);
  const lost = diffs.reduce((n, d) => n + d.blocksLost.length, 0);
  return {
    ...PLAIN,
    title: "What changed",
    subtitle: `${before} → ${after}, ${diffs.length} recordings`,
    verdict:
      lost > 0
        ? { text: `${lost} blocks lost`, tone: "bad" }
        : changed.length > 0
          ? { text: `${changed.length} recordings differ`, tone: "warn" }
          : { text: "identical", tone: "good" },
    cards: [
      {
        title: "recordings that differ",
        value: String(changed.length),
        detail: `of ${diffs.length}`,
        tone: changed.length > 0 ? "warn" : "good",
      },
      {
        title: "blocks that no longer come",
        value: String(lost),
        detail: "",
        tone: lost > 0 ? "bad" : "good",
      },
      {
        title: "new blocks",
        value: String(diffs.reduce((n, d) => n + d.blocksNew.length, 0)),
        detail: "",
        tone: "plain",
      },
    ],
    tables: [
      {
        title: "Recordings, worst change first",
        head: [
          "Recording",
          "Weight",
          "Blocks lost",
          "New blocks",
          "Verdicts",
          "Figures that got worse",
          "Notes",
        ],
        rows: diffs.map((d) => [
          d.bag,
          String(d.score),
          {
            text: d.blocksLost.map((b) => `${b.code} at ${(b.tUs / 1e6).toFixed(3)} s`).join(", "),
            tone: "bad" as Tone,
          },
          d.blocksNew.map((b) => `${b.code} at ${(b.tUs / 1e6).toFixed(3)} s`).join(", "),
          d.verdictsChanged.map((v) => `${v.actionId}: ${v.before} → ${v.after}`).join(", "),
          d.kpis
            .filter((k) => k.worse)
            .map((k) => `${k.title}: ${number(k.before)} → ${number(k.after)}`)
            .join(", "),
          d.same ? "identical receipts" : d.notes.join(", "),
        ]),
        empty: "Nothing to compare.",
      },
    ],
  };
}
