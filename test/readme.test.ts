import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

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
/** commands that need a node of their own beside them are run by test/node and test/control */
const paths = blocks()
  .map(({ title, commands }) => ({ title, commands: commands.filter((c) => c.startsWith("npx cellgate ")) }))
  .filter(({ title, commands }) => commands.length > 0 && title !== "cellgate");

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
      expect.arrayContaining(["Robot cell", "Bag engineer", "Safety engineer", "Simulator"]),
    );
    expect(readme).toContain("### MQTT integrator");
  });
  test.each(paths)(
    "the commands of “$title” run",
    ({ commands }) => {
      for (const command of commands) {
        const args = command
          .replace(/\s+#.*$/, "")
          .split(/\s+/)
          .slice(2);
        const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, "src/main.ts"), ...args], {
          cwd: folder,
          encoding: "utf8",
          timeout: 100_000,
        });
        expect(status, `${command}\n${stderr}\n${stdout.slice(-500)}`).toBe(0);
      }
    },
    240_000,
  );
});
