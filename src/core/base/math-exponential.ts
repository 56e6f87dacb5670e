/** Exponential family; import through math.ts. */
const INV_LN2 = 1.4426950408889634;
/** ln 2 in two parts; the first has 32 bits, so that its product with an exponent is exact */
const LN2_HI = 0.6931471803691238;
const LN2_LO = 1.9082149292705877e-10;
const SQRT2 = 1.4142135623730951;
const EXP_OVERFLOW = 709.782712893384;
const EXP_UNDERFLOW = -745.1332191019412;
/** Veltkamp's constant: splits a double into two halves whose products are exact */
export const SPLIT = 134217729;

const POW2_MIN = -1074;
const POW2_MAX = 1023;
const POW2 = new Float64Array(POW2_MAX - POW2_MIN + 1);
for (let k = 0, up = 1; k <= POW2_MAX; k++, up *= 2) POW2[k - POW2_MIN] = up;
for (let k = -1, down = 0.5; k >= POW2_MIN; k--, down /= 2) POW2[k - POW2_MIN] = down;
/** 2^k for -1074 <= k <= 1023, exact */
export const pow2 = (k: number): number => POW2[k - POW2_MIN] as number;

const BITS = new Float64Array(1);
const WORDS = new Uint32Array(BITS.buffer);
BITS[0] = 1;
const HIGH = WORDS[1] === 0x3ff00000 ? 1 : 0;

/** Exponent of a positive normal number. */
function exponentOf(x: number): number {
  BITS[0] = x;
  return ((WORDS[HIGH] as number) >>> 20) - 1023;
}

/** y · 2^k without an intermediate overflow, rounded once. */
function scale(y: number, k: number): number {
  if (k > POW2_MAX) return y * 2 * pow2(k - 1);
  if (k < POW2_MIN) return y * 0.5 * pow2(k + 1);
  return y * pow2(k);
}

/** (e^r - 1 - r) / r² for |r| <= 0.35 by its Taylor series. */
function expTail(r: number): number {
  return (
    1 / 2 +
    r *
      (1 / 6 +
        r *
          (1 / 24 +
            r *
              (1 / 120 +
                r *
                  (1 / 720 +
                    r *
                      (1 / 5040 +
                        r *
                          (1 / 40320 +
                            r *
                              (1 / 362880 +
                                r *
                                  (1 / 3628800 +
                                    r *
                                      (1 / 39916800 +
                                        r * (1 / 479001600 + r * (1 / 6227020800 + r / 87178291200)))))))))))
  );
}

/** e^(x + low), low far below x. */
function expSum(x: number, low: number): number {
  if (x !== x) return x;
  if (x > EXP_OVERFLOW) return Number.POSITIVE_INFINITY;
  if (x < EXP_UNDERFLOW - 1) return 0;
  const k = Math.round(x * INV_LN2);
  const high = x - k * LN2_HI;
  const minus = k * LN2_LO;
  const r = high - minus;
  const c = high - r - minus + low;
  const tail = r * r * expTail(r);
  return scale(1 + (r + (tail + c + c * (r + tail))), k);
}
export const exp = (x: number): number => expSum(x, 0);

export function expm1(x: number): number {
  if (x !== x || x === 0) return x;
  if (x < -40) return -1;
  if (x > EXP_OVERFLOW) return Number.POSITIVE_INFINITY;
  const k = x > -0.35 && x < 0.35 ? 0 : Math.round(x * INV_LN2);
  const high = x - k * LN2_HI;
  const minus = k * LN2_LO;
  const r = high - minus;
  const c = high - r - minus;
  const part = r + (c + c * r + r * r * expTail(r));
  if (k === 0) return part;
  if (k > 60) return scale(1 + part, k);
  return k < 0 ? pow2(k) - 1 + pow2(k) * part : pow2(k) * (part + (1 - pow2(-k)));
}

/** Σ 2/(2i+1) · z^i for i >= 2: the logarithm's series in z = s² without its first term. */
function logRest(z: number): number {
  return (
    z *
    z *
    (2 / 5 +
      z *
        (2 / 7 +
          z *
            (2 / 9 +
              z *
                (2 / 11 +
                  z *
                    (2 / 13 +
                      z *
                        (2 / 15 +
                          z * (2 / 17 + z * (2 / 19 + z * (2 / 21 + z * (2 / 23 + (z * 2) / 25))))))))))
  );
}

/** ln(2^k · (1 + f) ) + low */
function logOf(f: number, k: number, low: number): number {
  const s = f / (2 + f);
  const half = 0.5 * f * f;
  const z = s * s;
  const r = s * (half + (z * (2 / 3) + logRest(z))) + (k * LN2_LO + low);
  return k * LN2_HI - (half - r - f);
}

