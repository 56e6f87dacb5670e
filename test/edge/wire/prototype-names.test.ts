import { describe, expect, test } from "vitest";
import { table } from "../../../src/core/base/table.ts";
import { readXml } from "../../../src/core/robot/xml.ts";
import { AnyDecoder, parseDefinition } from "../../../src/edge/wire/index.ts";
import { rosDefinition } from "../../../src/edge/wire/definitions.ts";

const NAMES = ["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__"];

describe("a name that every object inherits", () => {
  test.each(NAMES)("%s is no type of a definition", (name) => {
    const parsed = parseDefinition("a/msg/T", "ros2msg", `${name} x\n`);
    // whatever is said of it: nothing throws, neither here nor when a message is read
    if (parsed.ok)
      expect(() =>
        new AnyDecoder(parsed.value).decode(new DataView(new ArrayBuffer(64)), 0, 64),
      ).not.toThrow();
    expect(rosDefinition(name)).toBeNull();
    expect(rosDefinition(`a/msg/${name}`)).toBeNull();
  });
  test("a table holds what stands in it", () => {
    const words: Readonly<Record<string, number>> = table({ one: 1 });
    expect(words["one"]).toBe(1);
    for (const name of NAMES) expect(words[name]).toBeUndefined();
  });
  test("an entity of XML neither", () => {
    const read = readXml('<a b="&constructor;"/>');
    expect(JSON.stringify(read)).not.toMatch(/native code/);
  });
});
