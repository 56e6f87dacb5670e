import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * Nothing is exported that neither the sources nor a test uses, no file is reached from nowhere, and every package that
 * is listed is used. Found by knip; the faces of the package are used by others and count as entries, and the index of a
 * room may offer what only the room itself uses today: what stands behind it is looked at all the same. Three packages are
 * loaded by a name that knip cannot see: DuckDB where somebody has it, the Modbus peer of a test, and what builds the pages.
 */
const root = resolve(import.meta.dirname, "..");
const json = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(root, file), "utf8")) as Record<string, unknown>;
interface Issues {
  readonly file: string;
  readonly [kind: string]: unknown;
}
const KINDS = ["exports", "files", "dependencies", "devDependencies", "unlisted"];

function faces(): string[] {
  const files = (value: unknown): string[] =>
    typeof value === "string" ? [value] : Object.values(value as Record<string, unknown>).flatMap(files);
  return files(json("package.json")["exports"])
    .filter((file) => file.endsWith(".js"))
    .map((file) => file.replace("./dist/", "").replace(/\.js$/, ".ts"));
}
function found(change: Record<string, unknown> = {}): string[] {
  const folder = join(root, "node_modules/.cache");
  mkdirSync(folder, { recursive: true });
  const config = join(folder, `knip-${process.pid}.json`);
  const base = json("test/knip.json");
  const entry = [...(base["entry"] as string[]), ...faces()];
  writeFileSync(config, JSON.stringify({ ...base, entry, ...change }));
  const args = ["--config", config, "--include", "exports,files,dependencies,unlisted", "--reporter", "json"];
  const knip = join(root, "node_modules/.bin/knip");
  const { stdout, stderr } = spawnSync(knip, [...args, "--no-progress"], { cwd: root, encoding: "utf8" });
  expect(stdout, stderr).toMatch(/^\{/);
  const { issues } = JSON.parse(stdout) as { issues: Issues[] };
  return issues.flatMap((issue) =>
    KINDS.flatMap((kind) =>
      ((issue[kind] as { name: string }[] | undefined) ?? []).map(
        ({ name }) => `${issue.file}: ${kind} ${name}`,
      ),
    ),
  );
}

describe("nothing dead", () => {
  test("exports, files and packages are used", () => {
    expect(found()).toEqual([]);
  });
  test("it sees what is dead: without the tests, what only they use is named", () => {
    const words = found({ entry: ["src/*.{mjs,ts}", ...faces()], project: ["src/**/*.ts"] });
    expect(words.length).toBeGreaterThan(20);
  });
});
