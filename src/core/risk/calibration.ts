import { expm1, sigmoid } from "../base/math.ts";

/** From V_s to the probability of risk in the domain's horizon. */
export type Calibration =
  | { readonly kind: "logistic"; readonly slope: number; readonly offset: number }
  /** straight lines through (energies[k], probabilities[k]), flat beyond both ends */
  | {
      readonly kind: "steps";
      readonly energies: readonly number[];
      readonly probabilities: readonly number[];
    }
  /** p = 1 - e^-V_s: for networks that were trained to give a probability */
  | { readonly kind: "exponential" };

export function probabilityOf(calibration: Calibration, energy: number): number {
  switch (calibration.kind) {
    case "logistic":
      return sigmoid(calibration.slope * energy + calibration.offset);
    case "exponential":
      return -expm1(-energy);
    case "steps":
      return alongSteps(calibration.energies, calibration.probabilities, energy);
  }
}
function alongSteps(x: readonly number[], y: readonly number[], at: number): number {
  if (!(at > (x[0] as number))) return y[0] as number;
  let k = 0;
  while (k + 1 < x.length && (x[k + 1] as number) <= at) k++;
  if (k + 1 >= x.length) return y[k] as number;
  const share = (at - (x[k] as number)) / ((x[k + 1] as number) - (x[k] as number));
  return (y[k] as number) + share * ((y[k + 1] as number) - (y[k] as number));
}

const NEWTON_STEPS = 100;
/** Keeps the slope finite where classes are separable. */
const RIDGE = 1e-3;

/** Platt's method by Newton's steps; targets are moved off 0 and 1 as he does, so that few rows cannot claim certainty. */
export function fitLogistic(energies: ArrayLike<number>, labels: ArrayLike<number>): Calibration {
  let risky = 0;
  for (let i = 0; i < labels.length; i++) risky += labels[i] as number;
  const high = (risky + 1) / (risky + 2);
  const low = 1 / (labels.length - risky + 2);
  let slope = 1;
  let offset = 0;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    let ga = RIDGE * slope;
    let gb = 0;
    let haa = RIDGE;
    let hab = 0;
    let hbb = 1e-9;
    for (let i = 0; i < energies.length; i++) {
      const x = energies[i] as number;
      const p = sigmoid(slope * x + offset);
      const error = p - (labels[i] === 1 ? high : low);
      const w = Math.max(1e-12, p * (1 - p));
      ga += error * x;
      gb += error;
      haa += w * x * x;
      hab += w * x;
      hbb += w;
    }
    const determinant = haa * hbb - hab * hab;
    if (!(determinant > 0)) break;
    const da = (hbb * ga - hab * gb) / determinant;
    const db = (haa * gb - hab * ga) / determinant;
    const damp = Math.min(1, 5 / Math.max(1e-12, Math.abs(da), Math.abs(db) / 4));
    slope = Math.max(0, slope - damp * da);
    offset -= damp * db;
    if (Math.abs(da) < 1e-10 && Math.abs(db) < 1e-10) break;
  }
  return { kind: "logistic", slope, offset };
}

const STEPS_MAX = 24;
/** Isotonic fit: pools neighbours until probabilities rise with V_s, then keeps a few corners. */
export function fitSteps(energies: ArrayLike<number>, labels: ArrayLike<number>): Calibration {
  const order = Int32Array.from({ length: energies.length }, (_, i) => i);
  order.sort((a, b) => (energies[a] as number) - (energies[b] as number) || a - b);
  const pools: { energy: number; sum: number; count: number }[] = [];
  const bucket = Math.max(1, Math.ceil(order.length / 400));
  for (let i = 0; i < order.length; i += bucket) {
    const part = order.subarray(i, Math.min(order.length, i + bucket));
    let energy = 0;
    let sum = 0;
    for (const at of part) {
      energy += energies[at] as number;
      sum += labels[at] as number;
    }
    pools.push({ energy, sum, count: part.length });
    for (let k = pools.length - 1; k > 0; k--) {
      const [a, b] = [pools[k - 1], pools[k]] as [(typeof pools)[number], (typeof pools)[number]];
      if (a.sum / a.count < b.sum / b.count && a.energy / a.count < b.energy / b.count) break;
      pools.splice(k - 1, 2, { energy: a.energy + b.energy, sum: a.sum + b.sum, count: a.count + b.count });
    }
  }
  while (pools.length > STEPS_MAX) mergeClosest(pools);
  return {
    kind: "steps",
    energies: pools.map((p) => p.energy / p.count),
    probabilities: pools.map((p) => p.sum / p.count),
  };
}
function mergeClosest(pools: { energy: number; sum: number; count: number }[]): void {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 1; k < pools.length; k++) {
    const [a, b] = [pools[k - 1], pools[k]] as [(typeof pools)[number], (typeof pools)[number]];
    const cost = ((b.sum / b.count - a.sum / a.count) * (a.count * b.count)) / (a.count + b.count);
    if (cost < least) {
      least = cost;
      best = k;
    }
  }
  const [a, b] = [pools[best - 1], pools[best]] as [(typeof pools)[number], (typeof pools)[number]];
  pools.splice(best - 1, 2, { energy: a.energy + b.energy, sum: a.sum + b.sum, count: a.count + b.count });
}
