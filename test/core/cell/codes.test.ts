import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CODES } from "../../../src/core/domain/index.ts";

const folder = new URL("../../../src/core/domain/codes/", import.meta.url);
const defined = readdirSync(folder).flatMap((file) =>
  [...readFileSync(new URL(file, folder), "utf8").matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map((m) => m[1]!),
);

test("every code is defined once, in one table", () => {
  expect(defined.filter((code, i) => defined.indexOf(code) !== i)).toEqual([]);
  for (const code of defined) expect(CODES).toHaveProperty(code);
});

test("every code says what happened and what to do", () => {
  for (const [code, entry] of Object.entries(CODES)) {
    expect(entry.title.length, code).toBeGreaterThan(3);
    expect(entry.meaning.length, code).toBeGreaterThan(10);
    expect(entry.remedy.length, code).toBeGreaterThan(5);
  }
});
