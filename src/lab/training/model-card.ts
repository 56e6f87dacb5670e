import type { HeadArtefact } from "../../core/risk/index.ts";

const number = (value: number): string => String(Number(value.toPrecision(4)));

/** Why a head has no figures, or null where it has some. */
export function notEvaluated(metrics: HeadArtefact["metrics"]): string | null {
  if (metrics["evaluated"] !== 0) return Object.keys(metrics).length === 0 ? "not evaluated" : null;
  const groups = metrics["groups"] ?? 0;
  return `not evaluated: ${groups} separate group${groups === 1 ? "" : "s"} of rows (recordings, or values of the column named with --group); at least 5, with risky and harmless rows on either side, are needed to hold some out. Its probability and alarm are fitted to the rows that it was trained on and promise nothing.`;
}
function figureLines(metrics: HeadArtefact["metrics"]): string[] {
  const title = "## Figures on groups that neither training nor calibration saw";
  const reason = notEvaluated(metrics);
  if (reason !== null) return [title, "", `**${reason[0]?.toUpperCase()}${reason.slice(1)}**`];
  const turns = metrics["left_out_in_turn"];
  const ends = /_(low|high)$/;
  const lines = Object.entries(metrics)
    .filter(([name]) => !ends.test(name) && name !== "evaluated" && name !== "left_out_in_turn")
    .map(([name, value]) => {
      const [low, high] = [metrics[`${name}_low`], metrics[`${name}_high`]];
      const range =
        low === undefined || high === undefined ? "" : ` (95 %: ${number(low)} to ${number(high)})`;
      return `- ${name.replaceAll("_", " ")}: ${number(value)}${range}`;
    });
  const how =
    turns === undefined
      ? []
      : [
          `Groups were left out in ${turns} turns; each turn was measured by a model that never saw them.`,
          "",
        ];
  return [title, "", ...how, ...lines];
}

/** What a person should know before trusting a head, as Markdown. */
export function modelCard(head: HeadArtefact): string {
  const top = head.features
    .map((f, i) => ({ ...f, share: head.importance[i] as number }))
    .filter((f) => f.share > 0)
    .sort((a, b) => b.share - a.share);
  const arrow = { "1": "rises with it", "-1": "falls with it", "0": "either way" } as const;
  const { alarm, training } = head;
  return [
    `# Risk head of ${head.domain}`,
    "",
    "An early warning, not a safety function. Not a safety-rated device.",
    "",
    `- hash: \`${head.hash}\``,
    `- model: ${head.model.kind === "additive" ? `sum of ${head.model.shapes.length} shapes and ${head.model.pairs.length} pairs` : `network of ${head.model.layers.length} layers`}, V_s ≥ 0`,
    `- warns of events within ${head.horizonMs} ms; alarm at V_s ≥ ${number(alarm.threshold)}`,
    alarm.events > 0
      ? `- promise: a new event of the same kind stays unannounced with probability ≤ ${number(alarm.missRate)} (${head.metrics["left_out_in_turn"] === undefined ? "split" : "cross"} conformal over ${alarm.events} events; with 95 % confidence over their draw at least ${(100 * alarm.coverageFloor).toFixed(1)} % are announced)`
      : "- promise: none; too few events for the wanted miss rate, the alarm stands where risk becomes likelier than not",
    `- trained by: ${training.method}, seed ${training.seed}`,
    "",
    ...figureLines(head.metrics),
    "",
    "## What V_s rests on",
    "",
    "| feature | unit | share | V_s |",
    "|---|---|---|---|",
    ...top.map(
      (f) => `| ${f.name} | ${f.unit} | ${(100 * f.share).toFixed(1)} % | ${arrow[`${f.direction}`]} |`,
    ),
    "",
    "## Data",
    "",
    ...training.data.map((d) => `- ${d.name}: ${d.rows} frames, ${d.positives} risky, SHA-256 ${d.sha256}`),
    "",
    "## Limits",
    "",
    "- It knows the cells, jobs and people it was trained on. A shift raises VS_SHIFT; a missed event raises VS_MISSED_EVENT and lowers the threshold.",
    "- A missing group of features counts its mean; with less than half of what V_s rests on, V_s is unknown and every proposal is RED.",
    "- Declared directions hold everywhere: more of a risky quantity never lowers V_s.",
    "",
  ].join("\n");
}