export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  return logSplit(x, 0);
}
function logSplit(x: number, relativeLow: number): number {
  const lift = x < 2.2250738585072014e-308 ? 54 : 0;
  const y = lift === 0 ? x : x * 18014398509481984;
  let k = exponentOf(y);
  let m = y * pow2(-k);
  if (m > SQRT2) {
    m *= 0.5;
    k++;
  }
  return logOf(m - 1, k - lift, relativeLow);
}

export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY || x === 0) return x;
  if (x > -0.29 && x < 0.41) return logOf(x, 0, 0);
  const u = 1 + x;
  const lost = x >= 1 ? 1 - (u - x) : x - (u - 1);
  return logSplit(u, lost / u);
}

export function tanh(x: number): number {
  if (x !== x || x === 0) return x;
  const a = Math.abs(x);
  if (a > 22) return x > 0 ? 1 : -1;
  const e = expm1(2 * a);
  const t = a >= 0.55 ? 1 - 2 / (e + 2) : e / (e + 2);
  return x > 0 ? t : -t;
}

/** 1 / (1 + e^-x) */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/** ln(1 + e^x) */
export function softplus(x: number): number {
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

// --- pow: the logarithm is carried in two doubles, or the product with y would magnify its error ---
let low = 0;
/** Exact product: returns the rounded value, leaves the rest in `low`. */
function product(a: number, b: number): number {
  const p = a * b;
  const at = SPLIT * a;
  const ah = at - (at - a);
  const bt = SPLIT * b;
  const bh = bt - (bt - b);
  low = (a - ah) * (b - bh) - (p - ah * bh - (a - ah) * bh - ah * (b - bh));
  return p;
}
/** Exact sum: returns the rounded value, leaves the rest in `low`. */
function sum(a: number, b: number): number {
  const s = a + b;
  const bb = s - a;
  low = a - (s - bb) + (b - bb);
  return s;
}

/** ln x for x > 0 in two doubles: returns the first, leaves the second in `low`. */
function logWide(x: number): number {
  const lift = x < 2.2250738585072014e-308 ? 54 : 0;
  const y = lift === 0 ? x : x * 18014398509481984;
  let k = exponentOf(y);
  let m = y * pow2(-k);
  if (m > SQRT2) {
    m *= 0.5;
    k++;
  }
  k -= lift;
  const f = m - 1;
  const t = sum(2, f);
  const tLow = low;
  const s = f / t;
  const back = product(s, t);
  const sLow = (f - back - low - s * tLow) / t;
  const z = product(s, s);
  const zLow = low + 2 * s * sLow;
  const third = product(z, 1 / 3);
  const thirdLow = low + zLow / 3 + z * 1.850371707708594e-17;
  const w = sum(third, logRest(z) / 2);
  const wLow = low + thirdLow;
  const sw = product(2 * s, w);
  const swLow = low + 2 * s * wLow + 2 * sLow * w;
  const head = sum(2 * s, sw);
  const headLow = low + 2 * sLow + swLow;
  const all = sum(k * LN2_HI, head);
  const rest = low + headLow + k * LN2_LO;
  const result = all + rest;
  low = all - result + rest;
  return result;
}

export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (x !== x || y !== y) return Number.NaN;
  const odd = Math.abs(y) < 9007199254740992 && Math.abs(y % 2) === 1;
  const whole = Math.floor(y) === y;
  const ax = Math.abs(x);
  if (ax === 0 || ax === Number.POSITIVE_INFINITY || Math.abs(y) > 1e21) return powAtEdge(x, y, odd);
  if (x < 0 && !whole) return Number.NaN;
  const value = ax === 1 ? 1 : powPositive(ax, y);
  return x < 0 && odd ? -value : value;
}
function powPositive(x: number, y: number): number {
  const high = logWide(x);
  const rest = low;
  const guess = y * high;
  if (guess > EXP_OVERFLOW) return Number.POSITIVE_INFINITY;
  if (guess < EXP_UNDERFLOW - 1) return 0;
  const p = product(y, high);
  return expSum(p, low + y * rest);
}
function powAtEdge(x: number, y: number, odd: boolean): number {
  const ax = Math.abs(x);
  if (ax === 1) return Math.abs(y) === Number.POSITIVE_INFINITY ? Number.NaN : 1;
  const grows = ax > 1 === y > 0;
  const value = grows ? Number.POSITIVE_INFINITY : 0;
  return odd && (x < 0 || Object.is(x, -0)) ? -value : value;
}
