import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalText } from "../../../src/core/base/canonical.ts";
import { soundData } from "../../../src/core/base/sound-data.ts";
import { cut, wellFormed } from "../../../src/core/base/text.ts";
import { isWellFormed } from "../../../src/core/base/utf8.ts";

/** any UTF-16 text, halves of pairs among it */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) });
const halves = fc.string({
  unit: fc.constantFrom("\ud83d", "\udea8", "🚨", "e\u0301", "x", "\0", "\u202e"),
  maxLength: 40,
});
const anyNumber = fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY));
const anyData = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "large", withCrossShrink: true },
    anyText,
    halves,
    anyNumber,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value")),
    fc.dictionary(fc.oneof(anyText, halves, fc.constant("__proto__")), tie("value")),
  ),
})).value;

describe("what enters can be written", () => {
  it("text is well-formed after the door, and the same when it was", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, halves), (text) => {
        expect(isWellFormed(wellFormed(text))).toBe(true);
        if (isWellFormed(text)) expect(wellFormed(text)).toBe(text);
        expect(wellFormed(text).length).toBe(text.length);
      }),
    );
  });

  it("a text is cut in characters and never within one", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, halves), fc.nat(50), (text, max) => {
        const short = cut(text, max);
        expect(isWellFormed(short)).toBe(true);
        expect([...short].length).toBeLessThanOrEqual(max);
        expect([...wellFormed(text)].slice(0, max).join("")).toBe(short);
      }),
    );
    expect(cut("🚨🚨", 1)).toBe("🚨");
  });

  it("sound data has a canonical text, and what is refused is said in words", () => {
    fc.assert(
      fc.property(anyData, (value) => {
        const sound = soundData(value);
        if (!sound.ok) expect(sound.error).toMatch(/is no number|levels|is not data|not plain/);
        else expect(canonicalText({ receipt: { body: sound.value } })).toContain("receipt");
      }),
      { numRuns: 2_000 },
    );
  });

  it("what is sound comes back as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false } as object), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        const sound = soundData(plain);
        if (sound.ok) expect(canonicalText(sound.value)).toBe(canonicalText(plain));
      }),
    );
  });

  it("a cycle, a class and a depth without end are refused and end nothing", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    for (const value of [cycle, deep, new Date(0), { a: undefined }, [1n], new Map()])
      expect(soundData(value).ok).toBe(false);
  });
});
