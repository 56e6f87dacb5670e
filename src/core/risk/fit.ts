import { exp, log1p, sigmoid } from "../base/math.ts";
import { createPrng, type Prng } from "../base/prng.ts";
import type { AdditiveSetting, TrainingProgress } from "./additive-setting.ts";
import { type Block, cumulate, project, roughness } from "./blocks.ts";
import { Layout } from "./layout.ts";
import { type FrameTable, positives } from "./table.ts";

/** One descent: the steps of all blocks on some rows, watched on others. */
export class Fit {
  readonly table: FrameTable;
  readonly heldOut: FrameTable;
  readonly blocks: readonly Block[];
  readonly setting: AdditiveSetting;
  readonly layout: Layout;
  readonly heldLayout: Layout;
  readonly offsets: readonly number[];
  readonly steps: Float64Array;
  readonly heights: Float64Array;
  readonly gradient: Float64Array;
  readonly m: Float64Array;
  readonly s: Float64Array;
  readonly weights: Float64Array;
  readonly heldWeights: Float64Array;
  readonly bestSteps: Float64Array;
  bias: number;
  bestBias: number;
  bestLoss = Number.POSITIVE_INFINITY;
  biasM = 0;
  biasS = 0;
  updates = 0;
  epochs = 0;

  readonly bag: number;

  constructor(
    table: FrameTable,
    heldOut: FrameTable,
    blocks: readonly Block[],
    setting: AdditiveSetting,
    bag: number,
    from?: Fit,
  ) {
    this.bag = bag;
    this.table = table;
    this.heldOut = heldOut;
    this.blocks = blocks;
    this.setting = setting;
    this.layout = new Layout(table, blocks);
    this.heldLayout = table === heldOut ? this.layout : new Layout(heldOut, blocks);
    let size = 0;
    this.offsets = blocks.map((block) => (size += block.size) - block.size);
    const zeros = (): Float64Array => new Float64Array(size);
    this.steps = zeros();
    this.heights = zeros();
    this.gradient = zeros();
    this.m = zeros();
    this.s = zeros();
    this.bestSteps = zeros();
    this.weights = classWeights(table, setting.balance);
    this.heldWeights = table === heldOut ? this.weights : classWeights(heldOut, setting.balance);
    if (from !== undefined) this.steps.set(from.bestSteps);
    this.bias = from?.bestBias ?? 0;
    this.bestBias = this.bias;
  }

  *run(phase: "shapes" | "pairs"): Generator<TrainingProgress, void> {
    const { setting } = this;
    const prng = createPrng(setting.seed).split(phase).split(this.bag);
    let waited = 0;
    for (let epoch = 1; epoch <= setting.epochs && waited < setting.patience; epoch++) {
      const trainLoss = this.#epoch(prng.split(epoch));
      const heldOutLoss = this.#loss(this.heldOut, this.heldLayout, this.heldWeights);
      waited++;
      if (heldOutLoss < this.bestLoss * (1 - 1e-4)) waited = 0;
      if (heldOutLoss < this.bestLoss) {
        this.bestLoss = heldOutLoss;
        this.bestSteps.set(this.steps);
        this.bestBias = this.bias;
      }
      this.epochs = epoch;
      yield {
        bag: this.bag,
        bags: setting.bags,
        epoch,
        epochs: setting.epochs,
        phase,
        trainLoss,
        heldOutLoss,
      };
    }
  }

  #epoch(prng: Prng): number {
    const { rows } = this.table;
    const order = shuffled(rows, prng);
    let loss = 0;
    for (let from = 0; from < rows; from += this.setting.batch)
      loss += this.#batch(order.subarray(from, Math.min(rows, from + this.setting.batch)));
    return loss / rows;
  }
  #batch(rows: Int32Array): number {
    this.#raise();
    this.gradient.fill(0);
    let biasGradient = 0;
    let loss = 0;
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r] as number;
      const z = this.bias + this.layout.score(row, this.heights);
      const y = this.table.labels[row] as number;
      const weight = this.weights[row] as number;
      const error = (weight * (sigmoid(z) - y)) / rows.length;
      loss += weight * lossOf(z, y);
      biasGradient += error;
      this.layout.scatter(row, error, this.gradient);
    }
    this.#lower();
    this.#update(biasGradient);
    return loss;
  }
  /** heights ← steps, summed along every side with a direction */
  #raise(): void {
    this.heights.set(this.steps);
    this.blocks.forEach((block, b) => cumulate(this.heights, this.offsets[b] as number, block, false));
  }
  /** gradient by heights → gradient by steps, and what the penalties pull */
  #lower(): void {
    this.blocks.forEach((block, b) => {
      const offset = this.offsets[b] as number;
      cumulate(this.gradient, offset, block, true);
      roughness(this.gradient, this.steps, offset, block, this.setting);
    });
  }
  /** Adam, then back into the cone of allowed steps. */
  #update(biasGradient: number): void {
    const { stepSize } = this.setting;
    this.updates++;
    const c1 = 1 - power(0.9, this.updates);
    const c2 = 1 - power(0.999, this.updates);
    for (let i = 0; i < this.steps.length; i++) {
      const g = this.gradient[i] as number;
      const m = (this.m[i] = 0.9 * (this.m[i] as number) + 0.1 * g);
      const s = (this.s[i] = 0.999 * (this.s[i] as number) + 0.001 * g * g);
      this.steps[i] = (this.steps[i] as number) - (stepSize * (m / c1)) / (Math.sqrt(s / c2) + 1e-8);
    }
    this.biasM = 0.9 * this.biasM + 0.1 * biasGradient;
    this.biasS = 0.999 * this.biasS + 0.001 * biasGradient * biasGradient;
    this.bias -= (stepSize * (this.biasM / c1)) / (Math.sqrt(this.biasS / c2) + 1e-8);
    this.blocks.forEach((block, b) => project(this.steps, this.offsets[b] as number, block));
  }
  #loss(table: FrameTable, layout: Layout, weights: Float64Array): number {
    this.#raise();
    let loss = 0;
    for (let row = 0; row < table.rows; row++)
      loss +=
        (weights[row] as number) *
        lossOf(this.bias + layout.score(row, this.heights), table.labels[row] as number);
    return loss / table.rows;
  }
  /** label minus probability of each fitted row, with its weight */
  residuals(): Float64Array {
    this.steps.set(this.bestSteps);
    this.bias = this.bestBias;
    this.#raise();
    return Float64Array.from({ length: this.table.rows }, (_, row) => {
      const p = sigmoid(this.bias + this.layout.score(row, this.heights));
      return (this.weights[row] as number) * ((this.table.labels[row] as number) - p);
    });
  }
}

const lossOf = (z: number, y: number): number =>
  z > 0 ? (1 - y) * z + log1p(exp(-z)) : -y * z + log1p(exp(z));
function power(base: number, exponent: number): number {
  let result = 1;
  let factor = base;
  for (let e = exponent; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}
function shuffled(n: number, prng: Prng): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(prng.nextFloat() * (i + 1));
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
}
/** Weights with mean 1; `balance` goes from the classes' own numbers to equal sums. */
function classWeights(table: FrameTable, balance: number): Float64Array {
  const risky = positives(table);
  const share = risky / table.rows;
  const wanted = share * (1 - balance) + 0.5 * balance;
  const up = wanted / share;
  const down = (1 - wanted) / (1 - share);
  return Float64Array.from(table.labels, (label) => (label === 1 ? up : down));
}
