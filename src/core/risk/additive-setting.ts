export interface AdditiveSetting {
  readonly seed: number;
  /** knots of a shape, of each side of a pair */
  readonly knots: number;
  readonly pairKnots: number;
  readonly pairs: number;
  /** descents on different held-out groups whose mean is the model: as many, as steady */
  readonly bags: number;
  readonly epochs: number;
  /** epochs without progress on the held-out groups before a descent ends */
  readonly patience: number;
  readonly stepSize: number;
  /** pulls steps to zero; larger: fewer features, smaller energies */
  readonly shrink: number;
  /** pulls neighbouring values of shapes without a direction together */
  readonly smooth: number;
  /** 0: every row counts the same; 1: both classes count the same in sum */
  readonly balance: number;
  readonly batch: number;
}
export const ADDITIVE_DEFAULTS: AdditiveSetting = {
  seed: 1,
  knots: 16,
  pairKnots: 6,
  pairs: 8,
  bags: 4,
  epochs: 200,
  patience: 30,
  stepSize: 0.02,
  shrink: 1e-4,
  smooth: 1e-3,
  balance: 0,
  batch: 2_048,
};

/** What an epoch of training tells. */
export interface TrainingProgress {
  readonly phase: "shapes" | "pairs";
  readonly bag: number;
  readonly bags: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly trainLoss: number;
  readonly heldOutLoss: number;
}
