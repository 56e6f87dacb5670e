import { writeFileSync } from "node:fs";
import { renderReport } from "../edge/report/index.ts";
import { bindHead, domainNamed, type Head, type HeadArtefact } from "../core/risk/index.ts";
import {
  evaluateHead,
  type Evaluation,
  type LabelledTable,
  readHeadFile,
  reportOfEvaluation,
} from "../lab/training/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { DATA_OPTIONS, domainOf, loadLabelledData } from "./labelled-data.ts";
import { flag, kinds, optional } from "./options/index.ts";

export const evaluateCommand = command({
  words: ["evaluate"],
  summary: "what a risk head is worth on labelled recordings or tables",
  takes: "<head.json>",
  example:
    "cellgate evaluate head.json --recordings bags/ --deployment launch/demo-cell.yaml --html report.html",
  options: {
    ...DATA_OPTIONS,
    html: optional(kinds.file, "write one HTML file with all curves", { as: "report.html" }),
    json: flag("one JSON object instead of words"),
  },
  async run({ positionals, values }, io) {
    const artefact = requireHead(positionals[0]);
    const domain = domainOf(values, {
      domain: domainNamed(artefact.domain)?.name ?? "robot-factory",
      horizonMs: artefact.horizonMs,
    });
    const { table } = await loadLabelledData(values, domain, io);
    const evaluation = evaluateHead(bindOrSay(artefact, table), table, domain);
    if (values.html !== undefined) {
      writeFileSync(
        values.html,
        renderReport(reportOfEvaluation(evaluation, `Evaluation of ${positionals[0]}`)),
      );
      io.err(`report: ${values.html}`);
    }
    if (values.json) io.out(JSON.stringify({ ...evaluation, traces: undefined }));
    else print(evaluation, io);
    return EXIT.ok;
  },
});

export function requireHead(file: string | undefined): HeadArtefact {
  if (file === undefined)
    throw new UserError("no head given", "name one, for example launch/robot-factory.head.json");
  const read = readHeadFile(file);
  if (!read.ok)
    throw new UserError(
      `${file}: ${read.error.code}: ${read.error.detail}`,
      "take the original file or train the head anew",
      EXIT.found,
    );
  return read.value;
}
function bindOrSay(artefact: HeadArtefact, table: LabelledTable): Head {
  const head = bindHead(artefact, table.features);
  if (!head.ok)
    throw new UserError(
      `${head.error.code}: ${head.error.detail}`,
      "evaluate on data of the kind that the head was trained on",
      EXIT.found,
    );
  return head.value;
}

function print(e: Evaluation, io: Io): void {
  const figure = (value: number | null): string =>
    value === null ? "–" : String(Number(value.toPrecision(4)));
  io.out(
    `${e.rows.toLocaleString("en")} frames, ${e.positives.toLocaleString("en")} risky, ${e.unknown.toLocaleString("en")} without a known V_s; alarm at ${figure(e.threshold)}`,
  );
  io.out(
    `AUROC ${figure(e.auroc)}  average precision ${figure(e.averagePrecision)}  calibration error ${figure(e.calibrationError)}  Brier ${figure(e.brier)}`,
  );
  io.out(`at the threshold: precision ${figure(e.precision)}, recall ${figure(e.recall)}`);
  const { warnings } = e;
  if (warnings.events > 0)
    io.out(
      `${warnings.warned} of ${warnings.events} events announced in time (at least ${figure(e.warnedFloor)} with 95 % confidence), median lead ${figure(e.medianLeadMs)} ms`,
    );
  io.out(
    `${warnings.falseAlarms} alarms in ${warnings.quietHours.toFixed(3)} h without an event (${figure(warnings.falseAlarmsPerHour)} per hour)`,
  );
  const worst = [...e.sources].sort(
    (a, b) =>
      b.events - b.warned - (a.events - a.warned) || b.falseAlarms - a.falseAlarms || b.highest - a.highest,
  );
  for (const s of worst.slice(0, 10))
    io.out(
      `  ${s.name.padEnd(44)} ${String(s.rows).padStart(7)} frames  AUROC ${figure(s.auroc).padEnd(6)} events ${s.warned}/${s.events}  false alarms ${s.falseAlarms}`,
    );
  if (worst.length > 10) io.out(`  … ${worst.length - 10} more sources, worst first; --html shows all`);
}
