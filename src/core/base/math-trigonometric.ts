/** Trigonometric family; import through math.ts. */
import { SPLIT, pow2 } from "./math-exponential.ts";

export const PI = 3.141592653589793;
const HALF_PI = 1.5707963267948966;
const HALF_PI_LOW = 6.123233995736766e-17;
const QUARTER_PI = 0.7853981633974483;
const TWO_OVER_PI = 0.6366197723675814;
/** π/2 in four parts; the first three have 33 bits, so that their products with a turn count are exact */
const P1 = 1.5707963267341256;
const P2 = 6.077100506303966e-11;
const P3 = 2.0222662487111665e-21;
const P4 = 8.4784276603689e-32;
/** above this the turn count no longer fits beside 33 bits */
const MEDIUM = 1_647_099;
/** first 1280 binary digits of 2/π, enough for every double */
const TWO_OVER_PI_BITS = BigInt(
  "0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1deb1c" +
    "b129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d36" +
    "7ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6babf0cfbc209af4361d",
);
const FRACTION_BITS = 1280;

/** what is left of an angle after whole quarter turns, in two parts; an array, so that writing allocates nothing */
const REST = new Float64Array(2);
function keep(high: number, low: number): void {
  REST[0] = high;
  REST[1] = low;
}

/** Takes whole quarter turns from x; returns their number mod 4, leaves the remainder in REST. */
function quarterTurns(x: number): number {
  if (Math.abs(x) <= QUARTER_PI) {
    keep(x, 0);
    return 0;
  }
  if (Math.abs(x) > MEDIUM) return quarterTurnsHuge(x);
  const n = Math.round(x * TWO_OVER_PI);
  const a = x - n * P1;
  const b = n * P2;
  const h = a - b;
  const hb = h - a;
  const e = a - (h - hb) - (b + hb);
  const c = n * P3;
  const h2 = h - c;
  const hb2 = h2 - h;
  const e2 = h - (h2 - hb2) - (c + hb2);
  const low = e + e2 - n * P4;
  const left = h2 + low;
  keep(left, h2 - left + low);
  return n & 3;
}

/** The same for huge angles, exactly, in whole numbers. */
function quarterTurnsHuge(x: number): number {
  let exponent = 0;
  let m = Math.abs(x);
  while (m >= 18014398509481984) {
    m *= 0.5;
    exponent++;
  }
  while (Math.floor(m) !== m) {
    m *= 2;
    exponent--;
  }
  const shift = BigInt(FRACTION_BITS - exponent);
  const turned = BigInt(m) * TWO_OVER_PI_BITS;
  let n = Number((turned >> shift) & 3n);
  let fraction = turned & ((1n << shift) - 1n);
  if (fraction >> (shift - 1n) === 1n) {
    fraction -= 1n << shift;
    n++;
  }
  const drop = shift > 900n ? shift - 900n : 0n;
  fraction >>= drop;
  const unit = pow2(-Number(shift - drop));
  const high = Number(fraction);
  timesHalfPi(high * unit, Number(fraction - BigInt(high)) * unit);
  if (x > 0) return n & 3;
  keep(-(REST[0] as number), -(REST[1] as number));
  return -n & 3;
}

/** (a + aLow) · π/2 into REST. */
function timesHalfPi(a: number, aLow: number): void {
  const p = a * HALF_PI;
  const at = SPLIT * a;
  const ah = at - (at - a);
  const bt = SPLIT * HALF_PI;
  const bh = bt - (bt - HALF_PI);
  const lost = (a - ah) * (HALF_PI - bh) - (p - ah * bh - (a - ah) * bh - ah * (HALF_PI - bh));
  const low = lost + a * HALF_PI_LOW + aLow * HALF_PI;
  const left = p + low;
  keep(left, p - left + low);
}

/** sin(r + low), |r| <= π/4, by its Taylor series. */
function sinNear(r: number, low: number): number {
  const z = r * r;
  const p =
    -1 / 6 +
    z *
      (1 / 120 +
        z *
          (-1 / 5040 +
            z *
              (1 / 362880 +
                z *
                  (-1 / 39916800 + z * (1 / 6227020800 + z * (-1 / 1307674368000 + z / 355687428096000))))));
  return r + (r * z * p + low * (1 - 0.5 * z));
}
/** cos(r + low), |r| <= π/4, by its Taylor series. */
function cosNear(r: number, low: number): number {
  const z = r * r;
  const q =
    1 / 24 +
    z *
      (-1 / 720 +
        z *
          (1 / 40320 +
            z *
              (-1 / 3628800 +
                z *
                  (1 / 479001600 +
                    z * (-1 / 87178291200 + z * (1 / 20922789888000 - z / 6402373705728000))))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * z * q - r * low));
}

