import type {
  ActuatorEvent,
  ChannelConfig,
  Code,
  Deployment,
  FaultEvent,
  HealthEvent,
  LatchedCause,
  Micros,
  PflLimits,
  Sample,
} from "../domain/index.ts";
import type { Margin } from "./margin.ts";
import type { Kinematics } from "../robot/index.ts";

/** A channel as the rules see it. */
export interface ChannelInfo {
  readonly index: number;
  readonly name: string;
  readonly config: ChannelConfig;
}

/** What a rule is built from. Read once; nothing of it changes while the cell runs. */
export interface RuleSetting {
  readonly deployment: Deployment;
  readonly channels: readonly ChannelInfo[];
  readonly kinematics: Kinematics;
  /** the verified table of contact limits; absent when the deployment names none or it did not verify */
  readonly pflLimits?: PflLimits | undefined;
}

/** The motion measured last, kept by the reflex for all rules. */
export interface Motion {
  /** time of the newest joint sample, -1 before the first */
  readonly at: number;
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly effort: Float64Array;
  /** fastest joint, rad/s */
  readonly fastestRadPerS: number;
  /** speed of the tool point, m/s */
  readonly toolMPerS: number;
}

/** Signs of life of every channel, kept by the reflex for all rules; index = channel. */
export interface Vitals {
  /** arrival of the newest trusted sample, -1 before the first */
  readonly lastAt: Float64Array;
  /** source stamp of the newest trusted sample, -1 without one */
  readonly lastStamp: Float64Array;
  /** trusted samples per second over the window, -1 before a window is full */
  readonly rateHz: Float64Array;
  /** samples and frames that were not believed */
  readonly refused: Float64Array;
}

/** What a rule may look at besides the event. */
export interface Surroundings {
  readonly motion: Motion;
  readonly vitals: Vitals;
  /** the sample's origin in time is not believed: it may trip a rule but never release one */
  readonly doubtful: boolean;
  /** wall time of the run's zero, to compare source stamps with arrival */
  readonly epoch: number;
  /** when the running block began, -1 while nothing is blocked */
  readonly blockedSince: number;
  /** which actuator of the chain the running block has reached */
  readonly blockedActuator: number;
}

/**
 * Where a rule says what it sees. A cause is named by code and source; raising it again only renews its
 * detail, clearing an absent one does nothing. How bad it is and how it ends stands in the table of codes.
 */
export interface Report {
  raise(code: Code, source: string, detail: string): void;
  /** the condition has ended; a latched cause stays until a person clears it */
  clear(code: Code, source: string): void;
  isActive(code: Code, source: string): boolean;
}

/**
 * One rule: one file, one decision. It keeps its own bounded state, allocates nothing per sample while all
 * is well, reads no clock and never throws on what the world sends.
 */
export interface Rule {
  readonly name: string;
  /** codes that this rule may raise; the whole table is asserted against it */
  readonly codes: readonly Code[];
  /** indices of the channels whose samples and faults it wants; "all" for every channel */
  readonly listens: readonly number[] | "all";
  /** true: samples of doubtful origin are handed over too; the rule looks at `around.doubtful` */
  readonly takesDoubtful?: boolean;
  /** how far its readings are from its limits; the rule sets them in `measure` */
  readonly margins?: readonly Margin[];
  /**
   * Sets the margins for a sample of a channel that the rule listens to, after the decision was made. Only those
   * who draw or judge a run ask for it; it changes nothing that a decision looks at.
   */
  measure?(sample: Pick<Sample, "t" | "channel" | "values">, around: Surroundings): void;
  /** before the first event: what is missing until it is seen */
  onStart?(report: Report): void;
  /** a cause of this rule was latched when the last process ended */
  onRestore?(cause: LatchedCause, report: Report): void;
  onSample?(sample: Sample, around: Surroundings, report: Report): void;
  onFault?(fault: FaultEvent, around: Surroundings, report: Report): void;
  onTick?(t: Micros, around: Surroundings, report: Report): void;
  onHealth?(event: HealthEvent, around: Surroundings, report: Report): void;
  onActuator?(event: ActuatorEvent, around: Surroundings, report: Report): void;
}

/**
 * Decides whether a sample may be believed before any rule sees it. A "rejected" one is seen by none; a
 * "doubtful" one only by rules that take it. Both reach the rules as a fault of their channel.
 */
export interface Judge {
  readonly name: string;
  readonly codes: readonly Code[];
  readonly failing: "doubtful" | "rejected";
  /** null: nothing wrong */
  judge(sample: Sample, around: Surroundings): Code | null;
  /** words for a sample that failed; only then may anything be allocated */
  explain(sample: Sample, code: Code, around: Surroundings): string;
}
export interface JudgeFactory {
  readonly name: string;
  build(setting: RuleSetting): Judge;
}

/** Builds the rules of one file for a deployment: one per configured instance, none when not configured. */
export interface RuleFactory {
  readonly name: string;
  build(setting: RuleSetting): readonly Rule[];
}
