import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CANONICAL_DEPTH_MAX, canonicalBytes, canonicalText } from "../../../src/core/base/canonical.ts";
import { isWellFormed, utf8Bytes } from "../../../src/core/base/utf8.ts";

const doubleOf = (bits: string): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
};

/** IEEE 754 bits and their text: appendix B of RFC 8785. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ["0000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
];

describe("canonical text (RFC 8785)", () => {
  it.each(NUMBERS)("number %s is %s", (bits, text) => {
    expect(canonicalText(doubleOf(bits))).toBe(text);
  });

  it("sorts members by UTF-16 code units, as section 3.2.3 of the RFC shows", () => {
    const value = {
      "€": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "😀": "Emoji: Grinning Face",
      "\u0080": "Control",
      ö: "Latin Small Letter O With Diaeresis",
    };
    const names = [...canonicalText(value).matchAll(/:"([^"]+)"/g)].map((m) => m[1]);
    expect(names).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  it("prints the sample of section 3.2.2", () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000f\u000aA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalText(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  it.each([
    ["NaN", Number.NaN],
    ["∞", Infinity],
    ["−∞", -Infinity],
    ["−0", -0],
    ["undefined", undefined],
    ["bigint", 1n],
    ["symbol", Symbol("x")],
    ["function", () => 1],
    ["date", new Date(0)],
    ["map", new Map()],
    ["typed array", new Float64Array(1)],
    ["class instance", new (class A {})()],
    ["hole", Array(1)],
    ["half pair", "\ud800"],
    ["half pair in a key", { "\udc00": 1 }],
    ["cycle", cyclic],
  ])("refuses %s, also inside", (_name, value) => {
    expect(() => canonicalText(value)).toThrow();
    expect(() => canonicalText({ a: [value] })).toThrow();
  });

  it("refuses more levels than it can carry and accepts as many", () => {
    const nest = (levels: number): unknown => (levels === 0 ? 1 : [nest(levels - 1)]);
    expect(() => canonicalText(nest(CANONICAL_DEPTH_MAX + 1))).toThrow(/levels/);
    expect(canonicalText(nest(CANONICAL_DEPTH_MAX))).toContain("1");
  });

  it("is one text for one value: the order of insertion cannot matter, and it reads back", () => {
    const json = fc.jsonValue().filter((v) => !JSON.stringify(v).includes("\\ud"));
    fc.assert(
      fc.property(json, (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        const text = canonicalText(plain);
        expect(JSON.parse(text)).toEqual(plain);
        expect(canonicalText(reversed(plain))).toBe(text);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it("bytes are the UTF-8 of the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(Buffer.from(utf8Bytes(text)).equals(Buffer.from(text, "utf8"))).toBe(true);
        expect(Buffer.from(canonicalBytes(text)).toString("utf8")).toBe(JSON.stringify(text));
      }),
      { seed: 3, numRuns: 1_000 },
    );
    expect(() => utf8Bytes("a\udfff")).toThrow(/well-formed/);
    expect(isWellFormed("a\ud800b")).toBe(false);
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, reversed(v)]),
  );
}
