import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { asyncApi, CONTRACT } from "../../../../src/edge/transports/mqtt/index.ts";

const FILE = new URL("../../../../launch/asyncapi.yaml", import.meta.url);
const HEAD =
  "# Made from src/edge/transports/mqtt/contract.ts. To make it anew: UPDATE_ASYNCAPI=1 npm run vitest -- test/edge/transports/mqtt/asyncapi.test.ts\n";

describe("launch/asyncapi.yaml", () => {
  it("is what the code says", () => {
    const text = HEAD + stringify(asyncApi(), { lineWidth: 0, aliasDuplicateObjects: false });
    if (process.env["UPDATE_ASYNCAPI"] === "1") writeFileSync(FILE, text);
    expect(readFileSync(FILE, "utf8")).toBe(text);
  });
  it("is a whole AsyncAPI 3 document: every reference leads somewhere, every place in an address is described", () => {
    const document = parse(readFileSync(FILE, "utf8")) as Record<
      string,
      Record<string, Record<string, unknown>>
    >;
    expect(document["asyncapi"]).toBe("3.0.0");
    expect(Object.keys(document["channels"]!)).toEqual(CONTRACT.map((entry) => entry.key));
    expect(Object.keys(document["operations"]!)).toEqual(CONTRACT.map((entry) => entry.key));
    const references: string[] = [];
    JSON.stringify(document, (key, value: unknown) => {
      if (key === "$ref") references.push(value as string);
      return value;
    });
    for (const reference of references) {
      let at: unknown = document;
      for (const key of reference.slice(2).split("/")) at = (at as Record<string, unknown>)[key];
      expect(at, reference).toBeDefined();
    }
    for (const channel of Object.values(document["channels"]!)) {
      const places = [...(channel["address"] as string).matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
      expect(Object.keys(channel["parameters"] as object)).toEqual(places);
      for (const { description } of Object.values(
        channel["parameters"] as Record<string, { description?: string }>,
      ))
        expect(description).toBeTruthy();
    }
  });
  it("B13 no command, proposal or request is retained", () => {
    for (const { key, retain } of CONTRACT)
      expect([key, retain]).toEqual([key, ["status", "state", "anchor"].includes(key)]);
  });
});
