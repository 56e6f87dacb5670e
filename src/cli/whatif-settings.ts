import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { renderReport } from "../edge/report/index.ts";
import {
  type Change,
  foundText,
  type LabelledEvent,
  minutesText,
  parseChange,
  parseSweep,
  PLAIN_REPLAY,
  rateText,
  recordingsBelow,
  type ReplayTask,
  type Sweep,
  whatIf,
  type WhatIf,
  type WhatIfPoint,
  whatIfReport,
} from "../lab/replay/index.ts";
import { programVersion } from "../node/index.ts";
import { EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import type { Kind } from "./options/index.ts";
import { createProgress } from "./progress.ts";
import { snakeKeys } from "./replay-words.ts";

export const changeKind: Kind<Change> = {
  placeholder: "KEY=VALUE",
  meaning: "a value of the deployment, by its keys from the top",
  completes: "nothing",
  read(text) {
    const read = parseChange(text);
    return read.ok
      ? read
      : { ok: false, what: read.error, remedy: "for example --set rules.zones.danger.withinM=0.7" };
  },
};
export const sweepKind: Kind<Sweep> = {
  placeholder: "KEY=FROM..TO:N",
  meaning: "N values of one key of the deployment, evenly spaced",
  completes: "nothing",
  read(text) {
    const read = parseSweep(text);
    return read.ok
      ? read
      : { ok: false, what: read.error, remedy: "for example --sweep rules.zones.danger.withinM=0.4..1.2:9" };
  },
};

export interface SettingsAsked {
  readonly bags: readonly string[];
  readonly deployment: string | undefined;
  readonly set: readonly Change[];
  readonly sweep: Sweep | undefined;
  readonly events: readonly LabelledEvent[] | null;
  readonly near: number;
  readonly jobs: number | undefined;
  readonly report: string | undefined;
  readonly json: boolean;
}

/** The same recordings under other settings of the deployment: what would be found, and what it would cost. */
export async function whatIfSettings(asked: SettingsAsked, io: Io): Promise<number> {
  const { set, sweep, report, json } = asked;
  const tasks = tasksOf(asked);
  const settings: Change[][] =
    sweep === undefined ? [[...set]] : sweep.values.map((value) => [...set, { path: sweep.path, value }]);
  const runs = tasks.length * (settings.length + 1);
  const bar = createProgress(
    io,
    `replaying ${tasks.length} recordings under ${settings.length + 1} settings`,
    runs,
    "runs",
  );
  const result = await whatIf(tasks, settings, asked.jobs ?? availableParallelism(), (p) =>
    bar.update(Math.round(p.doneShare * runs), `${Math.min(runs, p.finished)} done`),
  );
  bar.finish();
  if (report !== undefined)
    writeFileSync(
      report,
      renderReport(whatIfReport(result, sweep === undefined ? "What if" : `What if ${sweep.path.join(".")}`)),
    );
  if (json) io.out(JSON.stringify(snakeKeys(result)));
  else print(result, report, io);
  const troubles = [...new Set([result.base, ...result.points].flatMap((p) => p.troubles))];
  for (const trouble of troubles) io.err(trouble);
  const { judged, recordings } = result.base;
  if (judged < recordings)
    io.err(
      `${recordings - judged} of ${recordings} recordings say nothing about this cell as it is; \`cellgate replay\` says why`,
    );
  if (troubles.length > 0) return EXIT.failed;
  return judged === 0 ? EXIT.found : EXIT.ok;
}

function tasksOf({ bags, deployment, events, near }: SettingsAsked): ReplayTask[] {
  const config = deployment === undefined ? null : requireDeployment(deployment);
  const recordings = bags.flatMap((bag) => recordingsBelow(bag));
  if (recordings.length === 0)
    throw new UserError(
      "no recording given",
      "name .mcap or .db3 files, rosbag2 folders, or folders of them",
    );
  return recordings.map((bag) => ({
    ...PLAIN_REPLAY,
    bag,
    deployment:
      config === null ? null : { text: JSON.stringify(config.deployment), file: resolve(config.file) },
    events,
    near,
    version: programVersion(),
  }));
}

const HEAD = ["setting", "found (95 %)", "stops", "false", "false stops per hour (95 %)", "lost", "judged"];
const rowOf = (p: WhatIfPoint): string[] => [
  p.label,
  foundText(p),
  String(p.stops),
  String(p.falseStops),
  rateText(p.falsePerHour),
  minutesText(p.lostUs),
  `${p.judged} of ${p.recordings}`,
];
const SOURCES = {
  labels: "Events are the labelled ones.",
  readings:
    "No labels: events are where a reading came near to harm, or passed a limit of the deployment as it is.",
  both: "Events are the labelled ones; in recordings without labels, where a reading came near to harm or passed a limit.",
} as const;
function print({ base, points, eventsFrom }: WhatIf, report: string | undefined, io: Io): void {
  const rows = [HEAD, rowOf(base), ...points.map(rowOf)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const row of rows)
    io.out(
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    );
  io.out("");
  io.out(SOURCES[eventsFrom]);
  if (report !== undefined) io.out(`Report: ${report}`);
}
