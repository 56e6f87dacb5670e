import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** The package as a user gets it: packed, installed into an empty project, run by npx. */
const root = resolve(import.meta.dirname, "..");
const online =
  spawnSync("npm", ["ping", "--fetch-timeout", "8000", "--fetch-retries", "0"], { stdio: "ignore" })
    .status === 0;
let folder = "";

beforeAll(() => {
  if (!online) return;
  folder = mkdtempSync(join(tmpdir(), "cellgate-package-"));
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  writeFileSync(join(folder, "package.json"), '{ "name": "empty", "private": true }\n');
  const file = packed.trim().split("\n").at(-1)!;
  execFileSync(
    "npm",
    ["install", "--no-fund", "--no-audit", "--omit=optional", "--prefer-offline", `./${file}`],
    { cwd: folder, stdio: "ignore" },
  );
}, 240_000);
afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});
const CONSUMER = `
import { runNode, readDeployment, UserError, type RunEnd } from "cellgate";
import { cellOf, codeEntry, replayEvents, type Effect } from "cellgate/core";
import { defineExtension, z } from "cellgate/extension";
import { PLAIN_REPLAY, replayOne } from "cellgate/lab";
import { parseTlogProof, verifyInclusion } from "cellgate/receipts";
import { ruleContract, Story, VirtualClock } from "cellgate/testing";

const end: RunEnd = await runNode({ deployment: "cell.yaml", seed: 7, lengthMs: 3_000, speed: "max" });
export const digest: string = end.digest;
// @ts-expect-error a seed is a number
void runNode({ deployment: "cell.yaml", seed: "7" });
export const title: string = codeEntry("ESTOP_PRESSED").title;
// @ts-expect-error there is no such code
codeEntry("ESTOP_PRESED");
export default defineExtension({
  name: "acme",
  rules: [{ name: "r", purpose: "p", codes: ["EXT_ACME_X"], settings: z.strictObject({}), build: () => [] }],
});
export type Effects = readonly Effect[];
export const used = [readDeployment, UserError, cellOf, replayEvents, PLAIN_REPLAY, replayOne, parseTlogProof, verifyInclusion, ruleContract, Story, VirtualClock];
`;
/** npm itself may have something to say about the machine's own settings */
const withoutNpm = (text: string): string => text.replace(/^npm warn .*\n/gm, "");
const npx = (...args: string[]) =>
  spawnSync("npx", ["--no-install", "cellgate", ...args], { cwd: folder, encoding: "utf8" });

