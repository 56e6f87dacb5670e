import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as math from "../../../src/core/base/math.ts";

const VIEW = new DataView(new ArrayBuffer(8));
function ordinal(x: number): bigint {
  VIEW.setFloat64(0, x);
  const bits = VIEW.getBigInt64(0);
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
}
/** distance in units of the last place */
function ulps(a: number, b: number): number {
  if (Object.is(a, b) || (a !== a && b !== b)) return 0;
  if (a !== a || b !== b) return Number.POSITIVE_INFINITY;
  const d = ordinal(a) - ordinal(b);
  return Number(d < 0n ? -d : d);
}

const span = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const SEED = { seed: 20_240_711, numRuns: 4_000 } as const;
const EDGES = [0, -0, 1, -1, 0.5, -0.5, 2, -2, 5e-324, 1e300, -1e300, Infinity, -Infinity, NaN];

type Unary = (x: number) => number;
const UNARY: readonly (readonly [string, Unary, Unary, readonly (readonly [number, number])[], number])[] = [
  [
    "exp",
    math.exp,
    Math.exp,
    [
      [-745, 709],
      [-1, 1],
      [-1e-9, 1e-9],
    ],
    2,
  ],
  [
    "expm1",
    math.expm1,
    Math.expm1,
    [
      [-40, 709],
      [-2, 2],
      [-1e-9, 1e-9],
    ],
    2,
  ],
  [
    "log",
    math.log,
    Math.log,
    [
      [0, 1e308],
      [0, 1e-300],
      [0.4, 2.5],
    ],
    2,
  ],
  [
    "log1p",
    math.log1p,
    Math.log1p,
    [
      [-1, 3],
      [-1e-9, 1e-9],
      [0, 1e308],
    ],
    2,
  ],
  [
    "sin",
    math.sin,
    Math.sin,
    [
      [-7, 7],
      [-1e7, 1e7],
      [-1e308, 1e308],
    ],
    2,
  ],
  [
    "cos",
    math.cos,
    Math.cos,
    [
      [-7, 7],
      [-1e7, 1e7],
      [-1e308, 1e308],
    ],
    2,
  ],
  [
    "tan",
    math.tan,
    Math.tan,
    [
      [-7, 7],
      [-1e7, 1e7],
    ],
    3,
  ],
  // the platform's own tanh is up to two units off here, hence the wider bound
  [
    "tanh",
    math.tanh,
    Math.tanh,
    [
      [-22, 22],
      [-0.5, 0.5],
    ],
    4,
  ],
  [
    "atan",
    math.atan,
    Math.atan,
    [
      [-3, 3],
      [-1e300, 1e300],
    ],
    2,
  ],
  [
    "asin",
    math.asin,
    Math.asin,
    [
      [-1, 1],
      [-0.01, 0.01],
    ],
    3,
  ],
  [
    "acos",
    math.acos,
    Math.acos,
    [
      [-1, 1],
      [0.999, 1],
    ],
    3,
  ],
];

describe("base/math against the platform", () => {
  for (const [name, ours, theirs, ranges, bound] of UNARY) {
    it(`${name} stays within ${bound} units of the last place`, () => {
      for (const [min, max] of ranges)
        fc.assert(
          fc.property(span(min, max), (x) => ulps(ours(x), theirs(x)) <= bound),
          SEED,
        );
      for (const x of EDGES) expect(ulps(ours(x), theirs(x)), `${name}(${x})`).toBeLessThanOrEqual(bound);
    });
  }
  it("pow stays within 2 units, also where the exponent magnifies errors", () => {
    const near = (a: number, b: number, c: number, d: number) =>
      fc.assert(
        fc.property(span(a, b), span(c, d), (x, y) => ulps(math.pow(x, y), Math.pow(x, y)) <= 2),
        SEED,
      );
    near(0.1, 10, -300, 300);
    near(1e-5, 1e5, -60, 60);
    near(0.9, 1.1, -6000, 6000);
    for (const x of EDGES)
      for (const y of [...EDGES, 3, -3, 1e22])
        expect(ulps(math.pow(x, y), Math.pow(x, y)), `${x}^${y}`).toBeLessThanOrEqual(1);
    expect(math.pow(2, 10)).toBe(1024);
    expect(math.pow(10, -2)).toBe(0.01);
  });
  it("atan2 and hypot agree in every quadrant", () => {
    fc.assert(
      fc.property(span(-9, 9), span(-9, 9), (y, x) => ulps(math.atan2(y, x), Math.atan2(y, x)) <= 2),
      SEED,
    );
    fc.assert(
      fc.property(span(-1e300, 1e300), span(-1, 1), (y, x) => ulps(math.hypot(y, x), Math.hypot(y, x)) <= 2),
      SEED,
    );
    for (const y of EDGES)
      for (const x of EDGES)
        expect(ulps(math.atan2(y, x), Math.atan2(y, x)), `${y},${x}`).toBeLessThanOrEqual(1);
    expect(math.hypot3(2, 3, 6)).toBe(7);
    expect(math.hypot3(0, -3e200, 4e200)).toBeCloseTo(5e200, -190);
  });
});

