import type { ArmPlan } from "./arm-path.ts";
import type { Triple } from "../src/core/physics/index.ts";
import type { PersonPlan } from "./person.ts";

/** How close it came: no contact and far, no contact and near, contact below the force limit, above it. */
export const CLASSES = ["miss", "near", "touch", "collide"] as const;
export type ContactClass = (typeof CLASSES)[number];
/** Nearer than this without contact is a near miss. */
export const NEAR_M = 0.5;

export const CAUSES = [
  "none",
  "person",
  "hand",
  "payload-dropped",
  "payload-slips",
  "clamped",
  "cable",
  "sensor-blinded",
  "sensor-frozen",
  "sensor-lost",
  "sensor-noisy",
  "late-stop",
  "emergency-stop",
  "zone",
] as const;
export type Cause = (typeof CAUSES)[number];

/** Channels of the simulated cell. */
export const SIM_CHANNELS = [
  "wrist_ft",
  "tool_prox",
  "base_scan",
  "joint_states",
  "estop",
  "cell_heartbeat",
] as const;
export type SimChannel = (typeof SIM_CHANNELS)[number];

/** What is wrong with a channel between two times. */
export type SensorFault = {
  readonly channel: SimChannel;
  readonly fromUs: number;
  readonly untilUs: number;
} & (
  | { readonly kind: "frozen" | "lost" | "blind" }
  /** noise times `factor` */
  | { readonly kind: "noisy"; readonly factor: number }
  /** an offset that grows from 0 to `offset` over the time */
  | { readonly kind: "drift"; readonly offset: number }
);

/** Pure data: a scenario can be written to a manifest, hashed and run again on any engine. */
export interface Scenario {
  readonly name: string;
  readonly family: string;
  readonly seed: number;
  /** 0: no end */
  readonly durationUs: number;
  /** null: whatever happens is right */
  readonly expected: ContactClass | null;
  readonly causes: readonly Cause[];
  readonly arm: ArmPlan;
  readonly person: PersonPlan;
  readonly payload: {
    readonly nominalKg: number;
    readonly actualKg: number;
    /** -1: never */
    readonly dropAtUs: number;
    readonly slipAtUs: number;
  };
  /** a cable that tightens: a spring from the tool point to `anchor` beyond `slackM` */
  readonly cable: {
    readonly anchor: Triple;
    readonly slackM: number;
    readonly stiffnessNPerM: number;
    readonly fromUs: number;
  } | null;
  readonly sensorFaults: readonly SensorFault[];
  /** pressed e-stops; `b` follows `a` after the discrepancy, -1: that channel never opens */
  readonly presses: readonly {
    readonly fromUs: number;
    readonly untilUs: number;
    readonly discrepancyUs: number;
  }[];
  /** perturbations of this run */
  readonly frictionFactor: number;
  readonly noiseFactor: number;
  readonly sensorLatencyUs: number;
  readonly actuatorLatencyUs: number;
  /** what the scripted operator does, relative to the start; repeated with the person's track */
  readonly operator: readonly { readonly atUs: number; readonly act: "reset" | "resume" }[];
  readonly repeatUs: number;
}
