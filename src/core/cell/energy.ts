import type { Code, FaultEvent, Micros, Proposal, Sample } from "../domain/index.ts";

/** V_s with an action in it, and what it is made of. */
export interface ActionEnergy {
  /** null: it cannot be trusted */
  readonly value: number | null;
  readonly contributions: Readonly<Record<string, number>>;
}

/** The learned risk energy as the cell uses it: fed with every sample, asked at every tick. */
export interface EnergyModel {
  /** hash of the head; part of every judgement's receipt */
  readonly modelHash: string;
  /** above this the energy counts as an alarm */
  readonly threshold: number;
  sample(sample: Sample): void;
  fault(event: FaultEvent): void;
  /** V_s ≥ 0 now, or null when it cannot be trusted */
  evaluate(t: Micros): number | null;
  /** V_s of the last state with this action in it; a model that knows states alone leaves it out */
  ofAction?(proposal: Proposal): ActionEnergy;
  /** per-feature shares of the last value; they sum to it */
  contributions(): Readonly<Record<string, number>>;
  /** what the last value was made from: features that were present then */
  features?(): Readonly<Record<string, number>>;
  /** what the node learned about itself, a rollback of the head among it */
  health?(code: Code): void;
  /** something happened in the cell; the model knows by the code whether it should have announced it */
  event?(t: Micros, code: string): void;
}
/** Where a model says that something is wrong with itself, or that its energy is an alarm. */
export type EnergyReport = (code: Code, active: boolean, detail: string) => void;

/** Without a head there is no energy, and what needs one is RED. */
export const NO_ENERGY: EnergyModel = {
  modelHash: "none",
  threshold: Number.MAX_VALUE,
  sample: () => {},
  fault: () => {},
  evaluate: () => null,
  contributions: () => ({}),
};
