import type { EngineVersion } from "../src/core/physics/index.ts";
import type { Cause, ContactClass, Scenario } from "./scenario.ts";
import type { Truth } from "./truth.ts";

export const LABEL_FORMAT = "cellgate.sim.label/1";

/** What really happened in a recorded run: the last message of its bag and its row in the manifest. */
export interface Label {
  readonly format: typeof LABEL_FORMAT;
  readonly scenario: string;
  readonly family: string;
  readonly seed: number;
  readonly class: ContactClass;
  readonly expected: ContactClass | null;
  readonly causes: readonly Cause[];
  /** microseconds from the start of the bag, -1: never */
  readonly contact_onset_us: number;
  readonly nearest_m: number;
  readonly peak_force_n: number;
  readonly peak_force_us: number;
  readonly over_limit: boolean;
  /** from the moment a sensor could have seen the person within a metre to the contact, -1: no contact */
  readonly warning_us: number;
  readonly zone: string | null;
  readonly engine: string;
  readonly engine_version: string;
}

export function labelOf(scenario: Scenario, truth: Truth, { engine, version }: EngineVersion): Label {
  const { contactAtUs, warnedAtUs } = truth;
  return {
    format: LABEL_FORMAT,
    scenario: scenario.name,
    family: scenario.family,
    seed: scenario.seed,
    class: truth.class,
    expected: scenario.expected,
    causes: scenario.causes,
    contact_onset_us: contactAtUs,
    nearest_m: rounded(truth.nearestM, 1e6),
    peak_force_n: rounded(truth.peakForceN, 1e3),
    peak_force_us: truth.peakAtUs,
    over_limit: truth.overLimit,
    warning_us: contactAtUs < 0 || warnedAtUs < 0 ? -1 : contactAtUs - warnedAtUs,
    zone: truth.zone,
    engine,
    engine_version: version,
  };
}
/** digits beyond the model's meaning are dropped, so that a label reads well */
const rounded = (value: number, scale: number): number => Math.round(value * scale) / scale;

/** The class and every cause of the scenario were really seen. */
export function happened(label: Label): boolean {
  if (label.expected !== null && label.class !== label.expected) return false;
  return !label.causes.includes("zone") || label.zone !== null;
}
