import { expm1, exp, sigmoid, softplus, tanh } from "../base/math.ts";
import type { Evaluator } from "./additive.ts";
import type { FrameView, HeadFeature } from "./feature-list.ts";

export const ACTIVATIONS = ["identity", "relu", "tanh", "sigmoid", "softplus", "elu", "leaky_relu"] as const;
export type Activation = (typeof ACTIVATIONS)[number];
/** y = activation(W x + b); weights row by row, one row per output */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: readonly number[];
  readonly bias: readonly number[];
  readonly activation: Activation;
  /** slope left of zero, for elu and leaky_relu */
  readonly alpha: number;
}
/** A plain network trained elsewhere. Its last layer has one output that is never negative. */
export interface NetworkModel {
  readonly kind: "network";
  /** (x - mean) / scale goes in */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly layers: readonly Layer[];
  /** what a missing value counts as, and where contributions are measured from */
  readonly reference: readonly number[];
}

export function activate(kind: Activation, alpha: number, z: number): number {
  switch (kind) {
    case "identity":
      return z;
    case "relu":
      return z > 0 ? z : 0;
    case "tanh":
      return tanh(z);
    case "sigmoid":
      return sigmoid(z);
    case "softplus":
      return softplus(z);
    case "elu":
      return z > 0 ? z : alpha * expm1(z);
    case "leaky_relu":
      return z > 0 ? z : alpha * z;
  }
}
function slope(kind: Activation, alpha: number, z: number): number {
  switch (kind) {
    case "identity":
      return 1;
    case "relu":
      return z > 0 ? 1 : 0;
    case "tanh": {
      const t = tanh(z);
      return 1 - t * t;
    }
    case "sigmoid": {
      const s = sigmoid(z);
      return s * (1 - s);
    }
    case "softplus":
      return sigmoid(z);
    case "elu":
      return z > 0 ? 1 : alpha * exp(z);
    case "leaky_relu":
      return z > 0 ? 1 : alpha;
  }
}

interface Pass {
  readonly sums: Float64Array[];
  readonly outs: Float64Array[];
}
const passOf = (layers: readonly Layer[]): Pass => ({
  sums: layers.map((l) => new Float64Array(l.outputs)),
  outs: layers.map((l) => new Float64Array(l.outputs)),
});

/**
 * Contributions go back through the layers by the rescale rule: each unit passes on its difference from the
 * reference in the proportions in which it came in. With the reference's own value they sum to V_s.
 */
export function createNetworkEvaluator(model: NetworkModel, features: number, places: Int32Array): Evaluator {
  const layers = model.layers.map((l) => ({
    ...l,
    weights: Float64Array.from(l.weights),
    bias: Float64Array.from(l.bias),
  }));
  const widest = layers.reduce((most, l) => Math.max(most, l.inputs, l.outputs), features);
  const input = new Float64Array(features);
  const reference = Float64Array.from(
    model.reference,
    (x, i) => (x - (model.mean[i] as number)) / (model.scale[i] as number),
  );
  const now = passOf(model.layers);
  const base = passOf(model.layers);
  const contributions = new Float64Array(features + 1);
  const upper = new Float64Array(widest);
  const lower = new Float64Array(widest);
  const forward = (x: Float64Array, pass: Pass): number => {
    let from = x;
    for (let l = 0; l < layers.length; l++) {
      const layer = layers[l] as (typeof layers)[number];
      const sums = pass.sums[l] as Float64Array;
      const outs = pass.outs[l] as Float64Array;
      for (let o = 0; o < layer.outputs; o++) {
        let sum = layer.bias[o] as number;
        for (let i = 0; i < layer.inputs; i++)
          sum += (layer.weights[o * layer.inputs + i] as number) * (from[i] as number);
        sums[o] = sum;
        outs[o] = activate(layer.activation, layer.alpha, sum);
      }
      from = outs;
    }
    return from[0] as number;
  };
  const backward = (): void => {
    upper.fill(0);
    upper[0] = 1;
    for (let l = layers.length - 1; l >= 0; l--) {
      const layer = layers[l] as (typeof layers)[number];
      lower.fill(0);
      for (let o = 0; o < layer.outputs; o++) {
        const z = (now.sums[l] as Float64Array)[o] as number;
        const dz = z - ((base.sums[l] as Float64Array)[o] as number);
        const dy =
          ((now.outs[l] as Float64Array)[o] as number) - ((base.outs[l] as Float64Array)[o] as number);
        const gain =
          (Math.abs(dz) > 1e-9 ? dy / dz : slope(layer.activation, layer.alpha, z)) * (upper[o] as number);
        for (let i = 0; i < layer.inputs; i++)
          lower[i] = (lower[i] as number) + gain * (layer.weights[o * layer.inputs + i] as number);
      }
      upper.set(lower);
    }
  };
  const baseValue = forward(reference, base);
  return {
    contributions,
    evaluate(frame: FrameView) {
      for (let i = 0; i < features; i++) {
        const place = places[i] as number;
        const known = place >= 0 && frame.present[place] === 1;
        const x = known
          ? ((frame.values[place] as number) - (model.mean[i] as number)) / (model.scale[i] as number)
          : (reference[i] as number);
        if (!(Math.abs(x) < Number.POSITIVE_INFINITY)) return Number.NaN;
        input[i] = x;
      }
      const value = forward(input, now);
      backward();
      let rest = value;
      for (let i = 0; i < features; i++) {
        contributions[i] = (upper[i] as number) * ((input[i] as number) - (reference[i] as number));
        rest -= contributions[i] as number;
      }
      // equal to the reference's value but for rounding, which it takes up so that the sum is the value
      contributions[features] = rest;
      return value >= 0 && Math.abs(rest - baseValue) < 1e-6 + 1e-6 * Math.abs(value) ? value : Number.NaN;
    },
  };
}

/** Features whose declared direction the network may break somewhere: the sign of every path is bounded. */
export function unprovenDirections(model: NetworkModel, features: readonly HeadFeature[]): string[] {
  return features
    .filter((feature, i) => feature.direction !== 0 && !keepsDirection(model, i, feature.direction))
    .map((f) => f.name);
}
function keepsDirection(model: NetworkModel, input: number, direction: number): boolean {
  const first = model.layers[0];
  if (first === undefined) return false;
  // interval of d(unit)/d(input); every activation here rises with a slope in [0, its own bound]
  let low = new Float64Array(first.inputs);
  let high = new Float64Array(first.inputs);
  low[input] = high[input] = direction / (model.scale[input] ?? 1);
  for (const layer of model.layers) {
    const nextLow = new Float64Array(layer.outputs);
    const nextHigh = new Float64Array(layer.outputs);
    for (let o = 0; o < layer.outputs; o++) {
      let a = 0;
      let b = 0;
      for (let i = 0; i < layer.inputs; i++) {
        const w = layer.weights[o * layer.inputs + i] as number;
        a += Math.min(w * (low[i] as number), w * (high[i] as number));
        b += Math.max(w * (low[i] as number), w * (high[i] as number));
      }
      const steepest =
        layer.activation === "leaky_relu" || layer.activation === "elu" ? Math.max(1, layer.alpha) : 1;
      const least = layer.activation === "identity" ? 1 : 0;
      nextLow[o] = a < 0 ? a * steepest : a * least;
      nextHigh[o] = b > 0 ? b * steepest : b * least;
    }
    low = nextLow;
    high = nextHigh;
  }
  return (low[0] as number) >= 0;
}
