import type { ActuatorEvent, ChannelConfig, Code, Deployment, FaultEvent, HealthEvent, Micros, Sample } from "../domain/index.ts";
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

/** What a rule may look at besides the event. */
export interface Surroundings {
  readonly motion: Motion;
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
  onSample?(sample: Sample, around: Surroundings, report: Report): void;
  onFault?(fault: FaultEvent, around: Surroundings, report: Report): void;
  onTick?(t: Micros, around: Surroundings, report: Report): void;
  onHealth?(event: HealthEvent, around: Surroundings, report: Report): void;
  onActuator?(event: ActuatorEvent, around: Surroundings, report: Report): void;
}

/** Builds the rules of one file for a deployment: one per configured instance, none when not configured. */
export interface RuleFactory {
  readonly name: string;
  build(setting: RuleSetting): readonly Rule[];
}