describe.skipIf(!online)(
  `the package in an empty project${online ? "" : " (skipped: the npm registry cannot be reached)"}`,
  () => {
    test("npx cellgate --help runs there", () => {
      const { status, stdout } = npx("--help");
      expect(status).toBe(0);
      expect(stdout).toContain("Not a safety-rated device");
    });
    test("a cell runs there, from compiled files", () => {
      const { status, stdout, stderr } = npx(
        ..."start --for 2s --seed 7 --speed max --json --data".split(" "),
        join(folder, "cell"),
      );
      expect(withoutNpm(stderr)).toBe("");
      expect(status).toBe(0);
      expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toMatchObject({ kind: "end", state: "RUNNING" });
    });
    test("compiled code that it keeps and runs lies inside it, not where everybody may write", () => {
      const temporary = join(folder, "temporary");
      mkdirSync(temporary);
      const { NODE_COMPILE_CACHE: _, ...env } = process.env;
      // without npx, which keeps some of its own there
      const program = join(folder, "node_modules/.bin/cellgate");
      expect(spawnSync(program, ["--help"], { env: { ...env, TMPDIR: temporary } }).status).toBe(0);
      expect(readdirSync(temporary)).toEqual([]);
      expect(existsSync(join(folder, "node_modules/cellgate/node_modules/.cache/cellgate"))).toBe(true);
    });
    test("it carries no tests, no sources of the sources, and the licence", () => {
      const inside = readdirSync(join(folder, "node_modules/cellgate"), { recursive: true }).map(String);
      expect(inside).toContain("LICENSE");
      expect(
        inside.filter((f) => /\.test\./.test(f) || (/(?<!\.d)\.ts$/.test(f) && !f.includes("node_modules"))),
      ).toEqual([]);
    });
    test("runNode is what the command line runs: the same digest from a program", () => {
      const cell = join(folder, "node_modules/cellgate/launch/demo-cell.yaml");
      const said = npx(
        "run",
        cell,
        ..."--for 3s --seed 7 --speed max --json --data".split(" "),
        join(folder, "said"),
      ).stdout;
      const { digest } = JSON.parse(said.trim().split("\n").at(-1)!) as { digest: string };
      const program = join(folder, "program.mjs");
      writeFileSync(
        program,
        `import { runNode } from "cellgate";
const end = await runNode({ deployment: process.argv[2], dataDir: process.argv[3], seed: 7, lengthMs: 3000, speed: "max" });
console.log(JSON.stringify(end));
`,
      );
      const ran = spawnSync(process.execPath, [program, cell, join(folder, "ran")], { encoding: "utf8" });
      expect(ran.stderr).toBe("");
      expect(JSON.parse(ran.stdout)).toMatchObject({ why: "over", state: "RUNNING", digest });
    });

    test("a consumer in TypeScript is checked against the shipped types", () => {
      writeFileSync(join(folder, "consumer.mts"), CONSUMER);
      const tsc = join(root, "node_modules/.bin/tsc");
      const flags =
        "--noEmit --strict --skipLibCheck --module nodenext --target es2024 --lib es2024 --types node";
      const checked = spawnSync(
        tsc,
        [...flags.split(" "), "--typeRoots", join(root, "node_modules/@types"), "consumer.mts"],
        { cwd: folder, encoding: "utf8" },
      );
      expect(checked.stdout).toBe("");
    });

    test("a rule, a transport and a device come from a package of their own, installed beside the deployment", () => {
      const home = join(folder, "acme-guard");
      const guard = readFileSync(join(import.meta.dirname, "extension-package/guard.js"), "utf8");
      const install = (text: string): void => {
        mkdirSync(home, { recursive: true });
        writeFileSync(join(home, "guard.js"), text);
        writeFileSync(
          join(home, "package.json"),
          JSON.stringify({ name: "acme-guard", version: "1.0.0", type: "module", exports: "./guard.js" }),
        );
        const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
          cwd: home,
          encoding: "utf8",
        });
        const flags = ["install", "--no-fund", "--no-audit", "--no-save", "--offline", "--omit=optional"];
        execFileSync("npm", [...flags, `./${packed.trim()}`], { cwd: folder, stdio: "ignore" });
      };
      const run = (text: string, name: string) => {
        const sha256 = createHash("sha256").update(text).digest("hex");
        const cell = readFileSync(join(import.meta.dirname, "extension-package/cell.yaml"), "utf8");
        writeFileSync(join(folder, `${name}.yaml`), cell.replace("SHA256", sha256));
        return npx("run", `${name}.yaml`, ..."--for 8s --json --port 0 --data".split(" "), name);
      };
      install(guard);
      const { stdout, stderr } = run(guard, "first");
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { kind: string; receipt?: { body: Record<string, unknown> } });
      const bodies = lines.flatMap((line) => (line.receipt === undefined ? [] : [line.receipt.body]));
      expect(bodies[0]?.["extensions"], stderr).toMatchObject([{ name: "acme", module: "acme-guard" }]);
      // its transport and its device bring readings: the cell gets ready; then its rule stops it
      expect(bodies.map((b) => b["to"])).toContain("READY_BLOCKED");
      expect(bodies).toContainEqual(
        expect.objectContaining({ receipt_type: "state_change", to: "STOPPED", code: "EXT_ACME_TOO_WARM" }),
      );
      const [first] = lines.filter((line) => line.kind === "end") as unknown as {
        config_hash: string;
        digest: string;
      }[];
      // one byte more is not what the deployment was approved with, and approved it is another configuration
      install(`${guard}\n`);
      const refused = npx("run", "first.yaml", "--for", "1s", "--json", "--port", "0", "--data", "refused");
      expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("EXTENSION_HASH")]);
      const other = JSON.parse(run(`${guard}\n`, "other").stdout.trim().split("\n").at(-1)!) as typeof first;
      expect(other!.config_hash).not.toBe(first!.config_hash);
      expect(other!.digest).not.toBe(first!.digest);
    }, 240_000);
  },
);
