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
import { type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { connectToNode, controlOptions, sayOutcome, textOf } from "./control-client.ts";

const SHOWN = 20;
const dataOf = (input: CommandInput, io: Io): string => resolve(io.cwd, textOf(input, "data") ?? "data");

export const shadowStartCommand: Command = {
  words: ["shadow", "start"],
  summary: "let a candidate listen beside the running cell: it hears everything and moves nothing",
  usage:
    "<candidate file> --deployment cell.yaml [--hours N] [--decisions M] [--kind KIND] [--data DIR] [--as NAME]",
  example: "cellgate shadow start head-v2.json --deployment launch/demo-cell.yaml --hours 8",
  options: {
    deployment: { type: "string", help: "the running cell's file" },
    kind: { type: "string", help: `what it is: ${CANDIDATE_KINDS.join(", ")} (default: as the file says)` },
    hours: { type: "string", help: "listen so long (default: until stopped)" },
    decisions: { type: "string", help: "or until the cell has decided so often" },
    ...controlOptions,
  },
  async run(input, io) {
    const candidate = keepCandidate(
      candidateFile(input.positionals[0], io.cwd),
      requireDeployment(textOf(input, "deployment")),
      dataOf(input, io),
      textOf(input, "kind"),
    );
    const answer = await connectToNode(input, io).post("/v1/shadow", {
      act: "start",
      candidate,
      hours: numberOf(input, "hours"),
      decisions: numberOf(input, "decisions"),
    });
    return sayOutcome(
      answer,
      `${candidate.slice(0, 16)} listens. \`cellgate shadow report\` shows what it would have done.`,
      input,
      io,
    );
  },
};

export const shadowStopCommand: Command = {
  words: ["shadow", "stop"],
  summary: "end the shadow; its report stays",
  usage: "[--data DIR] [--as NAME]",
  example: "cellgate shadow stop",
  options: controlOptions,
  async run(input, io) {
    const answer = await connectToNode(input, io).post("/v1/shadow", { act: "stop" });
    return sayOutcome(answer, "The candidate listens no more.", input, io);
  },
};

export const shadowReportCommand: Command = {
  words: ["shadow", "report"],
  summary: "where a candidate disagreed with the running cell, worst first",
  usage: "[first digits of the candidate] [--data DIR] [--html FILE] [--json]",
  example: "cellgate shadow report",
  options: {
    html: { type: "string", help: "write it as a page that opens offline" },
    ...controlOptions,
  },
  async run(input, io) {
    const dir = dataOf(input, io);
    const [report] = readShadowReports(dir, input.positionals[0] ?? "");
    if (report === undefined)
      throw new UserError(
        `no shadow has reported in ${dir} yet`,
        "a report is written every 5 s; start one with `cellgate shadow start`",
      );
    const html = textOf(input, "html");
    if (html !== undefined) {
      mkdirSync(join(resolve(io.cwd, html), ".."), { recursive: true });
      writeFileSync(resolve(io.cwd, html), renderReport(reportOfShadow(report)));
    }
    if (input.values["json"] === true) io.out(JSON.stringify(report));
    else say(report, html, io);
    return report.disagreements.some((d) => d.weight >= 80) ? EXIT.found : EXIT.ok;
  },
};
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

function numberOf(input: CommandInput, name: string): number | null {
  const said = textOf(input, name);
  if (said === undefined) return null;
  const value = Number(said);
  if (!(value > 0)) throw new UserError(`--${name} ${said}`, "give a number above 0");
  return value;
}
