import { type Code, CODES, codeEntry } from "../../core/domain/index.ts";
import type { RolloutRequest, RolloutStatus } from "../../fleet/index.ts";
import type { Judgement, JudgeSetting } from "../../core/rollout/index.ts";
import type { Io } from "../command.ts";
import { wrapped } from "../wrap.ts";

const BAR = 24;
const ITEMS_LISTED = 24;
const short = (artefact: string): string => (artefact.length > 40 ? `${artefact.slice(0, 16)}…` : artefact);

/** A rollout for people: stages as bars, what is still missing, then what is not as it should be. */
export function drawRollout(status: RolloutStatus, waiting: readonly RolloutRequest[], on: Io): void {
  const { view } = status;
  // a line that is too long goes on below its own words
  const io: Io = {
    ...on,
    out: (line) => wrapped(line, on.columns, hangOf(line)).forEach((part) => on.out(part)),
  };
  io.out(`rollout ${status.id}: ${status.automation} → ${short(status.artefact)}`);
  io.out(stateWords(status));
  const ended = view.state === "aborted" || view.state === "killed";
  const over = view.state === "done" || (ended && view.stillToGoBack === 0);
  if (!status.running && !over && view.state !== "planned")
    io.out(
      `no centre is running: nothing goes on and nothing is judged until \`cellgate rollout start ${status.id}\``,
    );
  else if (status.running && !status.connected) io.out("the centre is not connected to the broker");
  // a kill needs no centre: the cells have heard it from the broker
  for (const { act, by, reason } of waiting)
    io.out(
      `  ${act === "kill" ? "the fleet was killed" : `waits for a centre: ${act}`} by ${by} (${reason})`,
    );
  let from = 0;
  view.targets.forEach((target, stage) => {
    io.out(stageLine(status, stage, from, target));
    from = target;
  });
  if (view.state === "running" || view.state === "paused") drawVerdict(status, io);
  const back = view.stillToGoBack > 0 ? `, ${view.stillToGoBack} still to go back` : "";
  io.out(`  told ${view.told}, changed ${view.changed}, failed ${view.failed}${back}`);
  if (view.caps.tripped !== null) io.out(`  cap hit: ${view.caps.tripped}`);
  const lists = [
    ["no answer yet", view.offline],
    ["changed, and not heard for three minutes", view.silent],
    ["hold neither what the plan takes them from nor what it brings", view.differ],
    ["baseline cells that do not hold the old state", view.strayBaseline],
  ] as const;
  for (const [what, cells] of lists) if (cells.length > 0) io.out(`  ${what}: ${cells.join(", ")}`);
  drawItems(status, io);
}

function stateWords({ id, running, view: { state, said, stillToGoBack } }: RolloutStatus): string {
  const why = said === null ? "" : `, by ${said.by}: ${codeEntry(said.code).title} (${said.code})`;
  switch (state) {
    case "planned":
      return `PLANNED: nothing has been touched; \`cellgate rollout start ${id}\` begins`;
    case "running":
      return running ? "RUNNING" : "BEGUN";
    case "paused":
      return `PAUSED${why}: look at the cells, then \`cellgate rollout advance ${id}\``;
    case "aborted":
      return `ABORTED${why}: what was touched ${stillToGoBack > 0 ? "goes back" : "has gone back"}`;
    case "killed":
      return `KILLED${why}: every cell is blocked until a person at the cell clears it`;
    case "done":
      return "DONE";
  }
}

function stageLine({ view }: RolloutStatus, stage: number, from: number, target: number): string {
  const size = target - from;
  const told = Math.max(0, Math.min(view.told, target) - from);
  const full = Math.round((told / size) * BAR);
  const name = stage === view.targets.length - 1 ? "all" : String(target);
  return `  ${name.padStart(4)}  ${"█".repeat(full)}${"░".repeat(BAR - full)} ${told}/${size}  ${placeWord(view, stage)}`.trimEnd();
}
function placeWord({ state, stage: now }: RolloutStatus["view"], stage: number): string {
  if (stage < now || state === "done") return "proven";
  if (stage > now) return "";
  return state === "aborted" || state === "killed" ? "ended here" : "now here";
}