export function sin(x: number): number {
  if (x === 0) return x;
  if (!(Math.abs(x) < Number.POSITIVE_INFINITY)) return Number.NaN;
  const n = quarterTurns(x);
  const r = REST[0] as number;
  const low = REST[1] as number;
  const value = (n & 1) === 0 ? sinNear(r, low) : cosNear(r, low);
  return n < 2 ? value : -value;
}
export function cos(x: number): number {
  if (!(Math.abs(x) < Number.POSITIVE_INFINITY)) return Number.NaN;
  const n = quarterTurns(x);
  const r = REST[0] as number;
  const low = REST[1] as number;
  const value = (n & 1) === 0 ? cosNear(r, low) : sinNear(r, low);
  return n === 0 || n === 3 ? value : -value;
}
export function tan(x: number): number {
  if (x === 0) return x;
  if (!(Math.abs(x) < Number.POSITIVE_INFINITY)) return Number.NaN;
  const n = quarterTurns(x);
  const s = sinNear(REST[0] as number, REST[1] as number);
  const c = cosNear(REST[0] as number, REST[1] as number);
  return (n & 1) === 0 ? s / c : -c / s;
}

/** atan(k/16) in two parts, k = 0 … 16 */
const ATAN_HIGH = Float64Array.of(
  0,
  0.06241880999595735,
  0.12435499454676144,
  0.18534794999569476,
  0.24497866312686414,
  0.3028848683749714,
  0.35877067027057225,
  0.4124104415973873,
  0.4636476090008061,
  0.5123894603107377,
  0.5585993153435624,
  0.6022873461349642,
  0.6435011087932844,
  0.6823165548747481,
  0.7188299996216245,
  0.7531512809621944,
  0.7853981633974483,
);
const ATAN_LOW = Float64Array.of(
  0,
  -1.5490756308295046e-18,
  -3.1253241424539383e-18,
  4.180692268843079e-18,
  1.0698755618734451e-17,
  -1.1010827903001369e-17,
  -2.4623815582638635e-17,
  -1.587652227770689e-17,
  2.2698777452961687e-17,
  -2.5462781472855804e-17,
  -5.4556305485916264e-18,
  2.950430737228402e-17,
  1.5834785051444286e-17,
  6.943223671560008e-18,
  -2.1478388444456983e-17,
  -2.4256934659182068e-17,
  3.061616997868383e-17,
);

/** (atan(t) - t) for small t */
function atanTail(t: number): number {
  const z = t * t;
  return (
    -t *
    z *
    (1 / 3 -
      z *
        (1 / 5 -
          z *
            (1 / 7 -
              z *
                (1 / 9 - z * (1 / 11 - z * (1 / 13 - z * (1 / 15 - z * (1 / 17 - z * (1 / 19 - z / 21)))))))))
  );
}
/** atan of y/x for 0 <= y <= x, x > 0, in [0, π/4] */
function atanRatio(y: number, x: number): number {
  const q = y / x;
  if (q < 0.17) return q + atanTail(q);
  const k = Math.round(q * 16);
  const c = k / 16;
  const t = (y - c * x) / (x + c * y);
  return (ATAN_HIGH[k] as number) + (t + ((ATAN_LOW[k] as number) + atanTail(t)));
}
export function atan(x: number): number {
  if (x !== x || x === 0) return x;
  const a = Math.abs(x);
  const value = a <= 1 ? atanRatio(a, 1) : HALF_PI - (atanRatio(1, a) - HALF_PI_LOW);
  return x > 0 ? value : -value;
}
export function atan2(y: number, x: number): number {
  if (x !== x || y !== y) return Number.NaN;
  const left = x < 0 || Object.is(x, -0);
  const below = y < 0 || Object.is(y, -0);
  const value = atanQuadrant(Math.abs(y), Math.abs(x), left);
  return below ? -value : value;
}
function atanQuadrant(y: number, x: number, left: boolean): number {
  if (y === 0) return left ? PI : 0;
  let ay = y;
  let ax = x;
  if (ax === Number.POSITIVE_INFINITY) {
    ay = ay === Number.POSITIVE_INFINITY ? 1 : 0;
    ax = 1;
  } else if (ay > 1e290 || ax > 1e290) {
    ay *= 1e-30;
    ax *= 1e-30;
  } else if (ay < 1e-280 && ax < 1e-280) {
    ay *= 1e200;
    ax *= 1e200;
  }
  const low = 2 * HALF_PI_LOW;
  if (ay <= ax) return left ? PI - (atanRatio(ay, ax) - low) : atanRatio(ay, ax);
  const past = ay === Number.POSITIVE_INFINITY ? 0 : atanRatio(ax, ay);
  return left ? HALF_PI + (past + HALF_PI_LOW) : HALF_PI - (past - HALF_PI_LOW);
}
export function asin(x: number): number {
  if (!(x >= -1 && x <= 1)) return Number.NaN;
  return x === 0 ? x : atan2(x, Math.sqrt((1 - x) * (1 + x)));
}
export function acos(x: number): number {
  if (!(x >= -1 && x <= 1)) return Number.NaN;
  return x === 1 ? 0 : 2 * atan2(Math.sqrt(1 - x), Math.sqrt(1 + x));
}

/** length of (x, y) without overflow */
export const hypot = (x: number, y: number): number => hypot3(x, y, 0);
/** length of (x, y, z) without overflow */
export function hypot3(x: number, y: number, z: number): number {
  const direct = x * x + y * y + z * z;
  if (direct > 1e-280 && direct < 1e300) return Math.sqrt(direct);
  const largest = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
  if (largest === 0 || !(largest < Number.POSITIVE_INFINITY)) return largest;
  const a = x / largest;
  const b = y / largest;
  const c = z / largest;
  return largest * Math.sqrt(a * a + b * b + c * c);
}
