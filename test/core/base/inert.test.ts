import fc from "fast-check";
import { expect, test } from "vitest";
import { inert, inertData, inertLines } from "../../../src/core/base/inert.ts";

const HOSTILE = "\x1b[2J\x1b]52;c;bWFsaWNl\x07\x9b31m\r\nwhy  nothing stops the cell\u202e\u2066\ufeff\ud800";
/** what no terminal may be given from outside */
const acts = (text: string): boolean =>
  [...text].some((c) => {
    const p = c.codePointAt(0)!;
    return (
      p < 0x20 ||
      (p >= 0x7f && p <= 0x9f) ||
      (p >= 0x202a && p <= 0x202e) ||
      (p >= 0x2066 && p <= 0x2069) ||
      (p >= 0xd800 && p <= 0xdfff)
    );
  });

test("terminal injection: text from outside is spelled out and stays one line", () => {
  expect(acts(HOSTILE)).toBe(true);
  expect(acts(inert(HOSTILE))).toBe(false);
  expect(inert("ordinary – text, é 🚨")).toBe("ordinary – text, é 🚨");
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) }),
      (text) => {
        expect(acts(inert(text))).toBe(false);
      },
    ),
  );
  expect(acts(JSON.stringify(inertData({ [HOSTILE]: [HOSTILE, { a: HOSTILE }], n: 1 })))).toBe(false);
});

test("our own lines keep their ends and colours, and JSON stays the same JSON", () => {
  expect(inertLines("\x1b[1;30;42m ▶ RUNNING \x1b[0m\n\tnext")).toBe(
    "\x1b[1;30;42m ▶ RUNNING \x1b[0m\n\tnext",
  );
  for (const command of ["\x1b[2J", "\x1b]0;t\x07", "\x1bc", "\x9b2J"])
    expect(inertLines(command)).not.toMatch(/[\x1b\x9b\x07]/);
  const value = { a: "\x9b2J \u202e ü" };
  expect(JSON.parse(inertLines(JSON.stringify(value)))).toEqual(value);
});
