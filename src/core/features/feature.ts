import type { ChannelConfig, Deployment, Proposal, Quantity, Sample } from "../domain/index.ts";
import type { Kinematics } from "../robot/index.ts";

/** 1: a larger value can never mean less risk; -1: a smaller one cannot; 0: either way. */
export type Direction = 1 | -1 | 0;

/** One number of a frame, for people and for the artefact of a head. */
export interface FeatureSpec {
  readonly name: string;
  readonly unit: string;
  /** how far back it looks; 0: only now */
  readonly windowMs: number;
  readonly direction: Direction;
  readonly meaning: string;
}
/** A channel as the features see it. */
export interface FeatureChannel {
  readonly index: number;
  readonly name: string;
  readonly config: ChannelConfig;
}
export interface FeatureSetting {
  readonly deployment: Deployment;
  readonly channels: readonly FeatureChannel[];
  readonly kinematics: Kinematics;
}

/**
 * The numbers of one family in one cell. Keeps its own bounded windows, allocates nothing per sample, reads
 * no clock. Feeding in pieces or at once gives the same numbers, because only samples and their times count.
 */
export interface FeatureSource {
  readonly specs: readonly FeatureSpec[];
  /** indices of the channels it wants */
  readonly listens: readonly number[];
  onSample?(sample: Sample): void;
  /** the channel gave something that cannot be trusted: it counts as missing until its next good sample */
  onFault?(channel: number): void;
  /** the action that is judged now; null: none */
  onProposal?(proposal: Proposal | null): void;
  /** writes its numbers from `at` on; false: they are missing now */
  write(t: number, out: Float64Array, at: number): boolean;
}

/** One file, one idea. `build` gives null where the cell lacks what it needs. */
export interface FeatureFamily {
  /** name of the group: present or missing as a whole */
  readonly name: string;
  /** channels it lives on, in words a technician understands */
  readonly needs: string;
  readonly quantities: readonly Quantity[];
  /** true: a proposal makes it present */
  readonly aboutActions?: boolean;
  /** what it gives in a cell with this many joints */
  specs(joints: number): readonly FeatureSpec[];
  build(setting: FeatureSetting): FeatureSource | null;
}