function drawVerdict({ view: { judgement, targets }, judge }: RolloutStatus, io: Io): void {
  if (judgement === null) return;
  io.out(`  verdict ${judgement.verdict}: ${codeEntry(judgement.code).title} (${judgement.code})`);
  const lines =
    "items" in judgement.terms
      ? itemLines(judgement, judge)
      : proofLines(judgement, judge, targets.length > 1);
  for (const one of lines) io.out(`    ${one}`);
}
const hangOf = (line: string): number => (/^ */.exec(line)?.[0].length ?? 0) + 2;
const line = (fits: boolean, what: string, value: string | number, asked: string): string =>
  `${fits ? "✓" : "✗"} ${what.padEnd(46)} ${String(value).padStart(7)}   ${asked}`;
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

/** What the stage has shown beside what it is asked for. */
function proofLines({ terms }: Judgement, judge: JudgeSetting, compared: boolean): string[] {
  const of = (name: string): number => terms[name] ?? Number.NaN;
  const { minReached, minDecisions, dwellUs, decisionFailureMax, alpha } = judge;
  const asked = Math.ceil(minReached * of("told"));
  const needed = Math.log(1 / alpha);
  const share = percent(decisionFailureMax);
  const beside = of("baselineDecisions");
  return [
    line(of("reached") >= asked, "cells that answered", of("reached"), `at least ${asked} of ${of("told")}`),
    line(
      of("lastedS") * 1e6 >= dwellUs,
      "seconds that it lasted",
      of("lastedS"),
      `at least ${dwellUs / 1e6}`,
    ),
    line(
      of("stageDecisions") >= minDecisions,
      "decisions of its cells",
      of("stageDecisions"),
      `at least ${minDecisions}`,
    ),
    ...(compared
      ? [
          line(
            beside >= minDecisions,
            "decisions of the cells that keep the old state",
            beside,
            `at least ${minDecisions}`,
          ),
        ]
      : []),
    line(
      of("decisionProof") >= needed,
      `proof that less than ${share} of decisions fail`,
      of("decisionProof").toFixed(1),
      `at least ${needed.toFixed(1)}; ${of("failures")} of ${of("decisions")} failed so far`,
    ),
  ];
}
function itemLines({ terms }: Judgement, judge: JudgeSetting): string[] {
  const of = (name: string): number => terms[name] ?? Number.NaN;
  const most = Math.floor(judge.cellFailureMax * of("items"));
  return [
    line(of("reached") >= of("told"), "recordings done", of("reached"), `all ${of("told")}`),
    line(of("failures") <= most, "failed", of("failures"), `at most ${most} of ${of("items")}`),
    line(
      of("growth") <= judge.growthMax,
      "cost of one, times what one cost before",
      of("growth").toFixed(2),
      `at most ${judge.growthMax}`,
    ),
  ];
}

/** said of an order that went as it should */
const QUIET: ReadonlySet<string> = new Set(["", "ORDER_ACCEPTED", "ORDER_ALREADY", "ORDER_REPLAYED"]);

/** Those that need a look first. */
function drawItems({ items, view }: RolloutStatus, io: Io): void {
  const rank = (i: RolloutStatus["items"][number]): number =>
    i.holds.startsWith("failed") || i.trouble !== "" ? 0 : !QUIET.has(i.says) ? 1 : i.told ? 2 : 3;
  const sorted = [...items].sort((a, b) => rank(a) - rank(b)).filter((i) => i.told || i.heardMs !== null);
  const remedies = new Map<string, string>();
  const odd = new Set([...view.differ, ...view.strayBaseline]);
  for (const { name, holds, says: said, trouble } of sorted.slice(0, ITEMS_LISTED)) {
    // an order seen before is no news, unless the cell has answered none of this rollout's
    const says = QUIET.has(said) && !(said === "ORDER_REPLAYED" && view.offline.includes(name)) ? "" : said;
    const entry = says !== "" && Object.hasOwn(CODES, says) ? codeEntry(says as Code) : null;
    if (entry !== null) remedies.set(says, entry.remedy);
    const now = entry === null ? says : `${entry.title} (${says})`;
    // whole, since the next plan has to say it
    const whole = odd.has(name) ? `holds ${holds}` : now;
    const words = trouble === "" ? whole : `could not change: ${trouble}`;
    io.out(`    ${name.padEnd(20)} ${short(holds).padEnd(18)} ${words}`.trimEnd());
  }
  if (sorted.length > ITEMS_LISTED) io.out(`    … and ${sorted.length - ITEMS_LISTED} more (--json has all)`);
  for (const [code, remedy] of remedies) io.out(`  → ${code}: ${remedy}`);
}
