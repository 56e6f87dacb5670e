import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { COMMANDS } from "../../src/cli/registry.ts";
import { EXIT } from "../../src/cli/command.ts";
import { runCommand, type Said } from "../cli/run-command.ts";

/**
 * What a user can see from outside and must not change by accident: receipts of whole runs, what the launch files are
 * said to be, help texts, exit codes, what is packed. test/fence/fence.json holds it; `npm run fence:update` writes it anew.
 */
export const root = resolve(import.meta.dirname, "../..");
export const FENCE_FILE = join(import.meta.dirname, "fence.json");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export type Fence = Readonly<
  Record<"runs" | "launch" | "help" | "exit" | "package", Readonly<Record<string, string>>>
>;

const RUNS: readonly string[] = [
  "launch/demo-cell.yaml --for 20s --seed 7",
  "launch/demo-cell.yaml --for 30s --seed 11 --scenario idle",
  "launch/demo-cell.yaml --for 10s --seed 3 --scenario walk-in",
  "launch/demo-cell.yaml --for 10s --seed 5 --scenario e-stop",
];
/** Each mistake, and each answer that is not a mistake, has its code. */
const ENDS: readonly (readonly string[])[] = [
  ["--help"],
  ["--version"],
  ["nonsense"],
  ["config"],
  ["config", "check"],
  ["config", "check", "launch/demo-cell.yaml", "--wrong"],
  ["config", "check", "launch/none.yaml"],
  ["config", "check", "launch/demo-cell.yaml"],
  ["config", "check", "launch/sim.bridge.yaml"],
  ["inspect", "package.json"],
  ["ledger", "verify", "no-such-folder"],
  ["run"],
  ["run", "launch/demo-cell.yaml", "--for", "soon"],
];

const nameOf = (code: number): string =>
  Object.entries(EXIT).find(([, value]) => value === code)?.[0] ?? "none of EXIT";
const said = (argv: readonly string[]): Promise<Said> => runCommand(argv, { cwd: root, columns: 100 });

async function measureRuns(): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-fence-"));
  const found: Record<string, string> = {};
  try {
    for (const [i, run] of RUNS.entries()) {
      const data = join(folder, String(i));
      const { out } = await said(["run", ...run.split(" "), ..."--speed max --json --data".split(" "), data]);
      const end = JSON.parse(out.trim().split("\n").at(-1)!) as Record<string, string | number>;
      found[run] = `${end["digest"]} ${end["receipts"]} receipts ${end["events"]} events ${end["state"]}`;
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
async function measureLaunch(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(root, "launch")).sort()) {
    if (!name.endsWith(".yaml") || /asyncapi|rollout/.test(name)) continue;
    const { code, out, err } = await said(["config", "check", `launch/${name}`]);
    found[name] = `${code} ${(out + err).split("\n")[0]}`;
  }
  return found;
}
async function measureHelp(): Promise<Record<string, string>> {
  const found: Record<string, string> = { overview: sha256((await said(["--help"])).out) };
  for (const { words } of COMMANDS) found[words.join(" ")] = sha256((await said([...words, "--help"])).out);
  return found;
}
async function measureExit(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(EXIT)) found[`EXIT ${name}`] = String(value);
  for (const argv of ENDS) {
    const { code } = await said(argv);
    found[`cellgate ${argv.join(" ")}`] = `${code} ${nameOf(code)}`;
  }
  return found;
}

/** What is packed besides the compiled files, which follow the sources. */
async function measurePackage(): Promise<Record<string, string>> {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const answer = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" })) as unknown;
  // an array in some versions of npm, an object by the package's name in others
  const [packed] = Object.values(answer as Record<string, { files: { path: string; mode: number }[] }>);
  const files = packed!.files.filter(({ path }) => !path.startsWith("dist/"));
  return Object.fromEntries(files.map(({ path, mode }) => [path, mode & 0o111 ? "runs" : "is read"]).sort());
}

export const MEASURES: { [part in keyof Fence]: () => Promise<Record<string, string>> } = {
  runs: measureRuns,
  launch: measureLaunch,
  help: measureHelp,
  exit: measureExit,
  package: measurePackage,
};

export async function writeFence(): Promise<void> {
  const parts = [];
  for (const [part, measure] of Object.entries(MEASURES)) parts.push([part, await measure()]);
  writeFileSync(FENCE_FILE, `${JSON.stringify(Object.fromEntries(parts), null, 2)}\n`);
}
