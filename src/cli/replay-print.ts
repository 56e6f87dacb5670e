import { basename } from "node:path";
import {
  type Kpi,
  kpiText,
  minutesText,
  OUTCOME_WORDS,
  outcomeLine,
  outcomeOfMany,
  priceLine,
  priceLines,
  priceOfAll,
  type ReplayResult,
  sumOf,
  wasJudged,
} from "../lab/replay/index.ts";
import type { Io } from "./command.ts";
import { lossLines } from "./replay-words.ts";
import { readable } from "./wrap.ts";

const SHOWN_BLOCKS = 20;
const number = (value: number): string => String(Number(value.toPrecision(4)));
const at = (us: number): string => `${(us / 1e6).toFixed(3)} s`;

/** One replay for a person: the card, the blocks, what was odd. */
export function printReplay(result: ReplayResult, to: Io): void {
  const io: Io = { ...to, out: (line) => readable(line, to, 4).forEach(to.out) };
  const perSecond = Math.round(result.messages / (result.tookMs / 1_000));
  io.out(
    `${basename(result.bag)}: ${(result.spanUs / 1e6).toFixed(1)} s, ${result.messages.toLocaleString("en-US")} messages in ${(result.tookMs / 1_000).toFixed(1)} s (${perSecond.toLocaleString("en-US")}/s)`,
  );
  io.out(`${wasJudged(result.outcome) ? "✓" : "✗"} ${outcomeLine(result.outcome)}`);
  io.out("");
  for (const kpi of result.kpis)
    io.out(
      `  ${markOf(kpi)} ${kpi.title.padEnd(30)} ${kpiText(kpi).padStart(9)}   ${limitOf(kpi).padEnd(9)}  ${kpi.detail}`,
    );
  const counts = Object.entries(result.blocksByCode).map(([code, n]) => `${n} × ${code}`);
  io.out(`    blocks                         ${counts.length === 0 ? "none" : counts.join(", ")}`);
  if (result.stops.length > 0) {
    io.out(`    price of the stops             ${priceLine(result.price)}`);
    for (const line of priceLines(result.price)) io.out(`      ${line}`);
  }
  if (result.firstExceedanceUs !== null)
    io.out(`    first limit exceeded           ${at(result.firstExceedanceUs)}`);
  if (result.energy.peak !== null)
    io.out(
      `    highest V_s                    ${number(result.energy.peak)} at ${at(result.energy.peakAtUs)}`,
    );
  if (result.nearestMiss !== null) {
    const { source, channel, value, unit, limit, atUs } = result.nearestMiss;
    io.out(
      `    nearest miss                   ${source === channel ? channel : `${source}, ${channel}:`} ${number(value)} ${unit} at ${at(atUs)}, limit ${number(limit)} ${unit}`,
    );
  }
  const verdicts = result.verdictCounts;
  if (result.verdicts.length > 0)
    io.out(
      `    verdicts                       ${verdicts["GREEN"]} GREEN, ${verdicts["YELLOW"]} YELLOW, ${verdicts["RED"]} RED`,
    );
  io.out("");
  for (const block of result.blocks.slice(0, SHOWN_BLOCKS))
    io.out(
      `  ${at(block.tUs).padStart(12)}  ${block.code}  ${[block.title, block.source, block.detail].filter((part) => part !== "").join(": ")}`,
    );
  if (result.blocks.length > SHOWN_BLOCKS)
    io.out(`  … and ${result.blocks.length - SHOWN_BLOCKS} more blocks`);
  for (const note of result.notes) io.out(`Note: ${note}`);
  if (result.absent.length > 0)
    io.out(`Note: no topic brings ${result.absent.join(", ")}; the node counts these channels as silent`);
  if (result.unreadable > 0)
    io.out(`Note: ${result.unreadable} messages could not be read; each counted as missing`);
  for (const line of lossLines(result.losses)) io.out(line);
  io.out(`${result.receipts} receipts, root ${result.root}`);
}

const SUMMARY_HEAD = [
  "recording",
  "outcome",
  "decided",
  "length",
  "messages",
  "blocks",
  "lost",
  "needless",
  "to stop ",
  "held ",
  "resume ",
  "false stops ",
  "V_s",
  "root",
];
/** Many replays: one line each. */
export function printSummary(results: readonly ReplayResult[], seconds: number, io: Io): void {
  const rows = results.map((r) => [
    basename(r.bag),
    OUTCOME_WORDS[r.outcome.kind],
    `${number(100 * r.outcome.decidedShare)} %`,
    `${(r.spanUs / 1e6).toFixed(1)} s`,
    r.messages.toLocaleString("en-US"),
    String(r.blocks.length),
    minutesText(sumOf(r.price).lostUs),
    String(sumOf(r.price).needless),
    ...r.kpis.map((kpi) => `${kpiText(kpi)}${kpi.passed === false ? "!" : " "}`),
    r.energy.peak === null ? "–" : number(r.energy.peak),
    `${r.root.slice(0, 12)}${r.losses.count > 0 ? "  damaged" : ""}`,
  ]);
  const widths = SUMMARY_HEAD.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  for (const row of [SUMMARY_HEAD, ...rows])
    io.out(
      row
        .map((cell, i) =>
          i <= 1 || i === row.length - 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
        )
        .join("  ")
        .trimEnd(),
    );
  const messages = results.reduce((sum, r) => sum + r.messages, 0);
  const failed = results.filter((r) => r.kpis.some((k) => k.passed === false)).length;
  const outcomes = outcomeOfMany(results);
  io.out("");
  io.out(
    `${outcomes.guarded} guarded, ${outcomes.nothing_to_stop} with nothing to stop, ${outcomes.could_not_start} could not start, ${outcomes.not_judged} not judged`,
  );
  const prices = priceOfAll(results);
  io.out(`price of the stops: ${priceLine(prices)}`);
  for (const line of priceLines(prices)) io.out(`  ${line}`);
  io.out(
    `${results.length} recordings, ${messages.toLocaleString("en-US")} messages in ${seconds.toFixed(1)} s (${Math.round(messages / seconds).toLocaleString("en-US")}/s); ${markWords(failed, results)}`,
  );
}
function markWords(failed: number, results: readonly ReplayResult[]): string {
  const judged = results.filter((r) => wasJudged(r.outcome)).length;
  if (failed > 0) return `${failed} miss a mark (!)`;
  return judged === results.length ? "all marks reached" : `the ${judged} that were judged reach all marks`;
}
const markOf = (kpi: Kpi): string => (kpi.passed === null ? " " : kpi.passed ? "✓" : "✗");
const isShare = (kpi: Kpi): boolean => kpi.key.endsWith("_ratio");
const limitOf = (kpi: Kpi): string =>
  `${kpi.side === "max" ? "≤" : "≥"} ${isShare(kpi) ? `${kpi.limit * 100} %` : `${kpi.limit} s`}`;
