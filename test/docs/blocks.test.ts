import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/command.ts";
import { type Block, blocksOf, pages, pageText, ROOT } from "./markdown.ts";

/**
 * Every `sh` block of every page runs here as it stands: a page has a fresh folder of its own, its blocks run in order.
 * A command that goes on until somebody ends it (a node, a broker) gets a terminal of its own and ends with its block.
 * A comment says what a command answers: `# GREEN`, `# code 4`. What is not marked `sh` is not meant to be typed.
 */
const MAIN = join(ROOT, "src/main.ts");
const STAYS = /^(npm start|npx cellgate (start|run|sim serve|mcp|worker)|mosquitto) ?/;
const ENDS_BY_ITSELF = /--for |--until-pause|--help/;
/** longer than the gate remembers what reasoning may rest on: a reader takes that long to type */
const READING_MS = 11_000;
const LIMIT_MS = 280_000;
const ASKED_AT_MOST = 8;

/** One line for each command: comments and continued lines are taken together. */
function commandsOf(block: Block): string[] {
  return block.lines
    .join("\n")
    .replace(/\\\n\s*/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
}
/** A test cannot run itself, nor what prepares the machine for it. */
const isOurselves = (command: string): boolean =>
  /^npm (test|run (test|docs|bench|coverage|release|setup)|ci|install)/.test(command);
const codeOf = (command: string): number =>
  Number(/# code (\d+)\b/.exec(command)?.[1] ?? (/# RED\b/.test(command) ? EXIT.found : EXIT.ok));
const verdictOf = (command: string): string => /# (GREEN|YELLOW|RED)\b/.exec(command)?.[1] ?? "";

interface Told {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
/** A reader's terminal: bash in the folder, where npm and npx find this checkout. */
class Terminal {
  readonly folder = mkdtempSync(join(tmpdir(), "cellgate-docs-"));
  readonly #env: NodeJS.ProcessEnv;
  #open: ChildProcess[] = [];

  constructor() {
    const bin = join(this.folder, ".bin");
    mkdirSync(bin);
    const script = (name: string, text: string): void => {
      writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`);
      chmodSync(join(bin, name), 0o755);
    };
    const run = `exec ${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)}`;
    script(
      "npx",
      `[ "$1" = cellgate ] || { echo "npx $1 is not part of this test" >&2; exit 127; }\nshift\n${run} "$@"`,
    );
    script(
      "npm",
      `[ "$1" = start ] || { echo "npm $1 is not part of this test" >&2; exit 127; }\nshift\n[ "$1" = -- ] && shift\n${run} start "$@"`,
    );
    for (const part of ["launch", "docs", "devices"])
      cpSync(join(ROOT, part), join(this.folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
    this.#env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, NO_COLOR: "1" };
  }
  type(command: string): Promise<Told> {
    return new Promise((done) => {
      const child = spawn("bash", ["-c", command], {
        cwd: this.folder,
        env: this.#env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [out, err] = ["", ""];
      child.stdout.on("data", (data: Buffer) => void (out += data.toString()));
      child.stderr.on("data", (data: Buffer) => void (err += data.toString()));
      child.on("close", (code) => done({ code, out, err }));
    });
  }
  /** Begins what stays, and waits until it can be used. */
  async leaveRunning(command: string): Promise<void> {
    const isNode = /^(npm start|npx cellgate (start|run))/.test(command);
    const words = command.replace(/\s#\s.*$/, "");
    const dashes = words.startsWith("npm start") && !words.includes(" -- ") ? " --" : "";
    const line = isNode && !words.includes("--port") ? `${words}${dashes} --port 0 --json` : words;
    const child = spawn("bash", ["-c", `exec ${line}`], {
      cwd: this.folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#open.push(child);
    let said = "";
    child.stdout.on("data", (data: Buffer) => void (said += data.toString()));
    child.stderr.on("data", (data: Buffer) => void (said += data.toString()));
    if (!isNode) return void (await new Promise((done) => setTimeout(done, 1_500)));
    const folder = /--data (\S+)/.exec(command)?.[1] ?? "data";
    const wanted = command.startsWith("npm start")
      ? /"state":"(RUNNING|STOPPED|HOLD)"/
      : /"state":"(?!STARTING)/;
    for (;;) {
      if (child.exitCode !== null)
        throw new Error(`${command} ended with ${child.exitCode}: ${said.slice(-2_000)}`);
      const { out } = await this.type(`npx cellgate status --json --data ${folder}`);
      if (wanted.test(out)) break;
      await new Promise((done) => setTimeout(done, 200));
    }
    await new Promise((done) => setTimeout(done, READING_MS));
  }
  async closeAll(): Promise<void> {
    for (const child of this.#open.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGINT");
      await new Promise((done) => child.once("close", done));
    }
  }
  async remove(): Promise<void> {
    await this.closeAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * A person types slowly and asks again: a cell that was just reset is ready a moment later, and what the gate says of a motion
 * depends on where the arm is in that moment.
 */
async function typedByAPerson(here: Terminal, command: string): Promise<Told> {
  for (let again = 1; ; again++) {
    const once = again === 1 || !/ propose /.test(command);
    const said = await here.type(
      once
        ? command
        : command.replace(/ propose (\S+?)([\w-]+)\.json/, ` propose $1$2.json --id $2-${again}`),
    );
    const asWritten = said.code === codeOf(command) && said.out.startsWith(verdictOf(command));
    if (asWritten || again === ASKED_AT_MOST || !/ (propose|resume)\b/.test(command)) return said;
    await new Promise((done) => setTimeout(done, 2_000));
  }
}

/** README in every run; all the other pages in the soak lane. */
const asked = process.env["CELLGATE_LANE"] === "soak" ? pages() : ["../README.md"];
const withBlocks = asked
  .map((page) => ({ page, blocks: blocksOf(pageText(page)).filter((b) => b.language === "sh") }))
  .filter(({ blocks }) => blocks.length > 0);

describe("every command of every page", () => {
  let terminal: Terminal | null = null;
  afterEach(async () => {
    await terminal?.remove();
    terminal = null;
  });
  test("there are pages with commands", () =>
    expect(withBlocks.length).toBeGreaterThan(asked.length > 1 ? 10 : 0));

  test.each(withBlocks)(
    "$page",
    async ({ blocks }) => {
      const here = new Terminal();
      terminal = here;
      for (const block of blocks) {
        for (const command of commandsOf(block)) {
          if (isOurselves(command)) continue;
          if (STAYS.test(command) && !ENDS_BY_ITSELF.test(command)) await here.leaveRunning(command);
          else {
            const { code, out, err } = await typedByAPerson(here, command);
            expect(code, `line ${block.line}: ${command}\n${err}\n${out.slice(-800)}`).toBe(codeOf(command));
            expect(out).toMatch(new RegExp(`^${verdictOf(command)}`));
          }
        }
        await here.closeAll();
      }
    },
    LIMIT_MS,
  );
});
