import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  happened,
  labelOf,
  openEngine,
  ROBOT_FACTORY,
  type Scenario,
  type SimEngine,
} from "../../../sim/index.ts";
import type { GoodConfig } from "../../node/deployment/index.ts";
import { command, EXIT, type Io, UserError } from "../command.ts";
import { requireDeployment } from "../config.ts";
import { createProgress } from "../progress.ts";
import { chooseOptions, chooseScenarios, interruptible, simKit } from "./choose.ts";
import { guardedRun } from "./live-run.ts";
import { boundOf, type FamilyRow, type Pair, rowsOf, tableOf } from "./summary.ts";
import { flag, kinds, optional } from "../options/index.ts";

const DEPLOYMENT = fileURLToPath(new URL("../../../launch/sim.yaml", import.meta.url));
const README = fileURLToPath(new URL("../../../sim/README.md", import.meta.url));
const TABLE_BEGIN = "<!-- table:begin -->";
const TABLE_END = "<!-- table:end -->";
const LIMIT_N = Math.min(
  ROBOT_FACTORY.person.body.contact.forceLimitN,
  ROBOT_FACTORY.person.hand.contact.forceLimitN,
);
/** Share of quiet misses that may be stopped. */
export const FALSE_STOP_SHARE_MAX = 0.05;

export const simRunCommand = command({
  words: ["sim", "run"],
  summary: "let a node guard simulated scenarios, tell what it prevented",
  example: "cellgate sim run --engine embedded --scenario near-miss --count 5 --seed 7",
  options: {
    ...chooseOptions,
    deployment: optional(kinds.deploymentFile, "the node's settings (default: launch/sim.yaml)"),
    table: flag("write the table of results into sim/README.md"),
    json: flag("one JSON line per scenario, then the table"),
  },
  async run(input, io) {
    const { engine } = input.values;
    const config = requireDeployment(input.values.deployment ?? DEPLOYMENT);
    if (!Object.values(config.deployment.actuators).some((a) => a.kind === "sim"))
      throw new UserError(
        "the deployment's arm is not simulated",
        "use transports and actuators of kind sim, as launch/sim.yaml does",
      );
    const { scenarios, request } = chooseScenarios(input.values, simKit());
    const opened = await openEngine(engine, ROBOT_FACTORY, io.env);
    if (!opened.ok)
      throw new UserError(opened.error, "the embedded engine needs nothing: --engine embedded", EXIT.failed);
    const stop = interruptible();
    try {
      const pairs = await runAll(opened.value, scenarios, config, io, input.values.json, stop.signal);
      const rows = rowsOf(pairs);
      if (input.values.json) io.out(JSON.stringify({ request, engine, version: opened.value.version, rows }));
      else io.out(`${tableOf(rows)}\n\n${boundOf(rows)}`);
      if (input.values.table) writeTable(rows, `${request}; ${engine} ${opened.value.version}`);
      return stop.signal.aborted ? EXIT.interrupted : verdict(rows, io);
    } finally {
      stop.done();
      await opened.value.close();
    }
  },
});

async function runAll(
  engine: SimEngine,
  scenarios: readonly Scenario[],
  config: GoodConfig,
  io: Io,
  json: boolean,
  signal: AbortSignal,
): Promise<Pair[]> {
  const progress = createProgress(io, `sim run (${engine.name})`, scenarios.length, "scenarios");
  const pairs: Pair[] = [];
  for (const scenario of scenarios) {
    if (signal.aborted) break;
    const truth = await engine.record(scenario, { reading: () => {}, step: () => {} });
    const without = labelOf(scenario, truth, { engine: engine.name, version: engine.version });
    const guarded = await guardedRun(engine, scenario, config, LIMIT_N);
    const pair = { scenario, without, guarded };
    pairs.push(pair);
    // the bar is drawn anew below what is told
    progress.finish();
    if (json)
      io.out(
        JSON.stringify({ scenario: scenario.name, as_drawn: happened(without), without, with: guarded }),
      );
    else if (scenarios.length <= WORDS_MAX) io.out(words(pair));
    progress.update(pairs.length, scenario.name);
  }
  progress.finish();
  return pairs;
}
/** more scenarios than this are told by the table alone */
const WORDS_MAX = 40;

function words({ scenario, without, guarded }: Pair): string {
  const was = `${without.class}${without.peak_force_n > 0 ? ` ${Math.round(without.peak_force_n)} N` : ""}`;
  const is = `${guarded.label.class}${guarded.label.peak_force_n > 0 ? ` ${Math.round(guarded.label.peak_force_n)} N` : ""}`;
  const stop =
    guarded.blockAtUs < 0
      ? "no stop"
      : `${guarded.blockCode} at ${(guarded.blockAtUs / 1e6).toFixed(2)} s, standing after ${Math.round(guarded.stopTimeUs / 1000)} ms and ${Math.round(guarded.stopDistanceM * 1000)} mm`;
  return `${scenario.name.padEnd(36)} without the node: ${was}; with it: ${is}; ${stop}`;
}

function verdict(rows: readonly FamilyRow[], io: Io): number {
  const all = rows.at(-1)!;
  if (all.harmed > 0)
    io.err(`${all.harmed} contacts above the limit although a person was seen 300 ms before`);
  const share = all.quiet === 0 ? 0 : all.falseStops / all.quiet;
  if (share > FALSE_STOP_SHARE_MAX) io.err(`stopped in ${all.falseStops} of ${all.quiet} quiet misses`);
  return all.harmed > 0 || share > FALSE_STOP_SHARE_MAX ? EXIT.found : EXIT.ok;
}

function writeTable(rows: readonly FamilyRow[], how: string): void {
  const text = readFileSync(README, "utf8");
  const [from, to] = [text.indexOf(TABLE_BEGIN), text.indexOf(TABLE_END)];
  if (from < 0 || to < from)
    throw new UserError(
      `${README} has no place for the table`,
      `put ${TABLE_BEGIN} and ${TABLE_END} on lines of their own`,
    );
  writeFileSync(
    resolve(README),
    `${text.slice(0, from + TABLE_BEGIN.length)}\n${how}\n\n${tableOf(rows)}\n\n${boundOf(rows)}\n${text.slice(to)}`,
  );
}
