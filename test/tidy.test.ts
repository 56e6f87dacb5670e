import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { FILES, importsOf, LAYERS, layerOf, root, text } from "./import-graph.ts";

/** Style is a test: what may import what, how long things are, which words are banned. */
const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 75;

/** Inside core and edge, rooms are siblings and meet only here; a base may import the bases before it. */
const BASES: Readonly<Record<string, readonly string[]>> = {
  core: ["base", "domain", "stats", "robot"],
  edge: ["ports", "wire", "files", "keys", "report", "recordings", "ledger"],
};
/** The rooms that know all their siblings: the state machine, and the list of transports. */
const KNOWS_ALL = new Set(["core/cell", "edge/transports"]);
/** What several transports share: the bytes of a device, the topics of ROS. */
const TRANSPORT_BASES = ["device", "ros"];

const BANNED: readonly { pattern: RegExp; coreOnly?: true; instead: string }[] = [
  {
    pattern:
      /\bMath\.(exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|tanh|sinh|cosh|asin|acos|atan|atan2|hypot|cbrt|random)\b/,
    coreOnly: true,
    instead:
      "src/core/base/math.ts or src/core/base/prng.ts: the language leaves these to the implementation",
  },
  {
    pattern: /\b(Date\.now|new Date\(|performance\.|setTimeout|setInterval|process\.|Buffer\.)/,
    coreOnly: true,
    instead: "time is an argument; the core has no Node",
  },
  {
    pattern: /\basync\b|\bawait\b|\bPromise\b/,
    coreOnly: true,
    instead: "the core is synchronous; what a worker returns is an event",
  },
  { pattern: /\*\*(?!\/|\*)/, coreOnly: true, instead: "pow from src/core/base/math.ts (or x * x)" },
  { pattern: /\bas any\b|:\s*any\b|<any>/, instead: "unknown and a check" },
  {
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    instead: "do it, or write the reason into docs/decisions",
  },
  {
    pattern: /\b(export )?(const )?enum \w|\bnamespace \w+ \{/,
    instead: "erasable syntax: a union or a const object",
  },
];
const BANNED_FILES = /(^|\/)(utils?|helpers?|misc|common|manager)\.ts$/;

const LAYER_FILES = new Set(["src/main.ts", "src/index.ts"]);
/** src/core/gate/decide.ts → core/gate; src/edge/transports/mqtt/plan.ts → edge/transports/mqtt; src/cli/run.ts → cli */
function roomOf(file: string): string {
  const folders = file.split("/").slice(file.startsWith("src/") ? 1 : 0, -1);
  return folders.slice(0, folders[1] === "transports" ? 3 : 2).join("/");
}

/** Why one room may not import another; null: it may. */
function forbidden(from: string, to: string): string | null {
  const [layer, room] = [layerOf(from), roomOf(from).split("/")[1] ?? ""];
  const [target, targetRoom] = [layerOf(to), roomOf(to).split("/")[1] ?? ""];
  if (LAYER_FILES.has(from)) return null;
  if (!LAYERS.includes(layer)) return `"${layer}" is no layer: ${LAYERS.join(", ")}`;
  if (LAYERS.indexOf(target) > LAYERS.indexOf(layer))
    return `${layer} may not import ${target}: turn the arrow, or pass it as an argument`;
  const bases = layer === target ? BASES[layer] : undefined;
  if (bases === undefined || room === "" || roomOf(from) === roomOf(to) || KNOWS_ALL.has(roomOf(from)))
    return null;
  if (room === "transports" && targetRoom === "transports")
    return TRANSPORT_BASES.includes(to.split("/")[3]!) || from.split("/").length === 4
      ? null
      : "transports never import each other: move what they share to edge/wire";
  const limit = bases.includes(room) ? bases.indexOf(room) : bases.length;
  return bases.slice(0, limit).includes(targetRoom)
    ? null
    : `${layer}/${room} may not import its sibling ${targetRoom}: pass it as an argument from the room that knows both`;
}

describe("one-way rule", () => {
  test("every import points down, and siblings meet in their bases", () => {
    const wrong = FILES.flatMap((file) =>
      importsOf(file).flatMap(({ target, line }) => {
        const why = target === "package.json" ? null : forbidden(file, target);
        return why === null ? [] : [`${file}:${line}: ${why}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test("rooms are entered through their index", () => {
    const open = new Set(["core/base", "core/domain", "cli"]);
    const wrong = FILES.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => {
          const to = roomOf(target);
          if (to === roomOf(file) || open.has(to) || !target.startsWith("src/") || layerOf(target) === "cli")
            return false;
          // a layer that is one room of rooms may look into its own
          if (layerOf(target) === layerOf(file) && !Object.hasOwn(BASES, layerOf(file))) return false;
          return !/\/(index|registry|rule)\.ts$/.test(target) && !target.endsWith(".json");
        })
        .map(
          ({ target, line }) =>
            `${file}:${line}: ${target} is inside a room; export it from the room's index.ts`,
        ),
    );
    expect(wrong).toEqual([]);
  });

  test("no file is imported by what it imports", () => {
    const imports = new Map(FILES.map((file) => [file, importsOf(file).map((i) => i.target)]));
    const circles: string[] = [];
    const done = new Set<string>();
    const walk = (file: string, way: readonly string[]): void => {
      const back = way.indexOf(file);
      if (back >= 0) return void circles.push([...way.slice(back), file].join(" → "));
      if (done.has(file)) return;
      for (const next of imports.get(file) ?? []) walk(next, [...way, file]);
      done.add(file);
    };
    for (const file of FILES) walk(file, []);
    expect(circles).toEqual([]);
  });

  test("the rule can fail: a forbidden import is seen", () => {
    expect(forbidden("src/core/gate/decide.ts", "src/core/risk/index.ts")).toContain("sibling");
    expect(forbidden("src/core/gate/decide.ts", "src/edge/ports/index.ts")).toContain("may not import");
    expect(forbidden("src/edge/transports/mqtt/plan.ts", "src/edge/transports/udp/index.ts")).toContain(
      "never",
    );
    expect(forbidden("src/node/compose.ts", "src/core/cell/index.ts")).toBeNull();
  });
});

describe("size", () => {
  test(`files have fewer than ${FILE_LINES_MAX} lines`, () => {
    expect(FILES.filter((f) => text(f).split("\n").length > FILE_LINES_MAX)).toEqual([]);
  });

  test(`functions have at most ${FUNCTION_LINES_MAX} lines, without those nested in them`, () => {
    const long: string[] = [];
    for (const file of FILES) {
      const source = ts.createSourceFile(file, text(file), ts.ScriptTarget.ESNext, true);
      const lineOf = (at: number) => source.getLineAndCharacterOfPosition(at).line;
      const visit = (node: ts.Node): number => {
        let inner = 0;
        ts.forEachChild(node, (child) => void (inner += visit(child)));
        if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return inner;
        const whole = lineOf(node.getEnd()) - lineOf(node.getStart()) + 1;
        if (whole - inner > FUNCTION_LINES_MAX)
          long.push(`${file}:${lineOf(node.getStart()) + 1}: ${whole - inner} lines of its own`);
        return whole;
      };
      visit(source);
    }
    expect(long).toEqual([]);
  });
});

describe("words", () => {
  test("banned words and their replacement", () => {
    const wrong: string[] = [];
    for (const file of FILES)
      text(file)
        .split("\n")
        .forEach((line, i) => {
          const code = line.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\/\/.*$|^\s*\*.*$|^\s*\/\*.*$/, "");
          for (const { pattern, coreOnly, instead } of BANNED) {
            const scope = !coreOnly || layerOf(file) === "core";
            const subject = /TODO/.test(pattern.source) ? line : code;
            if (scope && pattern.test(subject))
              wrong.push(`${file}:${i + 1}: ${line.trim().slice(0, 80)} → ${instead}`);
          }
        });
    expect(wrong).toEqual([]);
  });

  test("file names are kebab-case and say what is inside", () => {
    expect(
      FILES.filter((f) => !/^[a-z0-9-]+(\.d)?\.ts$/.test(f.split("/").at(-1)!) || BANNED_FILES.test(f)),
    ).toEqual([]);
  });
});

describe("nothing dead", () => {
  test("every source file is reached from an entry", () => {
    // the package's own exports are entries beside the command line
    const { exports: faces } = JSON.parse(text("package.json")) as {
      exports: Record<string, string | { readonly default: string }>;
    };
    const exported = Object.values(faces)
      .map((f) => (typeof f === "string" ? f : f.default))
      .flatMap((f) => (f.endsWith(".js") ? [f.replace("./dist/", "").replace(/\.js$/, ".ts")] : []));
    const entries = [
      "src/main.ts",
      ...exported,
      ...FILES.filter((f) => /-worker\.ts$|\/worker\.ts$/.test(f)),
      // what a browser loads
      ...FILES.filter((f) => /\/page\/(app|report)\.ts$/.test(f)),
    ];
    const reached = new Set<string>();
    const follow = (file: string): void => {
      if (reached.has(file) || !file.endsWith(".ts")) return;
      reached.add(file);
      for (const { target } of importsOf(file)) follow(target);
    };
    entries.forEach(follow);
    expect(FILES.filter((f) => !reached.has(f))).toEqual([]);
  });
});

describe("top level", () => {
  test("holds only what its owner fixed", () => {
    const allowed = new Set([
      "package.json",
      "package-lock.json",
      "package.xml",
      "tsconfig.json",
      "src",
      "launch",
      "devices",
      "sim",
      "test",
      "README.md",
      "CHANGELOG.md",
      "LICENSE",
      "node_modules",
      "dist",
      "data",
      "coverage",
      "CONTRIBUTING.md",
      "SECURITY.md",
      "docs",
      "vitest.config.ts",
      "eslint.config.mjs",
      "biome.json",
      "tsconfig.build.json",
    ]);
    expect(readdirSync(root).filter((name) => !name.startsWith(".") && !allowed.has(name))).toEqual([]);
    expect(statSync(join(root, ".ci/run")).mode & 0o111).not.toBe(0);
  });
});
