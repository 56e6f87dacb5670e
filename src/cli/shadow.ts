import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CANDIDATE_KINDS } from "../core/promotion/index.ts";
import {
  candidateFile,
  disagreementWords,
  keepCandidate,
  readShadowReports,
  reportOfShadow,
  type ShadowReport,
} from "../node/in-use/index.ts";
import { renderReport } from "../edge/report/index.ts";
import { command, type Command, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { connectToNode, controlOptions, sayOutcome } from "./control-client.ts";
import { kinds, optional, required } from "./options/index.ts";

const SHOWN = 20;
const HOUR_US = 3_600e6;

export const shadowStartCommand = command({
  words: ["shadow", "start"],
  summary: "let a candidate listen beside the running cell: it hears everything and moves nothing",
  takes: "<candidate file>",
  example: "cellgate shadow start head-v2.json --deployment launch/demo-cell.yaml --for 8h",
  options: {
    deployment: required(kinds.deploymentFile, "the running cell's file", {
      missing: "no deployment file given",
      remedy: "name one, for example launch/demo-cell.yaml",
    }),
    kind: optional(
      kinds.choice(CANDIDATE_KINDS),
      `what it is: ${CANDIDATE_KINDS.join(", ")} (default: as the file says)`,
    ),
    for: optional(kinds.duration(), "listen so long (default: until stopped)", { as: "8h", former: "hours" }),
    decisions: optional(kinds.count(1_000_000_000), "or until the cell has decided so often"),
    ...controlOptions,
  },
  async run(input, io) {
    const candidate = keepCandidate(
      candidateFile(input.positionals[0], io.cwd),
      requireDeployment(input.values.deployment),
      input.values.data,
      input.values.kind,
    );
    const { for: length } = input.values;
    const answer = await connectToNode(input).post("/v1/shadow", {
      act: "start",
      candidate,
      hours: length === undefined ? null : length / HOUR_US,
      decisions: input.values.decisions ?? null,
    });
    return sayOutcome(
      answer,
      `${candidate.slice(0, 16)} listens. \`cellgate shadow report\` shows what it would have done.`,
      input,
      io,
    );
  },
});

export const shadowStopCommand = command({
  words: ["shadow", "stop"],
  summary: "end the shadow; its report stays",
  example: "cellgate shadow stop",
  options: controlOptions,
  async run(input, io) {
    const answer = await connectToNode(input).post("/v1/shadow", { act: "stop" });
    return sayOutcome(answer, "The candidate listens no more.", input, io);
  },
});

export const shadowReportCommand = command({
  words: ["shadow", "report"],
  summary: "where a candidate disagreed with the running cell, worst first",
  takes: "[first digits of the candidate]",
  example: "cellgate shadow report",
  options: {
    html: optional(kinds.file, "write it as a page that opens offline"),
    ...controlOptions,
  },
  async run(input, io) {
    const dir = input.values.data;
    const [report] = readShadowReports(dir, input.positionals[0] ?? "");
    if (report === undefined)
      throw new UserError(
        `no shadow has reported in ${dir} yet`,
        "a report is written every 5 s; start one with `cellgate shadow start`",
      );
    const { html } = input.values;
    if (html !== undefined) {
      mkdirSync(join(resolve(io.cwd, html), ".."), { recursive: true });
      writeFileSync(resolve(io.cwd, html), renderReport(reportOfShadow(report)));
    }
    if (input.values.json) io.out(JSON.stringify(report));
    else say(report, html, io);
    return report.disagreements.some((d) => d.weight >= 80) ? EXIT.found : EXIT.ok;
  },
});
export const SHADOW_COMMANDS: readonly Command[] = [
  shadowStartCommand,
  shadowStopCommand,
  shadowReportCommand,
];

function say(r: ShadowReport, html: string | undefined, io: Io): void {
  const s = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  io.out(
    `${r.kind} ${r.candidate.slice(0, 16)} beside ${r.cell}: ${r.ended}, ${(r.heard_us / 1e6).toFixed(1)} s heard`,
  );
  io.out(`${r.samples} readings, ${r.dropped} dropped; ${r.decisions} decisions of the cell`);
  io.out(
    `verdicts alike ${r.verdicts.same} of ${r.verdicts.compared}; permits that went nowhere ${r.permits}`,
  );
  io.out(
    `both moved ${s(r.time_ms.both_move)}, both blocked ${s(r.time_ms.both_blocked)}, only the cell ${s(r.time_ms.only_live_moves)}, only the shadow ${s(r.time_ms.only_shadow_moves)}`,
  );
  io.out(`V_s higher in ${r.energy.higher}, lower in ${r.energy.lower} of ${r.energy.looks} looks`);
  if (r.trouble !== "") io.out(r.trouble);
  for (const d of r.disagreements.slice(0, SHOWN))
    io.out(
      `  ${new Date(d.at / 1_000).toISOString()}  ${disagreementWords(d.kind)}: ${d.live} against ${d.shadow}, ${d.detail}`,
    );
  const more = r.disagreements.length - SHOWN;
  if (more > 0) io.out(`  … and ${more} more (--json, --html)`);
  if (html !== undefined) io.out(`report ${html}`);
}
