import { createPipeline } from "../../core/cell/pipeline/index.ts";
import { type Effect, epochMicrosOf, type Micros } from "../../core/domain/index.ts";
import type { DeploymentParts, GoodConfig } from "../../node/deployment/index.ts";
import { openMemoryLedger } from "../../edge/ledger/index.ts";
import {
  createNode,
  createVirtualSteps,
  type NodeParts,
  VirtualClock,
  VirtualScheduler,
} from "../../node/index.ts";
import { createInlineTrials } from "../../node/threads/index.ts";
import { AutoOperator } from "./auto-operator.ts";
import { Collector } from "./collector.ts";
import type { HazardWindow } from "./hazards.ts";
import { DEFAULT_NEAR } from "./margin-watch.ts";
import { mutedActuator } from "./muted-actuator.ts";
import { type OutFile, openOutFile } from "./out-file.ts";
import type { ReplayResult } from "./result.ts";
import type { ReplaySource } from "./source.ts";

export interface RunSetting {
  readonly config: GoodConfig;
  readonly seed: number;
  readonly version: string;
  readonly labels: readonly HazardWindow[] | null;
  /** labelled events, where they are others than the labels */
  readonly events?: readonly HazardWindow[] | null;
  /** what is known to have happened besides: a black box tells of touches and buttons */
  readonly told?: readonly HazardWindow[];
  /** within this share of the way from harm to limit a reading counts as near */
  readonly near?: number;
  /** false: nobody resets or resumes; the first stop is the last word */
  readonly operator: boolean;
  /** name of the recording, for tables */
  readonly recording?: string;
  /** file for the node's channels, or null */
  readonly out: string | null;
  /** what the deployment names beside itself, the learned energy among it; without a head V_s stays unknown, as live */
  readonly parts: DeploymentParts;
  /** what a policy adapter makes of a proposal before the gate judges it */
  readonly adapt?: NodeParts["adapt"];
  readonly progress?: (done: number, total: number, messages: number) => void;
  readonly signal?: AbortSignal;
  /** takes pictures of the cell for a report */
  readonly filmed?: boolean;
}
export type SourceResult = Omit<ReplayResult, "bag" | "kind" | "losses" | "tookMs">;

const MESSAGES_PER_TURN = 20_000;

/** Runs everything that a source tells through the same node that runs live, with nothing behind it. */
export async function runSource(source: ReplaySource, setting: RunSetting): Promise<SourceResult> {
  const run = await createRun(source, setting);
  let count = 0;
  while (source.next()) {
    if (run.nextAt() <= source.t) await run.advance(source.t);
    run.clock.moveTo(source.t);
    source.deliver(run.node.door, run.seen);
    if (++count % MESSAGES_PER_TURN !== 0) continue;
    setting.progress?.(source.done, source.total, source.messages);
    await new Promise((resolve) => setImmediate(resolve));
    if (setting.signal?.aborted === true) break;
  }
  // not a microsecond further: what would follow is the silence of a recording that has ended
  await run.advance(run.clock.now());
  return run.finish();
}

async function createRun(source: ReplaySource, setting: RunSetting) {
  const { config, seed, version, labels } = setting;
  const { deployment } = config;
  const clock = new VirtualClock(epochMicrosOf(source.startMicros));
  const scheduler = new VirtualScheduler(() => clock.now());
  const ledger = await openMemoryLedger();
  let collector: Collector | null = null;
  let out: OutFile | null = null;
  let receipts = 0;
  const observe = (effect: Effect, t: Micros): void => {
    if (effect.kind === "receipt") receipts++;
    collector?.effect(effect, t);
    out?.effect(effect, t);
  };
  const node = createNode({
    deployment,
    configHash: config.hash,
    clock,
    scheduler,
    ...setting.parts,
    actuators: Object.keys(deployment.actuators).map(mutedActuator),
    receipts: ledger,
    trials: createInlineTrials(),
    createPipeline,
    obeyed: false,
    adapt: setting.adapt,
    record: () => {},
    observe,
  });
  collector = new Collector(node, source.spanUs, setting.near ?? DEFAULT_NEAR, setting.filmed);
  if (setting.out !== null) out = openOutFile(setting.out, node, source.startMicros, version, setting);
  const operator = setting.operator ? new AutoOperator(node) : null;
  node.start({ boot: 1, latched: [], ledgerFault: null, seed });
  const seen = seenBy(collector, out);

  const steps = createVirtualSteps({ node, clock, scheduler }, (at) => {
    collector.tick(at);
    out?.tick(at);
    operator?.look(at);
  });
  return {
    clock,
    node,
    seen,
    ...steps,
    async finish(): Promise<SourceResult> {
      const notes = [...source.notes(), ...collector.notes()];
      const problem = (await out?.close()) ?? null;
      if (problem !== null) notes.push(`${setting.out}: ${problem}`);
      return {
        cell: deployment.cell,
        configHash: config.hash,
        modelHash: node.cell.energy.modelHash,
        seed,
        startMicros: source.startMicros,
        spanUs: source.spanUs,
        messages: source.messages,
        unreadable: source.unreadable,
        events: node.door.ingest.events,
        receipts,
        root: ledger.root(),
        digest: ledger.digest(),
        absent: source.absent,
        unused: source.unused,
        notes,
        ...collector.finish(source.spanUs, labels, setting.events ?? labels, setting.told),
      };
    },
  };
}
function seenBy(
  collector: Collector,
  out: OutFile | null,
): (t: number, channel: number, row: Float64Array, count: number) => void {
  if (out === null) return (t, channel, row, count) => collector.sample(t, channel, row, count);
  return (t, channel, row, count) => {
    collector.sample(t, channel, row, count);
    out.sample(t, channel, row, count);
  };
}
