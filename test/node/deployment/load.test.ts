import { describe, expect, test } from "vitest";
import { deploymentJsonSchema, loadDeployment, parseDeployment } from "../../../src/node/deployment/index.ts";
import { SMALL_CELL } from "../../core/cell/fixture.ts";

const lineOf = (text: string, needle: string): number =>
  text.slice(0, text.indexOf(needle)).split("\n").length;

/** Each kind of mistake: what is changed, where the problem must point, and a word that must stand in it. */
const WRONG: readonly { name: string; from: string; to: string; at: string; says: RegExp }[] = [
  {
    name: "unknown key at the top",
    from: "cell: small_cell",
    to: "cell: small_cell\nspeed: 3",
    at: "speed: 3",
    says: /unknown key "speed"/,
  },
  {
    name: "unknown key in a channel",
    from: "address: near,",
    to: "address: near, colour: red,",
    at: "colour",
    says: /unknown key "colour"/,
  },
  {
    name: "misspelt rule",
    from: "  proximity:",
    to: "  proximty:",
    at: "proximty",
    says: /unknown key "proximty"/,
  },
  { name: "missing key", from: "  stopTimeMs: 200\n", to: "", at: "robot:", says: /missing/ },
  {
    name: "missing section",
    from: "transports:\n  test: { kind: test }\n",
    to: "",
    at: "cellgate: 1",
    says: /missing|expected/,
  },
  {
    name: "zero where zero would mean off",
    from: "near, maxAgeMs: 100",
    to: "near, maxAgeMs: 0",
    at: "maxAgeMs: 0",
    says: /1|>=/,
  },
  { name: "negative number", from: "minM: 0.3", to: "minM: -0.3", at: "minM: -0.3", says: /0\.001|>=/ },
  {
    name: "number out of bounds",
    from: "confirmMs: 400 }\n  contactor",
    to: "confirmMs: 400000 }\n  contactor",
    at: "confirmMs: 400000",
    says: /30000|<=/,
  },
  {
    name: "text where a number belongs",
    from: "minM: 0.3",
    to: "minM: near",
    at: "minM: near",
    says: /number/,
  },
  {
    name: "number where text belongs",
    from: "kind: test }\nchannels",
    to: "kind: 7 }\nchannels",
    at: "kind: 7",
    says: /expected text/,
  },
  { name: "NaN", from: "stopDistanceM: 0.1", to: "stopDistanceM: .nan", at: "stopDistanceM", says: /number/ },
  { name: "infinity", from: "stopDistanceM: 0.1", to: "stopDistanceM: .inf", at: "stopDistanceM", says: /./ },
  {
    name: "unknown quantity",
    from: "quantity: range",
    to: "quantity: smell",
    at: "quantity: smell",
    says: /range/,
  },
  {
    name: "channel of a transport that does not exist",
    from: "near: { quantity: range, transport: test",
    to: "near: { quantity: range, transport: mqtt9",
    at: "transport: mqtt9",
    says: /no transport is called "mqtt9"/,
  },
  {
    name: "rule on a channel that does not exist",
    from: "channel: near, minM",
    to: "channel: far, minM",
    at: "channel: far",
    says: /far/,
  },
  {
    name: "rule on a channel of the wrong quantity",
    from: "channel: near, minM",
    to: "channel: joints, minM",
    at: "channel: joints",
    says: /joints/,
  },
  {
    name: "check switched off without a reason",
    from: "minM: 0.3,",
    to: "minM: 0.3, monitored: false,",
    at: "tool:",
    says: /because/,
  },
  {
    name: "limits the wrong way round",
    from: "slowM: 0.8",
    to: "slowM: 0.1",
    at: "slowM: 0.1",
    says: /slowM must lie above minM/,
  },
  { name: "wrong version", from: "cellgate: 1", to: "cellgate: 2", at: "cellgate: 2", says: /1/ },
  { name: "bad name", from: "  near: {", to: "  Near Field: {", at: "Near Field", says: /lower-case/ },
  {
    name: "duplicate key",
    from: "cell: small_cell",
    to: "cell: small_cell\ncell: other",
    at: "cell: other",
    says: /unique|duplicate/i,
  },
  { name: "broken YAML", from: "rules:\n", to: "rules: [\n", at: "", says: /YAML/ },
  { name: "tab for indentation", from: "  name: arm", to: "\tname: arm", at: "", says: /YAML|Tabs/i },
  {
    name: "unknown role",
    from: "roles: [reset, resume",
    to: "roles: [reboot, resume",
    at: "reboot",
    says: /reset/,
  },
];

describe("H41 a deployment file", () => {
  test("the good one is accepted, with defaults filled in and a hash that names them", () => {
    const loaded = parseDeployment(SMALL_CELL, "small.yaml");
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1));
    expect(loaded.hash).toMatch(/^[0-9a-f]{64}:[0-9a-f]{64}$/);
    expect(loaded.deployment.self.slowRatio).toBe(0.25);
    const again = parseDeployment(
      SMALL_CELL.replace("cell: small_cell", "cell:    small_cell # same"),
      "x.yaml",
    );
    expect(again.ok && again.hash).toBe(loaded.hash);
    const other = parseDeployment(SMALL_CELL.replace("minM: 0.3", "minM: 0.31"), "x.yaml");
    expect(other.ok && other.hash).not.toBe(loaded.hash);
    const [drive, contactor] = SMALL_CELL.match(/ {2}(drive|contactor): \{ kind.*\n/g)!;
    const swapped = parseDeployment(SMALL_CELL.replace(drive! + contactor!, contactor! + drive!), "x.yaml");
    expect(swapped.ok && swapped.hash).not.toBe(loaded.hash);
  });

  test.each(WRONG)("$name: refused, pointing at the place", ({ from, to, at, says }) => {
    expect(SMALL_CELL).toContain(from);
    const text = SMALL_CELL.replace(from, to);
    const loaded = parseDeployment(text, "small.yaml");
    expect(loaded.ok).toBe(false);
    if (loaded.ok) return;
    expect(loaded.problems.some((p) => says.test(p.message) || says.test(p.key))).toBe(true);
    for (const p of loaded.problems) {
      expect(p.file).toBe("small.yaml");
      expect(p.line).toBeGreaterThanOrEqual(1);
      expect(p.column).toBeGreaterThanOrEqual(1);
    }
    if (at !== "") expect(loaded.problems.map((p) => p.line)).toContain(lineOf(text, at));
  });

  test("there are at least twenty kinds", () => expect(WRONG.length).toBeGreaterThanOrEqual(20));

  test("a file that is not there is a problem, not a crash", () => {
    const loaded = loadDeployment("/does/not/exist.yaml");
    expect(loaded.ok).toBe(false);
  });

  test("the JSON Schema forbids unknown keys and describes what each number means", () => {
    const schema = deploymentJsonSchema() as {
      additionalProperties: boolean;
      properties: Record<string, { properties?: Record<string, { description?: string }> }>;
    };
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties["robot"]!.properties!["stopTimeMs"]!.description).toContain("stop");
  });
});
