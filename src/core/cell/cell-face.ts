import type { CellEvent, CellState, Code, Deployment, Effect, Micros, PflLimits } from "../domain/index.ts";
import type { ChannelInfo, Guests, Reflex, RuleFactory } from "../reflex/index.ts";
import type { Kinematics } from "../robot/index.ts";
import type { EnergyModel, EnergyReport } from "./energy.ts";
import type { Pipeline, PipelineHost } from "./host.ts";
import type { Rest } from "./stop-chain.ts";
import type { SnapshotStore } from "./snapshot.ts";
import type { RunningHash } from "./telemetry-digest.ts";

/** What a cell is made of. Everything comes in; the cell reads nothing by itself. */
export interface CellSetting {
  readonly deployment: Deployment;
  readonly configHash: string;
  readonly channels: readonly ChannelInfo[];
  readonly kinematics: Kinematics;
  readonly hash: RunningHash;
  readonly energy?: EnergyModel;
  /** makes the model with a way to report into this cell; instead of `energy` */
  readonly createEnergy?: ((report: EnergyReport) => EnergyModel) | undefined;
  readonly createPipeline?: (host: PipelineHost) => Pipeline;
  /** the verified table of contact limits, when the deployment names one */
  readonly pflLimits?: PflLimits | undefined;
  /** false: nothing obeys this cell (shadow, replay of a recording), so standstill after a block is not expected */
  readonly obeyed?: boolean;
  /** the rules; a test may hand in others */
  readonly rules?: readonly RuleFactory[];
  /** what extensions bring: rules that are asked after ours, and codes */
  readonly guests?: Guests | undefined;
}

/** One robot cell's state machine: `step(event) → effects`. No clock, no I/O, no promise. */
export interface Cell {
  /** takes the event in; hands out the blocks that it leads to, which are carried out at once */
  step(event: CellEvent): readonly Effect[];
  /** the second half of every step: all other effects, made after the blocks are out */
  settle(): readonly Effect[];
  readonly state: CellState;
  readonly since: Micros;
  /** why the cell is where it is: the worst cause, or the state's own code */
  why(): { code: Code; source: string; detail: string };
  readonly reflex: Reflex;
  readonly pipeline: Pipeline | null;
  readonly energy: {
    readonly value: number | null;
    readonly threshold: number;
    readonly modelHash: string;
    contributions(): Readonly<Record<string, number>>;
    features(): Readonly<Record<string, number>>;
  };
  readonly heartbeat: number;
  /** the running block: since when (-1: none), which actuator of the chain it has reached, and what became of motion */
  readonly block: { readonly since: Micros; readonly actuator: number; readonly rest: Rest };
  /** how often something happened in this run and in its last hour, by code */
  happened(): Readonly<Record<string, { readonly total: number; readonly lastHour: number }>>;
  /** wall time of a moment on the tape */
  wall(t: number): number;
  readonly snapshots: SnapshotStore;
}
