import { join } from "node:path";
import { createSimWorld } from "../../../sim/index.ts";
import { createPrng } from "../../../src/core/base/prng.ts";
import { createPipeline } from "../../../src/core/cell/pipeline/index.ts";
import { channelIndexOf } from "../../../src/core/domain/index.ts";
import { createTapeWriter, readTape } from "../../../src/edge/recordings/tape/index.ts";
import { domainNamed } from "../../../src/core/risk/index.ts";
import { createKinematics } from "../../../src/core/robot/index.ts";
import { collectTape, FrameCollector, type RecordingRead } from "../../../src/lab/training/index.ts";
import { createInlineTrials } from "../../../src/node/threads/index.ts";
import { DEMO_GATE_WITHOUT_HEAD, demoCell, demoMove } from "../../node/demo-cell.ts";
import { inProcessNode, parsed } from "../../node/in-process.ts";

/** The demonstration cell with a stop button in the hand of the person who watches the arm. */
const WATCHED_CELL = demoCell({
  "transports.sim.scenario": "idle",
  "risk.head": undefined,
  "channels.wrist_ft": undefined,
  "channels.tool_prox": undefined,
  "rules.force": undefined,
  "rules.contact": undefined,
  "rules.proximity": undefined,
  "channels.pendant": {
    quantity: "protectiveStop",
    transport: "sim",
    address: "pendant",
    maxAgeMs: 200,
    minRateHz: 10,
    declaredConstant: true,
    stamped: false,
  },
  gate: DEMO_GATE_WITHOUT_HEAD,
});
export const domain = domainNamed("robot-factory")!;
const CELL = parsed(WATCHED_CELL);
const LEFT = [2.8464, -1.8111, 1.8707, -1.6304, -1.5708, -1.866];
const RIGHT = [2.4464, -1.8111, 1.8707, -1.6304, -1.5708, -1.866];
const SECONDS = 2.6;

export interface Drawn {
  /** how strongly the policy's last layer speaks for the tray that it chose */
  readonly logOdds: number;
  readonly right: boolean;
  /** a person stops the arm on its way to the wrong tray, now and then on the way to the right one */
  readonly stopAtS: number | null;
}
/** A policy that is wrong as often as its own odds say. */
function drawRun(seed: number): Drawn {
  const prng = createPrng(seed).split("unsure policy");
  const logOdds = prng.nextFloat() < 0.5 ? 0.8 * prng.nextFloat() : 3 + 2 * prng.nextFloat();
  const right = prng.nextFloat() < 1 / (1 + Math.exp(-logOdds));
  const stopped = prng.nextFloat() < (right ? 0.03 : 0.95);
  return { logOdds, right, stopAtS: stopped ? 1.5 + 0.5 * prng.nextFloat() : null };
}

/** One run of the real node in the simulated cell, recorded on a tape. */
async function recordRun(folder: string, seed: number, drawn: Drawn): Promise<string> {
  const path = join(folder, `run-${seed}.mcap`);
  const world = createSimWorld({ kind: "sim", scenario: "idle", operator: true }, seed);
  const tape = { writer: null as ReturnType<typeof createTapeWriter> | null };
  const { node, at, drive } = inProcessNode({
    ...CELL,
    world,
    seed,
    trials: createInlineTrials(),
    createPipeline,
    record(event) {
      tape.writer ??= createTapeWriter({
        path,
        live: false,
        meta: {
          cell: CELL.deployment.cell,
          configHash: CELL.hash,
          configText: CELL.effective,
          seed,
          boot: 1,
          epoch: event.kind === "start" ? event.epoch : (0 as never),
          version: "test",
          channels: Object.entries(CELL.deployment.channels).map(([name, c]) => ({
            name,
            quantity: c.quantity,
          })),
          files: new Map(),
        },
      });
      tape.writer.append(event);
    },
  });
  const pendant = channelIndexOf(Object.keys(CELL.deployment.channels).indexOf("pendant"));
  for (let s = 0; s < SECONDS; s += 0.05)
    at(s, () => node.door.sample(pendant, [drawn.stopAtS !== null && s >= drawn.stopAtS ? 0 : 1], 1, -1, -1));
  at(1, () =>
    node.door.proposal(
      demoMove(`tray-${seed}`, seed % 2 === 0 ? LEFT : RIGHT, 1_500, {
        evidence: { hidden_base: [drawn.logOdds] },
      }),
      { transport: "test", caller: "policy" },
    ),
  );
  await drive(SECONDS);
  node.door.ingest.mark();
  await tape.writer?.close();
  return path;
}

export interface Recorded {
  readonly drawn: Drawn;
  readonly path: string;
}
/** So many runs of that policy, one after the other. */
export async function recordRuns(folder: string, seeds: readonly number[]): Promise<Recorded[]> {
  const runs: Recorded[] = [];
  for (const seed of seeds) {
    const drawn = drawRun(seed);
    runs.push({ drawn, path: await recordRun(folder, seed, drawn) });
  }
  return runs;
}
/** The recorded runs as a table, and what was found in each recording. */
export function collected(
  runs: readonly { readonly path: string }[],
  groups: readonly string[],
  events = domain.events.map((e) => e.name),
) {
  const collector = new FrameCollector({
    deployment: CELL.deployment,
    kinematics: createKinematics(CELL.deployment.robot),
    groups,
    without: domain.without.map((w) => w.name),
    framePeriodUs: 40_000,
    horizonUs: domain.horizonMs * 1_000,
    recoveryUs: 2_000_000,
    settleUs: 300_000,
    events,
  });
  const reads: RecordingRead[] = runs.map(({ path }, group) => {
    const tape = readTape(path);
    if (!tape.ok) throw new Error(tape.error);
    const read = collectTape(
      { collector, deployment: CELL.deployment, domain, labels: [] },
      tape.value,
      path,
      group,
    );
    tape.value.close();
    if (!read.ok) throw new Error(read.error);
    return read.value;
  });
  return { table: collector.finish(), reads };
}
