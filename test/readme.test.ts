import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../src/cli/command.ts";
import { NodeProcess } from "./node/processes.ts";

/** The commands of the README's paths, run as they stand there, each block in a folder of its own. */
const root = resolve(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

function blocks(): { title: string; commands: string[] }[] {
  const found: { title: string; commands: string[] }[] = [];
  let title = "";
  let inside: string[] | null = null;
  for (const line of readme.split("\n")) {
    if (inside === null && line.startsWith("#")) title = line.replace(/^#+ /, "");
    if (inside === null && line === "```sh") inside = [];
    else if (inside !== null && line === "```") {
      found.push({ title, commands: inside });
      inside = null;
    } else inside?.push(line);
  }
  return found;
}
const NODE = "npm start -- ";
const COMMAND = "npx cellgate ";
/** Each block with its node, when it begins with one; those of the first page are run by test/node and test/edge/http/control. */
const paths = blocks()
  .map(({ title, commands }) => ({
    title,
    node: commands.find((c) => c.startsWith(NODE)),
    commands: commands.filter((c) => c.startsWith(COMMAND)),
  }))
  .filter(({ title, commands }) => commands.length > 0 && title !== "cellgate");
/** the words of a command, as a shell takes them, without its comment */
const wordsOf = (command: string, start: string): string[] =>
  (
    command
      .slice(start.length)
      .replace(/\s#\s.*$/, "")
      .match(/"[^"]*"|\S+/g) ?? []
  ).map((word) => word.replaceAll('"', ""));
/** GREEN, YELLOW or RED where the comment behind a command says that this is what it answers */
const verdictOf = (command: string): string => /# (GREEN|YELLOW|RED)\b/.exec(command)?.[1] ?? "";

/** the exit code that a comment behind a command announces */
const codeOf = (command: string): number =>
  Number(/# code (\d+)\b/.exec(command)?.[1] ?? (verdictOf(command) === "RED" ? EXIT.found : EXIT.ok));

/** longer than the gate remembers what reasoning may rest on */
const READING_MS = 11_000;

interface Told {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
const typed = (args: string[], cwd: string): Promise<Told> =>
  new Promise((done) => {
    const main = join(root, "src/main.ts");
    const child = execFile(
      process.execPath,
      [main, ...args],
      { cwd, timeout: 100_000 },
      (_, stdout, stderr) => done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

describe("README", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cellgate-readme-"));
    cpSync(join(root, "launch"), join(folder, "launch"), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("its first lines name the two commands", () => {
    const [first] = blocks();
    expect(first!.commands[0]).toMatch(/^npm start/);
    expect(first!.commands[1]).toMatch(/^npm test/);
    expect(readme.indexOf("npm start")).toBeGreaterThan(readme.indexOf("not a safety-rated device"));
  });
  test("there is a path for each reader", () => {
    expect(paths.map((p) => p.title)).toEqual(
      expect.arrayContaining(["Robot cell", "Bag engineer", "Safety engineer", "Simulator", "Proposals"]),
    );
    expect(readme).toContain("### MQTT integrator");
  });
  test.each(paths)(
    "the commands of “$title” run",
    async ({ node: start, commands }) => {
      const inFolder = ["--data", join(folder, "data"), "--port", "0", "--json"];
      const node =
        start === undefined ? null : new NodeProcess("start", ...wordsOf(start, NODE), ...inFolder);
      try {
        await node?.changedTo("RUNNING");
        // a reader takes a moment to type; until then the gate remembers a cell that was still starting
        if (node !== null) await new Promise((done) => setTimeout(done, READING_MS));
        for (const command of commands) {
          const { code, stdout, stderr } = await typed(wordsOf(command, COMMAND), folder);
          const verdict = verdictOf(command);
          expect(code, `${command}\n${stderr}\n${stdout.slice(-500)}`).toBe(codeOf(command));
          expect(stdout).toMatch(new RegExp(`^${verdict}`));
        }
      } finally {
        await node?.kill("SIGINT");
      }
    },
    240_000,
  );
});
