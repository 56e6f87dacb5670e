import { writeFileSync } from "node:fs";
import { renderReport } from "../edge/report/index.ts";
import { bindHead, domainNamed, type Head, type HeadArtefact } from "../core/risk/index.ts";
import {
  type DataItem,
  evaluateHead,
  type Evaluation,
  figureText,
  type LabelledTable,
  readHeadFile,
  reportOfEvaluation,
  splitTable,
} from "../lab/training/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { DATA_OPTIONS, domainOf, type LabelledData, loadLabelledData } from "./labelled-data.ts";
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
    within: optional(
      kinds.duration(600e6, "100ms"),
      "labelled rows: an alarm counts at most this long after the rows become risky",
    ),
    "training-data": flag(
      "measure also on recordings that the head was trained on; such figures are no evidence",
    ),
    json: flag("one JSON object instead of words"),
  },
  async run({ positionals, values }, io) {
    const artefact = requireHead(positionals[0]);
    const domain = domainOf(values, {
      domain: domainNamed(artefact.domain)?.name ?? "robot-factory",
      horizonMs: artefact.horizonMs,
    });
    const data = await loadLabelledData(values, domain, io);
    const { table, trainedOn } = unseen(data, artefact, values["training-data"], io);
    const evaluation = evaluateHead(bindOrSay(artefact, table), table, domain, {
      trainedOn,
      ...(values.within === undefined ? {} : { withinUs: values.within }),
    });
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
/** Takes out recordings that the head was trained on; with nothing left there is nothing to say. */
function unseen(
  { table, items, fileOf }: LabelledData,
  artefact: HeadArtefact,
  keep: boolean,
  io: Io,
): { readonly table: LabelledTable; readonly trainedOn: readonly string[] } {
  const hashes = new Set(artefact.training.data.map((d) => d.sha256));
  const known = items.filter((item) => hashes.has(item.sha256));
  if (known.length === 0) return { table, trainedOn: [] };
  const names = known.map((item) => item.name);
  if (keep) {
    io.err(
      `the head was trained on ${names.length} of these recordings (same SHA-256): figures tell what it remembers`,
    );
    return { table, trainedOn: names };
  }
  if (known.length === items.length)
    throw new UserError(
      `not evaluated: the head was trained on ${items.length === 1 ? "this recording" : `all ${items.length} of these recordings`} (same SHA-256)`,
      "give recordings that it has not seen; figures on groups kept out of its training stand in its model card (cellgate head show); --training-data measures what it remembers",
      EXIT.found,
    );
  io.err(`left out, because the head was trained on them (same SHA-256): ${names.join(", ")}`);
  const seen = (row: number): boolean =>
    known.includes(items[fileOf[table.sourceOf[row] as number] as number] as DataItem);
  const rows = Array.from(table.sourceOf.keys()).filter((row) => !seen(row));
  return { table: splitTable(table, rows), trainedOn: [] };
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
  const { figures, warnings } = e;
  const figure = (value: number | null): string =>
    value === null ? "–" : String(Number(value.toPrecision(4)));
  const percent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;
  if (e.trainedOn.length > 0)
    io.out("MEASURED ON ITS OWN TRAINING DATA: no evidence of what the head is worth");
  if (e.absent.length > 0)
    io.out(
      `missing in these data, so it counts its mean (${percent(e.absentShare)} of what V_s rests on): ${e.absent.join(", ")}`,
    );
  io.out(
    `${e.groups.toLocaleString("en")} groups, ${warnings.events.toLocaleString("en")} events, ${e.rows.toLocaleString("en")} frames (${e.unknown.toLocaleString("en")} without a known V_s); alarm at ${figure(e.threshold)}; 95 % intervals in brackets`,
  );
  io.out(
    `AUROC ${figureText(figures.auroc)}  average precision ${figureText(figures.averagePrecision)}  calibration error ${figureText(figures.calibrationError)}  Brier ${figureText(figures.brier)}`,
  );
  if (warnings.events > 0) {
    const lead = `median lead ${figureText(figures.medianLeadMs)} ms`;
    io.out(
      e.fromLabels
        ? `${warnings.found} of ${warnings.events} events found: ${figureText(figures.found, percent)}, ${warnings.warned} of them announced in time; ${lead}`
        : `${warnings.warned} of ${warnings.events} events announced in time: ${figureText(figures.warned, percent)}; ${lead}`,
    );
  }
  io.out(
    `${warnings.falseAlarms} alarms in ${warnings.quietHours.toFixed(3)} h without an event: ${figureText(figures.falseAlarmsPerHour)} per hour`,
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
