import { readFileSync, writeFileSync } from "node:fs";
import { diffReplays, diffReport, type ReplayDiff, type ReplayResult } from "../lab/replay/index.ts";
import { renderReport } from "../edge/report/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { camelKeys, snakeKeys } from "./replay-words.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { flag, kinds, optional } from "./options/index.ts";

export const diffCommand = command({
  words: ["diff"],
  summary: "what changed between two replays of the same recordings, worst first",
  takes: "<before.json> <after.json>",
  example: "cellgate replay bags/* --deployment a.yaml --json > a.json; cellgate diff a.json b.json",
  options: {
    report: optional(kinds.file, "HTML report that opens offline", { as: "diff.html" }),
    json: flag("one JSON object instead of words"),
  },
  run: async ({ positionals, values }, io) => {
    const [before, after] = positionals;
    if (before === undefined || after === undefined)
      throw new UserError("two replays are compared", "give two files that `cellgate replay … --json` wrote");
    const diffs = diffReplays(resultsOf(before), resultsOf(after));
    const { report } = values;
    if (report !== undefined) writeFileSync(report, renderReport(diffReport(diffs, before, after)));
    if (values.json) io.out(JSON.stringify(snakeKeys(diffs)));
    else printDiffs(diffs, io);
    return diffs.every((d) => d.same) ? EXIT.ok : EXIT.found;
  },
});

function resultsOf(file: string): ReplayResult[] {
  let parsed: unknown;
  try {
    parsed = camelKeys(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new UserError(
      `${file} cannot be read: ${troubleWith(cause)}`,
      "give a file that `cellgate replay … --json` wrote",
    );
  }
  const results = (parsed as { results?: unknown } | null)?.results;
  const whole =
    Array.isArray(results) &&
    results.every(
      (r: unknown) => typeof r === "object" && r !== null && "root" in r && "blocks" in r && "kpis" in r,
    );
  if (!whole)
    throw new UserError(`${file} holds no replay`, "give a file that `cellgate replay … --json` wrote");
  return results as ReplayResult[];
}

function printDiffs(diffs: readonly ReplayDiff[], io: Io): void {
  const changed = diffs.filter((d) => !d.same);
  io.out(
    changed.length === 0
      ? `${diffs.length} recordings, identical receipts`
      : `${changed.length} of ${diffs.length} recordings differ`,
  );
  for (const diff of changed) {
    io.out("");
    io.out(diff.bag);
    for (const block of diff.blocksLost)
      io.out(`  − ${(block.tUs / 1e6).toFixed(3)} s ${block.code} no longer comes`);
    for (const block of diff.blocksNew)
      io.out(
        `  + ${(block.tUs / 1e6).toFixed(3)} s ${block.code} is new${block.detail === "" ? "" : `: ${block.detail}`}`,
      );
    for (const verdict of diff.verdictsChanged)
      io.out(`  ~ ${verdict.actionId}: ${verdict.before} → ${verdict.after}`);
    for (const kpi of diff.kpis.filter((k) => k.before !== k.after))
      io.out(`  ${kpi.worse ? "✗" : " "} ${kpi.title}: ${shown(kpi.before)} → ${shown(kpi.after)}`);
    if (diff.energyPeak.before !== diff.energyPeak.after)
      io.out(`    highest V_s: ${shown(diff.energyPeak.before)} → ${shown(diff.energyPeak.after)}`);
    for (const note of diff.notes) io.out(`  ${note}`);
  }
}
const shown = (value: number | null): string => (value === null ? "–" : String(Number(value.toPrecision(4))));
