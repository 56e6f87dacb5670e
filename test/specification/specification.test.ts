import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DEMANDS, missing, PAGE, pageOf, resultsOnPage } from "./page.ts";

describe("docs/safety/specification.md", () => {
  test("is what its script makes", () => {
    expect(readFileSync(PAGE, "utf8"), "run node test/specification/update.ts").toBe(pageOf(resultsOnPage()));
  });
  test("names tests that are there, each demand once, and says of every open one what is missing", () => {
    expect(DEMANDS.flatMap((d) => missing(d) ?? [])).toEqual([]);
    expect(new Set(DEMANDS.map((d) => d.id)).size).toBe(DEMANDS.length);
    expect(DEMANDS.filter((d) => d.door === null && d.open === "")).toEqual([]);
  });
});