/** reference values to twenty digits from an arbitrary-precision library */
const REFERENCE: readonly (readonly [Unary, number, number, number])[] = [
  [math.lgamma, 0.1, 2.252712651734206, 4e-16],
  [math.lgamma, 0.5, 0.5723649429247001, 2e-15],
  [math.lgamma, 1.5, -0.12078223763524522, 2e-14],
  [math.lgamma, 3.7, 1.4280723266653881, 4e-15],
  [math.lgamma, 10, 12.80182748008147, 1e-15],
  [math.lgamma, 100.5, 361.4355404677776, 1e-15],
  [math.lgamma, 1e6, 12815504.569147611, 1e-15],
  [math.erf, 1e-8, 1.1283791670955126e-8, 4e-16],
  [math.erf, 0.1, 0.1124629160182849, 6e-16],
  [math.erf, 0.5, 0.5204998778130465, 6e-16],
  [math.erf, 2, 0.9953222650189527, 6e-16],
  [math.erf, 3, 0.9999779095030014, 3e-16],
  [math.erfc, 0.5, 0.4795001221869535, 6e-16],
  [math.erfc, 1, 0.15729920705028513, 2e-15],
  [math.erfc, 2, 0.004677734981047266, 2e-15],
  [math.erfc, 5, 1.5374597944280349e-12, 2e-15],
  [math.erfc, 20, 5.395865611607901e-176, 2e-15],
  [math.erfc, 26, 5.663192408856143e-296, 4e-15],
  [math.normalCdf, -8, 6.220960574271784e-16, 1e-14],
  [math.normalCdf, -1.96, 0.024997895148220435, 1e-15],
  [math.normalCdf, 0.5, 0.6914624612740131, 1e-15],
  [math.normalCdf, 4, 0.9999683287581669, 3e-16],
  [math.normalQuantile, 1e-12, -7.034483825301132, 1e-14],
  [math.normalQuantile, 1e-4, -3.7190164854556806, 1e-14],
  [math.normalQuantile, 0.3, -0.5244005127080407, 4e-15],
  [math.normalQuantile, 0.975, 1.9599639845400538, 4e-15],
];

describe("base/math special functions", () => {
  it("meet values of an arbitrary-precision library", () => {
    for (const [f, x, want, tolerance] of REFERENCE)
      expect(Math.abs(f(x) - want) / Math.abs(want), `${f.name}(${x})`).toBeLessThanOrEqual(tolerance);
  });
  it("sigmoid and softplus are finite, monotone and consistent at both ends", () => {
    expect(math.sigmoid(-800)).toBe(0);
    expect(math.sigmoid(800)).toBe(1);
    expect(math.sigmoid(0)).toBe(0.5);
    expect(math.softplus(-800)).toBe(0);
    expect(math.softplus(800)).toBe(800);
    expect(math.softplus(0)).toBeCloseTo(Math.LN2, 15);
    for (let x = -40; x < 40; x += 0.37) expect(math.softplus(x + 0.37)).toBeGreaterThan(math.softplus(x));
  });
  it("refuses arguments outside the domain with NaN", () => {
    for (const value of [
      math.log(-1),
      math.lgamma(-1),
      math.asin(1.1),
      math.acos(-1.1),
      math.normalQuantile(1.5),
      math.pow(-2, 0.5),
    ])
      expect(value).toBeNaN();
  });
});

describe("base/math bits", () => {
  it("gives the same bits on every machine: this hash was taken on x64 and must hold on ARM", () => {
    let hash = 0xcbf29ce484222325n;
    const add = (x: number): void => {
      VIEW.setFloat64(0, x);
      hash = BigInt.asUintN(64, (hash ^ VIEW.getBigUint64(0)) * 0x100000001b3n);
    };
    for (let i = 1; i < 3_000; i++) {
      const x = (i * 0.618033988749895) % 1;
      const y = (x - 0.5) * 60;
      for (const f of [
        math.exp,
        math.expm1,
        math.sin,
        math.cos,
        math.tan,
        math.tanh,
        math.atan,
        math.sigmoid,
        math.softplus,
        math.erf,
      ])
        add(f(y));
      for (const f of [math.log, math.log1p, math.asin, math.acos, math.lgamma, math.normalQuantile])
        add(f(x));
      add(math.pow(x + 0.5, y));
      add(math.atan2(y, x));
      add(math.hypot(x, y));
    }
    expect(hash.toString(16)).toBe("bd82dcc8ff2db51b");
  });
});
