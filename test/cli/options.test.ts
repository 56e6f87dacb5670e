import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Command, EXIT } from "../../src/cli/command.ts";
import { kinds, type Option } from "../../src/cli/options/index.ts";
import { parseCommand } from "../../src/cli/parse.ts";
import { COMMANDS } from "../../src/cli/registry.ts";
import { runCommand } from "./run-command.ts";

const named = COMMANDS.map((command) => [command.words.join(" "), command] as const);
const optionsOf = ({ options }: Command): [string, Option<unknown>][] => Object.entries(options);
/** A text that the kind of an option takes. */
function goodText({ kind }: Option<unknown>): string {
  const candidates = [
    ...(typeof kind!.completes === "string" ? [] : kind!.completes),
    "20s",
    "7",
    "word",
    "mqtt://127.0.0.1:1",
    "2026-11-20T10:00:00Z",
    "/topic=channel",
    "{}",
    "0.5",
    "rules.zones.danger.withinM=0.7",
    "rules.zones.danger.withinM=0.4..1.2:9",
  ];
  const found = candidates.find((text) => kind!.read(text, "/somewhere").ok);
  if (found === undefined) throw new Error(`nothing suits: ${kind!.meaning}`);
  return found;
}
const value = (kind: { read(text: string, cwd: string): unknown }, text: string) =>
  kind.read(text, "/somewhere") as { ok: boolean; value?: unknown };

