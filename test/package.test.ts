import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
  },
);
