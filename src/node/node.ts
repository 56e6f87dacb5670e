import { createHash } from "node:crypto";
import {
  type Cell,
  createCell,
  type EnergyModel,
  type EnergyReport,
  type Pipeline,
  type PipelineHost,
  type RunningHash,
} from "../core/cell/index.ts";
import type { Result } from "../core/base/result.ts";
import {
  type CellEvent,
  channelIndexOf,
  type Deployment,
  type Effect,
  type LatchedCause,
  type Micros,
  MAX_JOINTS,
  type PflLimits,
  QUANTITIES,
  type StoredStage,
} from "../core/domain/index.ts";
import type { Guests } from "../core/reflex/index.ts";
import type { Actuator, ChannelBinding, Clock } from "../edge/ports/index.ts";
import { createKinematics, type Kinematics } from "../core/robot/index.ts";
import { createCarrier, type ReceiptSink, type StageKeeper, type TrialRunner } from "./carrier.ts";
import { createDoor, type DrivenDoor } from "./door.ts";
import type { Scheduler } from "./scheduler.ts";

/** What a node is made of; compose.ts chooses the parts. */
export interface NodeParts {
  readonly deployment: Deployment;
  readonly configHash: string;
  readonly urdf?: string;
  readonly pflLimits?: PflLimits;
  /** false: the actuators are muted; see CellSetting */
  readonly obeyed?: boolean;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly actuators: readonly Actuator[];
  readonly receipts: ReceiptSink;
  readonly trials: TrialRunner;
  readonly stages?: StageKeeper;
  /** see CarrierParts */
  readonly stopwatch?: () => number;
  readonly energy?: EnergyModel;
  readonly createEnergy?: (report: EnergyReport) => EnergyModel;
  readonly createPipeline?: (host: PipelineHost) => Pipeline;
  /** what extensions bring into the cell */
  readonly guests?: Guests;
  /** what adapters of extensions make of a proposal, before any other */
  readonly prepare?: ((raw: unknown) => Result<unknown, string>) | undefined;
  /** what a promoted adapter makes of a proposal before it comes on the tape; the words when that is no action */
  readonly adapt?: ((raw: unknown) => Result<unknown, string>) | undefined;
  readonly record: (event: CellEvent) => void;
  readonly observe: (effect: Effect, t: Micros) => void;
}
export interface StartFacts {
  readonly boot: number;
  readonly latched: readonly LatchedCause[];
  readonly ledgerFault: string | null;
  readonly seed: number;
  readonly program?: string;
  readonly stage?: StoredStage;
}
/** One running cell with its door. */
export interface CellNode {
  readonly deployment: Deployment;
  readonly configHash: string;
  readonly cell: Cell;
  readonly door: DrivenDoor;
  readonly channels: readonly ChannelBinding[];
  readonly kinematics: Kinematics;
  start(facts: StartFacts): void;
}

/** SHA-256 of the machine's own library; the same bytes as the pure one, several times faster. */
export function createRunningHash(): RunningHash {
  let hash = createHash("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    finish() {
      const text = hash.digest("hex");
      hash = createHash("sha256");
      return text;
    },
  };
}

/** Channels in the order of the deployment, with the width that their quantity fixes. */
export function bindChannels(deployment: Deployment): ChannelBinding[] {
  const joints = Math.min(MAX_JOINTS, deployment.robot.joints.length);
  const widthOf = (quantity: ChannelBinding["config"]["quantity"]): number => {
    if (quantity === "joints") return 3 * joints;
    if (quantity === "currents" || quantity === "jointErrors" || quantity === "jogCommand") return joints;
    return Math.max(0, QUANTITIES[quantity].width);
  };
  return Object.entries(deployment.channels).map(([name, config], i) => ({
    index: channelIndexOf(i),
    name,
    config,
    width: widthOf(config.quantity),
  }));
}

export function createNode(parts: NodeParts): CellNode {
  const { deployment, configHash, clock } = parts;
  const channels = bindChannels(deployment);
  const kinematics = createKinematics(deployment.robot, parts.urdf);
  const cell = createCell({
    deployment,
    configHash,
    channels: channels.map(({ index, name, config }) => ({ index, name, config })),
    kinematics,
    hash: createRunningHash(),
    pflLimits: parts.pflLimits,
    guests: parts.guests,
    ...(parts.obeyed !== undefined && { obeyed: parts.obeyed }),
    ...(parts.energy && { energy: parts.energy }),
    createEnergy: parts.createEnergy,
    ...(parts.createPipeline && { createPipeline: parts.createPipeline }),
  });
  const door = createDoor(
    {
      cell,
      clock,
      channels: channels.length,
      actuatorNames: Object.keys(deployment.actuators),
      record: parts.record,
      prepare: parts.prepare,
      adapt: parts.adapt,
    },
    (own) =>
      createCarrier({
        actuators: parts.actuators,
        receipts: parts.receipts,
        trials: parts.trials,
        ...(parts.stages && { stages: parts.stages }),
        scheduler: parts.scheduler,
        stopwatch: parts.stopwatch,
        clock,
        observe: parts.observe,
        events: {
          actuatorFailed: own.actuatorFailed,
          stored: own.stored,
          trials: own.trials,
          helper: own.helper,
          partFailed: own.partFailed,
        },
      }),
  );
  return {
    deployment,
    configHash,
    cell,
    door,
    channels,
    kinematics,
    start: (facts) => door.start({ kind: "start", epoch: clock.epoch, configHash, ...facts }),
  };
}