describe("declared options", () => {
  test.each(named)("%s: every option parses, and stands in help and reference", async (words, command) => {
    const given = optionsOf(command).flatMap(([name, option]) =>
      option.kind === null ? [`--${name}`] : [`--${name}`, goodText(option)],
    );
    const { values } = parseCommand(command, given, "/somewhere");
    for (const [name, option] of optionsOf(command)) {
      expect(values[name], name).not.toBe(undefined);
      if (option.kind === null) expect(values[name], name).toBe(true);
    }
    const [help, reference] = [
      await runCommand([...command.words, "--help"]),
      await runCommand(["help", "--reference"]),
    ];
    const chapter = reference.out.split(`### cellgate ${words}\n`)[1]!.split(/\n##/)[0]!;
    expect(chapter).toContain(command.example);
    for (const [name] of optionsOf(command))
      for (const text of [help.out, chapter]) expect(text).toMatch(new RegExp(`--${name}\\b`));
  });

  test.each(named)("%s: an option that nobody declared is refused before anything is done", async (words) => {
    const { code, out, err } = await runCommand([...words.split(" "), "--no-such-thing"]);
    expect([code, out]).toEqual([EXIT.usage, ""]);
    expect(err).toMatch(/no option --no-such-thing\n +→ see cellgate .* --help/);
  });

  test("one idea has one spelling: no two names for a reason, a person, a folder of a node", () => {
    const names = new Set(COMMANDS.flatMap(({ options }) => Object.keys(options)));
    for (const old of ["reason", "why", "hours", "seconds", "horizon-ms", "data-dir", "by"])
      expect(names).not.toContain(old);
    for (const [words, { options }] of named)
      if (options["data"] !== undefined) expect(options["data"].kind, words).toBe(kinds.nodeFolder);
  });
});

describe("a mistyped command line", () => {
  const mistakes: [string, RegExp][] = [
    ["run x.yaml --sed 7", /no option --sed\n +→ did you mean --seed\? see cellgate run --help/],
    ["run x.yaml --scneario idle", /did you mean --scenario\?/],
    ["run x.yaml -s 7", /no option -s\n/],
    ["run x.yaml --tape --json", /--tape needs a value\n +→ write --tape out\.mcap/],
    ["run x.yaml --tape", /--tape needs a value/],
    ["run x.yaml --json=yes", /--json takes no value\n +→ write --json alone/],
    [
      "run x.yaml --for 20x",
      /--for 20x is no length of time\n +→ write it like 250ms, 20s, 5m, 30min, 1h or 2d/,
    ],
    ["run x.yaml --for 0", /no length of time/],
    ["run x.yaml --seed -3", /--seed -3 is no seed/],
    ["run x.yaml --port 70000", /--port 70000 is no port\n +→ .*65,535/],
    ["run x.yaml --speed fast", /--speed fast is none of them\n +→ choose one of 1, max/],
    ["ledger show --type blok", /--type blok is no receipt type\n +→ choose one of .*block/],
    ["ledger show --since yesterday", /--since yesterday is no time/],
    ["ledger export", /no file to write\n/],
    ["replay x.mcap --fail-on block,all", /--fail-on block,all/],
    ["propose x.json --wait 2h", /--wait 2h is too long\n +→ give at most 1h/],
    ["promote x.json --deployment y.yaml --kind heat", /choose one of head, /],
  ];
  test.each(mistakes)("cellgate %s", async (line, says) => {
    const { code, out, err } = await runCommand(line.split(" "));
    expect([code, out]).toEqual([EXIT.usage, ""]);
    expect(err).toMatch(says);
  });

  const former: [string, RegExp][] = [
    ["kill --reason smoke", /--reason has another name now\n +→ write --because WHY instead/],
    ["stage advance --reason calm", /write --because WHY/],
    ["approvals approve pick-17 --reason looked", /write --because WHY/],
    ["train --data bags/", /--data is a node's folder and nothing else\n +→ write --recordings PATH/],
    ["evaluate head.json --data bags/", /write --recordings PATH/],
    ["train --horizon-ms 600", /write --horizon 600ms/],
    ["rollout status --data rollouts", /write --rollouts DIR/],
    ["shadow start x --hours 8", /write --for 8h/],
  ];
  test.each(former)("the old spelling answers with the new one: cellgate %s", async (line, says) => {
    const { code, err } = await runCommand(line.split(" "));
    expect(code).toBe(EXIT.usage);
    expect(err).toMatch(says);
  });
});

describe("values", () => {
  test("lengths of time take all units everywhere", () => {
    const lengths: [string, number][] = [
      ["250ms", 250e3],
      ["20s", 20e6],
      ["1.5", 1.5e6],
      ["5m", 300e6],
      ["30min", 1_800e6],
      ["1h", 3_600e6],
      ["2d", 172_800e6],
    ];
    for (const [text, us] of lengths) {
      expect(value(kinds.duration(), text)).toEqual({ ok: true, value: us });
      expect(value(kinds.offset, text)).toEqual({ ok: true, value: us });
    }
    const ago = value(kinds.instant, "30min").value as number;
    expect(Math.abs(Date.now() * 1_000 - 1_800e6 - ago)).toBeLessThan(60e6);
    expect(value(kinds.instant, "1970-01-01T00:00:01Z").value).toBe(1e6);
    for (const text of ["", "s", "-1s", "1 s", "1e3", "NaN", "Infinity", "5M", "5mins"])
      expect(value(kinds.duration(), text).ok, text).toBe(false);
  });
  test("whole numbers are whole, in their bounds, and nothing else", () => {
    for (const text of ["", " 5", "5.0", "1e1", "0x5", "-1", "11", "0"])
      expect(value(kinds.count(10), text).ok, text).toBe(false);
    expect(value(kinds.count(10), "10")).toEqual({ ok: true, value: 10 });
  });
  test("a node's folder is absolute from where the person stands", () => {
    expect(value(kinds.nodeFolder, "data").value).toBe("/somewhere/data");
  });
  test("a name or a reason of blanks is none", () => {
    expect(value(kinds.person, " ").ok).toBe(false);
    expect(value(kinds.because, "\t").ok).toBe(false);
  });
});

describe("completion", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-completion-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const scripts: Record<string, string> = {};
  beforeAll(async () => {
    for (const shell of ["bash", "zsh", "fish"])
      scripts[shell] = (await runCommand(["completion", shell])).out;
    writeFileSync(join(folder, "script.bash"), scripts["bash"]!);
    writeFileSync(join(folder, "cell.yaml"), "");
    mkdirSync(join(folder, "celldata"));
  });
  /** What bash offers for a line whose last word is being typed. */
  function offered(lines: readonly string[][]): string[][] {
    const asked = lines.map(
      (words) =>
        `COMP_WORDS=(${["cellgate", ...words].map((w) => `'${w}'`).join(" ")}); COMP_CWORD=${words.length}; _cellgate; echo "\${COMPREPLY[*]}"`,
    );
    const { stdout, stderr } = spawnSync("bash", ["--norc"], {
      cwd: folder,
      input: ["source ./script.bash", ...asked].join("\n"),
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const answers = stdout.replace(/\n$/, "").split("\n");
    expect(answers).toHaveLength(lines.length);
    return answers.map((line) => line.split(" ").filter((word) => word !== ""));
  }

  test("bash: commands, their options, values and files, as a person types them", () => {
    const [first, ledger, anchor, option, value, flagged, file, data, format, nothing] = offered([
      ["led"],
      ["ledger", "ver"],
      ["ledger", "anchor", ""],
      ["run", "x.yaml", "--se"],
      ["run", "--speed", ""],
      ["run", "--json", "--spe"],
      ["run", "cell"],
      ["status", "--data", "cell"],
      ["sim", "world", "m"],
      ["kill", "--because", ""],
    ]);
    expect(first).toEqual(["ledger"]);
    expect(ledger).toEqual(["verify"]);
    expect(anchor!.sort()).toEqual(["list", "now"]);
    expect(option).toEqual(["--seed"]);
    expect(value).toEqual(["1", "max"]);
    expect(flagged).toEqual(["--speed"]);
    expect(file!.sort()).toEqual(["cell.yaml", "celldata"]);
    expect(data).toEqual(["celldata"]);
    expect(format).toEqual(["mjcf"]);
    expect(nothing).toEqual([]);
  });

  test("bash: offers every option of every command, and every known value", () => {
    const lines: string[][] = [];
    const expected: string[][] = [];
    for (const command of COMMANDS) {
      lines.push([...command.words, "-"]);
      expected.push([...optionsOf(command).map(([name]) => `--${name}`), "--help"]);
      for (const [name, { kind }] of optionsOf(command)) {
        if (kind === null || typeof kind.completes === "string") continue;
        lines.push([...command.words, `--${name}`, ""]);
        expected.push([...kind.completes]);
      }
    }
    expect(offered(lines)).toEqual(expected);
  });

  test("zsh and fish: every command, option and known value stands in the script at its place", () => {
    for (const command of COMMANDS) {
      const words = command.words.join(" ");
      const zsh = scripts["zsh"]!.split(`    ('${words}')\n`)[1]!.split("      ;;\n")[0]!;
      const fish = scripts["fish"]!.split("\n").filter((line) =>
        line.includes(`__cellgate_at \\'${words}\\''`),
      );
      for (const [name, { kind }] of optionsOf(command)) {
        expect(zsh).toContain(`'--${name}:`);
        expect(fish.join("\n")).toMatch(new RegExp(` -l ${name} `));
        if (kind === null || typeof kind.completes === "string") continue;
        expect(zsh).toMatch(new RegExp(`--${name}\\) compadd -- '${kind.completes[0]}'`));
        expect(fish.find((line) => line.includes(` -l ${name} `))).toContain(kind.completes.join(" "));
      }
    }
  });

  for (const shell of ["bash", "zsh", "fish"])
    test.skipIf(spawnSync(shell, ["--version"]).error !== undefined)(
      `${shell} takes the script (skipped where it is not installed)`,
      () => {
        const { status, stderr } = spawnSync(shell, ["-n"], { input: scripts[shell], encoding: "utf8" });
        expect([status, stderr]).toEqual([0, ""]);
      },
    );
});
