import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { createScreen } from "../../src/cli/live-view.ts";
import { COMMANDS } from "../../src/cli/registry.ts";
import { clipped, firstClause, widthOf, wrapped } from "../../src/cli/wrap.ts";
import { runCommand } from "./run-command.ts";

const RED = "\x1b[31m";
const RESET = "\x1b[0m";

async function printed(columns: number, ...argv: string[]): Promise<string[]> {
  const { code, out } = await runCommand(argv, { columns });
  expect(code).toBe(EXIT.ok);
  return out.split("\n");
}

describe("a terminal of 80 columns", () => {
  test("the overview and every help fit; only examples, which are copied whole, may be longer", async () => {
    const tooWide: string[] = [];
    for (const argv of [[], ...COMMANDS.map((c) => c.words)])
      for (const line of await printed(80, ...argv, "--help"))
        if (widthOf(line) > 80 && !line.startsWith("Example: ")) tooWide.push(line);
    expect(tooWide).toEqual([]);
  });
  test("a family of commands has its own list", async () => {
    const lines = await printed(80, "ledger", "--help");
    expect(lines.join("\n")).toContain("ledger verify");
    expect(lines.join("\n")).not.toContain("rollout");
  });
});

describe("lines", () => {
  test("wrap between words, keep what they begin with, and hang below it", () => {
    expect(wrapped("  --for 20s  length of the run", 22, 13)).toEqual([
      "  --for 20s  length of",
      "             the run",
    ]);
  });
  test("are clipped by what is seen: colours take no room and end where the line ends", () => {
    const line = clipped(`${RED}abcdef${RESET} ghi`, 5);
    expect(widthOf(line)).toBe(5);
    expect(line).toBe(`${RED}abcd${RESET}…`);
    expect(clipped("short", 5)).toBe("short");
  });
  test("are cut where a clause ends, never inside a bracket", () => {
    expect(firstClause("take over a plain network (ONNX, or so) from elsewhere", 34)).toBe(
      "take over a plain network",
    );
    expect(firstClause("no clause ends anywhere in this text", 20)).toBe(
      "no clause ends anywhere in this text",
    );
  });
});

describe("the live picture", () => {
  const drawnTo = (rows: number) => {
    const written: string[] = [];
    return {
      written,
      screen: createScreen(
        (text) => void written.push(text),
        () => rows,
      ),
    };
  };
  test("goes up exactly as many lines as it wrote, also when it became shorter", () => {
    const { written, screen } = drawnTo(24);
    screen.draw(["a", "b", "c"]);
    screen.draw(["a"]);
    screen.draw(["a"]);
    expect(written[1]!.startsWith("\x1b[3A")).toBe(true);
    expect(written[2]!.startsWith("\x1b[1A")).toBe(true);
  });
  test("is never taller than the terminal: blank lines go first", () => {
    const { written, screen } = drawnTo(4);
    screen.draw(["a", "", "b", "", "c", "d"]);
    expect(written[0]!.replaceAll("\x1b[2K", "")).toBe("a\nb\nc\n\x1b[0J");
  });
  test("what is said in between stays above it", () => {
    const { written, screen } = drawnTo(24);
    screen.draw(["a", "b"]);
    screen.say("said");
    screen.draw(["a", "b"]);
    expect(written[1]).toBe("\x1b[2A\x1b[0Jsaid\n");
    expect(written[2]!.startsWith("\x1b[2Ka")).toBe(true);
  });
});
