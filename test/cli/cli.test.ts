import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/registry.ts";
import { runCommand, type Said } from "./run-command.ts";

const run = (...argv: string[]): Promise<Said> => runCommand(argv);

describe("command line", () => {
  test("the overview lists every command and the exit codes, and says what the product is not", async () => {
    const { code, out } = await run("--help");
    expect(code).toBe(EXIT.ok);
    for (const command of COMMANDS) expect(out).toContain(command.words.join(" "));
    expect(out).toContain("Not a safety-rated device");
    for (const value of Object.values(EXIT)) expect(out).toMatch(new RegExp(`\\b${value}\\b`));
  });

  test.each(COMMANDS.map((c) => [c.words.join(" "), c] as const))(
    "%s --help has an example and explains each option",
    async (_name, command) => {
      const { code, out } = await run(...command.words, "--help");
      expect(code).toBe(EXIT.ok);
      expect(out).toContain(`Example: `);
      expect(command.example).toMatch(/^(cellgate|npx|npm|node|openssl) /);
      for (const [name, option] of Object.entries(command.options)) {
        expect(out).toContain(`--${name}`);
        expect(option.help.length).toBeGreaterThan(3);
      }
    },
  );

  test("no two commands share their words", () => {
    const words = COMMANDS.map((c) => c.words.join(" "));
    expect(new Set(words).size).toBe(words.length);
  });

  test("mistakes go to stderr with what to do, and nothing to stdout", async () => {
    for (const argv of [
      ["nonsense"],
      ["config"],
      ["config", "check"],
      ["config", "check", "--wrong"],
      ["config", "check", "/does/not/exist.yaml"],
    ]) {
      const { code, out, err } = await run(...argv);
      expect(code).toBe(EXIT.usage);
      expect(out).toBe("");
      expect(err).toContain("→");
    }
  });
});
