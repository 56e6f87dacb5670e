import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { filesOf, type Lane, LANES, SCALED } from "./lanes.ts";

/** Every test runs somewhere, once; what is counted short in its lane is counted in full in soak. */
const root = resolve(import.meta.dirname, "..");
const all = globSync("test/**/*.test.ts", { cwd: root }).sort();
const inLane = (lane: Lane): string[] => {
  const { include, exclude } = filesOf(lane);
  const without = new Set(globSync(exclude, { cwd: root }));
  return [...new Set(globSync(include, { cwd: root }))].filter((file) => !without.has(file));
};

describe("lanes", () => {
  const lanes = new Map(LANES.map((lane) => [lane, inLane(lane)]));
  test("every test file has exactly one, and those of SCALED soak besides", () => {
    const runs = new Map(all.map((file) => [file, [] as string[]]));
    for (const [lane, files] of lanes) for (const file of files) runs.get(file)!.push(lane);
    for (const [file, where] of runs)
      expect(
        where.filter((lane) => lane !== "soak" || !SCALED.includes(file)),
        file,
      ).toHaveLength(1);
    expect(SCALED.filter((file) => !lanes.get("soak")!.includes(file))).toEqual([]);
  });
  test("each has tests of its own, and no pattern names a file that is gone", () => {
    for (const [lane, files] of lanes) expect(files.length, lane).toBeGreaterThan(2);
    const named = LANES.flatMap((lane) => filesOf(lane).include).filter((p) => !p.includes("*"));
    expect(named.filter((pattern) => globSync(pattern, { cwd: root }).length === 0)).toEqual([]);
  });
  test("whoever does less outside of soak is in SCALED", () => {
    const counting = all.filter((file) =>
      /import \{[^}]*\bcount\b[^}]*\} from "[./]*\/count\.ts"|env\["CELLGATE_LANE"\]/.test(
        readFileSync(join(root, file), "utf8"),
      ),
    );
    expect(counting).toEqual([...SCALED].sort());
  });
  test("the core lane starts no process, thread or socket", () => {
    const wrong = lanes
      .get("core")!
      .filter((file) =>
        /"node:(child_process|worker_threads|net|dgram|http)"/.test(readFileSync(join(root, file), "utf8")),
      );
    expect(wrong).toEqual([]);
  });
});
