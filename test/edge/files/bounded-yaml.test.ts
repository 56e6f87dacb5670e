import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundedYaml, YAML_CHARACTERS_MAX } from "../../../src/edge/files/bounded-yaml.ts";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import { gateYaml } from "../../core/cell/pipeline/fake-host.ts";

const said = (text: string): string => {
  const read = boundedYaml(text);
  if (read.ok) return "read";
  const { offset, message } = read.faults[0]!;
  return `${read.lines.linePos(offset).line}: ${message}`;
};

describe("YAML that somebody hands over", () => {
  test("is read", () => {
    expect(boundedYaml("a: &x [1, 2]\nb: *x\n")).toMatchObject({ ok: true, raw: { a: [1, 2], b: [1, 2] } });
  });
  test.each([
    ["an alias of nothing", "a: 1\nb: *x\n", /^2: there is no anchor "x"/],
    ["minus zero", "a: 1\nb:\n  - yawRad: -0.0\n", /^3: -0: write 0/],
    ["no number", "a: .nan\n", /^1: not a finite number/],
    ["half a character", 'a: 1\nb: "\\ud800"\n', /^2: holds half of a character/],
    ["a key twice", "a: 1\nb: 2\na: 3\n", /^3: Map keys must be unique/],
    ["a key that is a list", "? [a]\n: 1\n", /^1: a key is more than a word/],
    ["12 MB", "- 1\n".repeat(3_000_000), /^1: 12000000 characters, at most/],
    ["ten thousand brackets", `a: 1\nb: ${"[".repeat(10_000)}`, /^2: nested deeper than 64/],
    ["lists in lists", "- ".repeat(50_000), /nested deeper than 64/],
    ["questions in questions", "? ".repeat(50_000), /nested deeper than 64/],
    [
      "a billion laughs",
      `a0: &a0 [x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`).join("\n")}\n`,
      /[Ee]xcessive alias count|aliases/,
    ],
  ])("%s is named with its line", (_, text, words) => expect(said(text)).toMatch(words));
  test("25,000 keys of one map are not compared each with each", () => {
    const keys = Array.from({ length: 25_000 }, (_, i) => `k${i}: 1`).join("\n");
    expect(keys.length).toBeLessThan(YAML_CHARACTERS_MAX);
    expect(said(keys)).toBe("read");
  });
  test("nothing throws, whatever the text", () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            "a",
            ": ",
            "- ",
            "? ",
            "[",
            "]",
            "{",
            "}",
            "&x ",
            "*x",
            "!t ",
            "\n",
            "  ",
            "'",
            '"',
            "|",
            ">",
            "-0",
            "%",
          ),
          { maxLength: 60 },
        ),
        (parts) => {
          expect(typeof said(parts.join(""))).toBe("string");
        },
      ),
      { seed: 4, numRuns: 2_000 },
    ));
  test("a deployment with such a fault names file, line and column, and a kind called constructor is unknown", () => {
    const problems = (text: string): unknown => {
      const loaded = parseDeployment(text, "cell.yaml", { transports: {}, actuators: {} });
      return loaded.ok ? [] : loaded.problems.slice(0, 1);
    };
    const minus = gateYaml().replace("max: 10 }", "max: -0.0 }");
    expect(problems(minus)).toEqual([
      expect.objectContaining({ file: "cell.yaml", line: 29, message: "YAML: -0: write 0" }),
    ]);
    const foreign = gateYaml().replace("test: { kind: test }", "test: { kind: constructor }");
    expect(problems(foreign)).toEqual([
      expect.objectContaining({ message: expect.stringContaining('unknown kind "constructor"') }),
    ]);
  });
});
