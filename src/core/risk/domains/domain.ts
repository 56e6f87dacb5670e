import type { Code } from "../../domain/index.ts";

/** Something that a head should have seen coming. */
export interface RiskEvent {
  /** as recordings and tables of labels call it */
  readonly name: string;
  readonly meaning: string;
  /** codes by which a running cell and its recordings tell of it; left out: labels alone do */
  readonly codes?: readonly Code[];
}
/**
 * A field of risk: what counts as an event, which features speak of it, how early a head shall warn, and on
 * which battery it is judged. Training, calibration and evaluation know nothing else of it.
 */
export interface RiskDomain {
  readonly name: string;
  readonly summary: string;
  /** events that a head of this domain announces */
  readonly events: readonly RiskEvent[];
  /** what people who run such a cell want counted, by the codes that count */
  readonly metrics?: readonly RiskEvent[];
  /** groups of features that a head may use, in the words of the feature registry; null: every column of a table */
  readonly groups: readonly string[] | null;
  /** features of those groups that a head may not use all the same, and why */
  readonly without: readonly { readonly name: string; readonly because: string }[];
  /** a frame is risky from this long before an event on */
  readonly horizonMs: number;
  /** a warning must come at least this long before it */
  readonly leadMs: number;
  /** share of events that may go unannounced when the alarm threshold is set */
  readonly missRate: number;
  /** folder of its battery under sim/batteries, null: it brings its own data */
  readonly battery: string | null;
}
