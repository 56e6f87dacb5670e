/** A plan as rows of joint angles on an even grid of time. */
export interface PlanRows {
  readonly joints: number;
  readonly steps: number;
  readonly dtS: number;
  /** row k: joints at k · dtS */
  readonly q: ArrayLike<number>;
}

/** Corners are rounded over this long at most, however slowly the joints may speed up. */
const ROUND_MAX_S = 0.3;
/** and over this share of the plan: one that asks too much must stay one that asks too much */
const ROUND_MAX_SHARE = 1 / 8;
/** The grid begins and ends with places that repeat the ends, so that the motion is from rest to rest. */
const REPEATED = 2;

/**
 * The plan as a controller runs it: a cubic B-spline through the neighbourhood of its rows. Angle, speed and
 * acceleration have no jumps, no joint is faster than between the rows, and corners are rounded until no joint has
 * to speed up faster than it may. Begins and ends at rest on the plan's own ends.
 */
export class SmoothPath {
  readonly q: Float64Array;
  readonly qd: Float64Array;
  readonly qdd: Float64Array;
  readonly lengthS: number;
  readonly #joints: number;
  readonly #gapS: number;
  readonly #last: number;
  readonly #knots: Float64Array;

  constructor(plan: PlanRows, maxRadPerS2: readonly number[]) {
    const n = plan.joints;
    this.#joints = n;
    this.q = new Float64Array(n);
    this.qd = new Float64Array(n);
    this.qdd = new Float64Array(n);
    const plannedS = plan.dtS * (plan.steps - 1);
    this.#gapS = Math.max(
      plan.dtS,
      Math.min(ROUND_MAX_S, plannedS * ROUND_MAX_SHARE, roundingS(plan, maxRadPerS2)),
    );
    const inner = Math.ceil(plannedS / this.#gapS) + 1;
    this.#last = inner - 1 + 2 * REPEATED;
    this.#knots = new Float64Array(n * (this.#last + 1));
    for (let k = 0; k <= this.#last; k++) this.#place(plan, k, (k - REPEATED) * this.#gapS);
    // the first and the last stretch between repeated ends stand still
    this.lengthS = (this.#last - REPEATED) * this.#gapS;
    this.seek(0);
  }

  seek(t: number): void {
    const at = Math.max(0, Math.min(t / this.#gapS, this.#last - REPEATED));
    const k = Math.min(Math.floor(at), this.#last - REPEATED - 1);
    const u = at - k;
    const n = this.#joints;
    for (let j = 0; j < n; j++) {
      const a = this.#knots[k * n + j]!,
        b = this.#knots[(k + 1) * n + j]!,
        c = this.#knots[(k + 2) * n + j]!,
        d = this.#knots[Math.min(k + 3, this.#last) * n + j]!;
      const v = 1 - u;
      this.q[j] =
        (v * v * v * a +
          (3 * u * u * u - 6 * u * u + 4) * b +
          (3 * v * v * v - 6 * v * v + 4) * c +
          u * u * u * d) /
        6;
      this.qd[j] =
        (-v * v * a + (3 * u * u - 4 * u) * b - (3 * v * v - 4 * v) * c + u * u * d) / (2 * this.#gapS);
      this.qdd[j] = (v * (a - 2 * b + c) + u * (b - 2 * c + d)) / (this.#gapS * this.#gapS);
    }
  }

  #place({ q, steps, dtS }: PlanRows, k: number, t: number): void {
    const n = this.#joints;
    const at = Math.max(0, Math.min(t / dtS, steps - 1));
    const row = Math.min(Math.floor(at), steps - 2);
    const u = at - row;
    for (let j = 0; j < n; j++)
      this.#knots[k * n + j] = q[row * n + j]! * (1 - u) + q[(row + 1) * n + j]! * u;
  }
}

/** How long the sharpest corner must be rounded, starts and ends from rest included. */
function roundingS({ joints: n, steps, dtS, q }: PlanRows, maxRadPerS2: readonly number[]): number {
  let longest = 0;
  for (let j = 0; j < n; j++) {
    let before = 0;
    for (let k = 1; k <= steps; k++) {
      const rate = k === steps ? 0 : (q[k * n + j]! - q[(k - 1) * n + j]!) / dtS;
      longest = Math.max(longest, Math.abs(rate - before) / maxRadPerS2[j]!);
      before = rate;
    }
  }
  return longest;
}
