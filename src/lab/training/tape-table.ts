import { basename } from "node:path";
import { err, ok, type Result } from "../../core/base/result.ts";
import { createIngest, type EnergyModel, enterFromTape, NO_ENERGY } from "../../core/cell/index.ts";
import type { CellEvent, Deployment, Micros } from "../../core/domain/index.ts";
import { readProposal } from "../../core/gate/index.ts";
import { eventsByCode, type RiskDomain } from "../../core/risk/index.ts";
import { besideTape, type Tape } from "../../edge/recordings/tape/index.ts";
import { parseDeployment, readDeploymentParts } from "../../node/deployment/index.ts";
import { bindChannels } from "../../node/index.ts";
import { createBareCell } from "../replay/index.ts";
import { type NamedEvent, type RecordingRead, sameRecording } from "./bag-table.ts";
import type { FrameCollector } from "./frame-collector.ts";

/** Whose recordings are read, and for what. */
export interface TapeTask {
  readonly collector: FrameCollector;
  readonly deployment: Deployment;
  readonly domain: RiskDomain;
  readonly labels: readonly NamedEvent[];
}
/** Something that the recorded cell noticed, on the tape's time. */
interface Noticed {
  readonly t: number;
  readonly code: string;
}

/**
 * Feeds a tape or black box of our own: readings become frames, and an action that was carried out becomes frames
 * with the action in them. Events are what the recorded cell noticed: a whole tape is run again to ask it, and a
 * black box says why it was written.
 */
export function collectTape(
  { collector, deployment, domain, labels }: TapeTask,
  tape: Tape,
  path: string,
  group: number,
): Result<RecordingRead, string> {
  const names = bindChannels(deployment).map((c) => c.name);
  const channelOf = tape.meta.channels.map((c) => names.indexOf(c.name));
  if (channelOf.every((place) => place < 0))
    return err(
      `${path}: the deployment has none of its channels (${tape.meta.channels.map((c) => c.name).join(", ")})`,
    );
  const heard = noticedBy(tape);
  const nameOf = eventsByCode(domain.name);
  collector.begin(basename(path), group);
  let zero = -1;
  let messages = 0;
  const entries = tape.events();
  let step = entries.next();
  for (; step.done !== true; step = entries.next()) {
    const event = step.value;
    if (zero < 0) zero = event.t;
    messages += event.kind === "sample" ? 1 : 0;
    feed(collector, event, event.t - zero, channelOf);
  }
  for (const { t, code } of heard.noticed) {
    const name = nameOf.get(code);
    if (name !== undefined && t >= zero) collector.happened(t - zero, name);
  }
  const own = labels.filter((e) => sameRecording(e.bag, path));
  for (const label of own) collector.event(Math.round(label.timeS * 1e6));
  const { carriedOut: actions, eventCount: events } = collector;
  collector.end();
  const broken = step.value.broken === null ? [] : [`${path} ends early: ${step.value.broken}`];
  return ok({ messages, events, actions, notes: [...heard.notes, ...broken] });
}

function feed(collector: FrameCollector, event: CellEvent, t: number, channelOf: readonly number[]): void {
  switch (event.kind) {
    case "sample": {
      const channel = channelOf[event.channel] ?? -1;
      return channel < 0 ? undefined : collector.sample(channel, t, event.values, event.values.length);
    }
    case "fault": {
      const channel = channelOf[event.channel] ?? -1;
      return channel < 0 ? undefined : collector.fault(channel, t);
    }
    case "proposal": {
      const read = event.refused === null ? readProposal(event.raw) : null;
      return read?.ok === true ? collector.proposed(t, read.value.action_id, read.value) : undefined;
    }
    case "actuator":
      return event.actionId === null ? undefined : collector.reported(t, event.actionId, event.report);
    default:
      return collector.advance(t);
  }
}

function noticedBy(tape: Tape): { readonly noticed: readonly Noticed[]; readonly notes: readonly string[] } {
  if (!tape.fromStart) return { noticed: tape.boxed, notes: [] };
  const cell = cellOfTape(tape);
  if (!cell.ok)
    return {
      noticed: tape.boxed,
      notes: [
        `${tape.files[0] ?? "tape"}: what its cell noticed is not known (${cell.error}); its stop inputs and labels count`,
      ],
    };
  const { ingest, noticed } = cell.value;
  const entries = tape.events();
  for (let step = entries.next(); step.done !== true; step = entries.next()) {
    const event = step.value;
    ingest.advance(event.t);
    // the number of a tick comes from its time; anything else that is out of number means a gap
    if (event.kind === "tick") continue;
    if (event.seq !== ingest.events) break;
    enterFromTape(ingest, event);
  }
  return { noticed, notes: [] };
}

/** The recorded cell, with its own configuration and files; it tells what happens in it. */
function cellOfTape(tape: Tape) {
  const own = parseDeployment(tape.meta.configText, "the configuration on the tape");
  if (!own.ok) return err("its configuration is not readable by this version");
  if (own.deployment.extensions !== undefined) return err("it was made with extensions");
  const parts = readDeploymentParts(own, tape.meta.seed, besideTape(tape.meta));
  if (!parts.ok) return err(parts.error.what);
  const noticed: Noticed[] = [];
  const cell = createBareCell(own, {
    ...parts.value,
    createEnergy(report) {
      const model = parts.value.createEnergy?.(report) ?? NO_ENERGY;
      // a second pair of ears: what the model itself hears stays as it was
      return Object.assign(Object.create(model) as EnergyModel, {
        event(t: Micros, code: string) {
          noticed.push({ t, code });
          model.event?.(t, code);
        },
      });
    },
  });
  const ingest = createIngest(cell, { carry: () => {}, record: () => {} }, tape.meta.channels.length);
  return ok({ ingest, noticed });
}
