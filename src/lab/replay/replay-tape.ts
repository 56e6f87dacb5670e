import { createIngest, enterFromTape } from "../../core/cell/index.ts";
import type { CellEvent, Effect, Micros } from "../../core/domain/index.ts";
import { openMemoryLedger } from "../../edge/ledger/index.ts";
import { bindChannels } from "../../node/index.ts";
import type { Tape } from "../../edge/recordings/tape/index.ts";
import { createBareCell } from "./bare-cell.ts";
import { createKinematics } from "../../core/robot/index.ts";
import { Collector, type Watched } from "./collector.ts";
import { DEFAULT_NEAR } from "./margin-watch.ts";
import { openOutFile } from "./out-file.ts";
import type { RunSetting, SourceResult } from "./run-source.ts";

const EVENTS_PER_TURN = 50_000;

/**
 * Runs a tape exactly: every event with its time and number, ticks from their due times, results of other
 * threads as they came then. The receipts are the ones of that run, byte for byte.
 */
export async function replayTape(tape: Tape, spanUs: number, setting: RunSetting): Promise<SourceResult> {
  const run = await createExactRun(tape, spanUs, setting);
  const events = tape.events();
  let broken: string | null = null;
  for (let count = 1; ; count++) {
    const step = events.next();
    if (step.done === true) {
      broken = step.value.broken;
      break;
    }
    const wrong = run.deliver(step.value);
    if (wrong !== null) {
      broken = wrong;
      break;
    }
    if (count % EVENTS_PER_TURN !== 0) continue;
    setting.progress?.(count, 0, count);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return run.finish(broken);
}

async function createExactRun(tape: Tape, spanUs: number, setting: RunSetting) {
  const { config, version } = setting;
  const { deployment } = config;
  const channels = bindChannels(deployment);
  const ledger = await openMemoryLedger({ boot: tape.meta.boot });
  const cell = createBareCell(config, setting.parts);
  const kinematics = createKinematics(deployment.robot, setting.parts.urdf);
  const watched: Watched = { cell, deployment, channels, kinematics };
  const collector = new Collector(watched, spanUs, setting.near ?? DEFAULT_NEAR, setting.filmed);
  const out =
    setting.out === null ? null : openOutFile(setting.out, watched, tape.meta.epoch, version, setting);
  let receipts = 0;
  let samples = 0;
  const carry = (effects: readonly Effect[], t: Micros): void => {
    for (const effect of effects) {
      if (effect.kind === "receipt") {
        receipts++;
        ledger.append(effect.receipt);
      }
      collector.effect(effect, t);
      out?.effect(effect, t);
    }
  };
  const ingest = createIngest(cell, { carry, record: () => {} }, channels.length);
  const advance = (t: Micros): void => {
    while (ingest.nextTickAt <= t) {
      const at = ingest.nextTickAt;
      ingest.advance(at);
      collector.tick(at);
      out?.tick(at);
    }
  };
  return {
    /** null, or why the tape cannot be followed */
    deliver(event: CellEvent): string | null {
      advance(event.t);
      if (event.kind === "tick") return null;
      if (event.seq !== ingest.events)
        return `events are missing before number ${event.seq}: the run is at ${ingest.events}`;
      enterFromTape(ingest, event);
      if (event.kind === "sample") {
        samples++;
        collector.sample(event.t, event.channel, event.values, event.values.length);
        out?.sample(event.t, event.channel, event.values, event.values.length);
      }
      return null;
    },
    async finish(broken: string | null): Promise<SourceResult> {
      const problem = (await out?.close()) ?? null;
      const notes = [
        ...(broken === null ? [] : [`exact up to here, then it ends: ${broken}`]),
        ...(problem === null ? [] : [problem]),
        ...collector.notes(),
      ];
      return {
        cell: deployment.cell,
        configHash: config.hash,
        modelHash: cell.energy.modelHash,
        seed: tape.meta.seed,
        startMicros: tape.meta.epoch,
        spanUs,
        messages: samples,
        unreadable: 0,
        events: ingest.events,
        receipts,
        root: ledger.root(),
        digest: ledger.digest(),
        absent: [],
        unused: [],
        notes,
        ...collector.finish(spanUs, setting.labels, setting.events ?? setting.labels, setting.told),
      };
    },
  };
}

/** From which time to which a tape goes. Read once, without running anything. */
export function tapeSpan(tape: Tape): { readonly firstUs: number; readonly lastUs: number } {
  let first = -1;
  let last = 0;
  const events = tape.events();
  for (let step = events.next(); step.done !== true; step = events.next()) {
    last = step.value.t;
    if (first < 0) first = last;
  }
  return { firstUs: Math.max(0, first), lastUs: last };
}
