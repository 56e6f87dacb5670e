import { sha256 } from "@noble/hashes/sha2.js";
import { hexOf } from "../base/hash.ts";
import type { CellEvent, Deployment, Effect, Micros, PflLimits } from "../domain/index.ts";
import type { Guests } from "../reflex/index.ts";
import { createKinematics } from "../robot/index.ts";
import type { Cell, CellSetting } from "./cell-face.ts";
import { createCell } from "./cell.ts";
import { createIngest, type Ingest } from "./ingest.ts";
import { createPipeline } from "./pipeline/index.ts";
import type { RunningHash } from "./telemetry-digest.ts";

/** What makes a cell besides its deployment. */
export interface CellParts {
  readonly deployment: Deployment;
  readonly configHash: string;
  /** text of the robot's description, when the deployment names one */
  readonly urdf?: string;
  readonly pflLimits?: PflLimits;
  readonly createEnergy?: CellSetting["createEnergy"];
  readonly guests?: Guests | undefined;
  /** a faster hash than the pure one, with the same bytes */
  readonly hash?: RunningHash;
}

/** The cell of a deployment: no clock, no wires, no threads. Whoever steps it brings what they would have said. */
export function cellOf({ deployment, configHash, urdf, ...parts }: CellParts): Cell {
  return createCell({
    deployment,
    configHash,
    channels: Object.entries(deployment.channels).map(([name, config], index) => ({ index, name, config })),
    kinematics: createKinematics(deployment.robot, urdf),
    createPipeline,
    ...parts,
    hash: parts.hash ?? pureRunningHash(),
  });
}

/** Plain JavaScript: the same bytes as a machine's own library, in a browser too. */
export function pureRunningHash(): RunningHash {
  let hash = sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    finish() {
      const text = hexOf(hash.digest());
      hash = sha256.create();
      return text;
    },
  };
}

/** What a tape tells enters as it entered then; ticks come by themselves, from their due times. */
export function enterFromTape(ingest: Ingest, event: Exclude<CellEvent, { kind: "tick" }>): void {
  if (event.kind === "sample") {
    const { t, channel, values, stamp, sourceSeq } = event;
    ingest.sample(t, channel, values, values.length, stamp, sourceSeq);
    return;
  }
  const { t, seq: _seq, ...body } = event;
  ingest.event(t, body as Parameters<typeof ingest.event>[1]);
}

/**
 * Gives a fresh cell the events of a tape, each with its time and number. The effects are the ones of that run, byte
 * for byte. Throws where events are missing.
 */
export function replayEvents(
  cell: Cell,
  { channels }: Pick<Deployment, "channels">,
  events: Iterable<CellEvent>,
  hear: (effect: Effect, t: Micros) => void,
): void {
  const carry = (effects: readonly Effect[], t: Micros): void => {
    for (const effect of effects) hear(effect, t);
  };
  const ingest = createIngest(cell, { carry, record: () => {} }, Object.keys(channels).length);
  for (const event of events) {
    while (ingest.nextTickAt <= event.t) ingest.advance(ingest.nextTickAt);
    if (event.kind === "tick") continue;
    if (event.seq !== ingest.events)
      throw new Error(`events are missing before number ${event.seq}: the run is at ${ingest.events}`);
    enterFromTape(ingest, event);
  }
}
