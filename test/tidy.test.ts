import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

/** Style is a test: what may import what, how long things are, which words are banned. */
const root = resolve(import.meta.dirname, "..");
const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 75;

/** Who may import whom. A room not listed as a target may not be imported. */
const PURE = ["base", "domain", "stats", "robot"];
const CORE_SIBLINGS = ["features", "risk", "reflex", "gate", "watch", "receipts", "promotion", "rollout"];
const ADAPTER = ["base", "domain", "stats", "robot", "ports", "wire"];
const EVERYTHING = ["*"];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  domain: ["base"],
  stats: ["base"],
  robot: ["base", "domain"],
  ...Object.fromEntries(CORE_SIBLINGS.map((room) => [room, PURE])),
  cell: [...PURE, ...CORE_SIBLINGS],
  ports: ["base", "domain"],
  wire: [...PURE],
  transports: ADAPTER,
  actuators: ADAPTER,
  devices: ADAPTER,
  config: ["base", "domain"],
  ledger: ["base", "domain", "ports", "receipts"],
  tape: [...PURE, "ports", "wire", "transports"],
  control: ["base", "domain", "ports"],
  workers: [...PURE, "ports", "cell", "gate", "watch", "risk", "features", "sim"],
  sim: [...ADAPTER, "transports"],
  dashboard: ["base", "domain", "ports", "receipts", "report", "ledger"],
  report: ["base", "domain", "stats"],
  node: [...PURE, "ports", "cell", "config", "reflex"],
  training: [...PURE, "ports", "wire", "features", "risk", "transports", "sim", "report"],
  replay: EVERYTHING,
  audit: [...PURE, "wire", "rollout", "transports"],
  fleet: EVERYTHING,
  promote: EVERYTHING,
  cli: EVERYTHING,
  "compose.ts": EVERYTHING,
  "deployment-files.ts": [...PURE, "config", "control", "risk-head.ts"],
  "risk-head.ts": [...PURE, "cell", "features", "risk", "node"],
  "stage-file.ts": ["base", "domain"],
  "user-error.ts": [],
  "lifecycle.ts": ["compose.ts", "domain", "node", "ports"],
  "main.ts": ["cli"],
};
/** Folders inside `transports` are rooms of their own; adapters never import adapters, but what several share: bags as files, bytes of a device, ROS topics and their quality of service */
const SHARED_TRANSPORT_ROOMS = new Set(["bag", "device", "ros"]);
const TRANSPORT_EXCEPTIONS = new Set(["registry.ts"]);

const BANNED: readonly { pattern: RegExp; where: RegExp; instead: string }[] = [
  {
    pattern:
      /\bMath\.(exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|tanh|sinh|cosh|asin|acos|atan|atan2|hypot|cbrt|random)\b/,
    where: /^core/,
    instead:
      "src/core/base/math.ts or src/core/base/prng.ts: the language leaves these to the implementation",
  },
  {
    pattern: /\b(Date\.now|new Date\(|performance\.|setTimeout|setInterval|process\.|Buffer\.)/,
    where: /^core/,
    instead: "time is an argument; the core has no Node",
  },
  {
    pattern: /\basync\b|\bawait\b|\bPromise\b/,
    where: /^core/,
    instead: "the core is synchronous; what a worker returns is an event",
  },
  { pattern: /\*\*(?!\/|\*)/, where: /^core/, instead: "pow from src/core/base/math.ts (or x * x)" },
  { pattern: /\bas any\b|:\s*any\b|<any>/, where: /./, instead: "unknown and a check" },
  {
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    where: /./,
    instead: "do it, or write the reason into src/DECISIONS.md",
  },
  {
    pattern: /\b(export )?(const )?enum \w|\bnamespace \w+ \{/,
    where: /./,
    instead: "erasable syntax: a union or a const object",
  },
];
const BANNED_FILES = /(^|\/)(utils?|helpers?|misc|common|manager)\.ts$/;

function sources(folder: string, ending = ".ts"): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : sources(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}
const FILES = [...sources("src"), ...sources("devices"), ...sources("sim")];
/** what runs in a browser, as it stands */
const PAGE_FILES = sources("src", ".js");
const text = (file: string) => readFileSync(join(root, file), "utf8");

/** src/core/gate/decide.ts → gate; devices/x/device.ts → devices; src/main.ts → main.ts */
function roomOf(file: string): string {
  const parts = file.split("/");
  return parts[0] === "src" ? parts[1]! : parts[0]!;
}
const isCore = (file: string) =>
  ["base", "domain", "stats", "robot", ...CORE_SIBLINGS, "cell"].includes(roomOf(file));

function importsOf(file: string): { target: string; line: number }[] {
  const source = ts.createSourceFile(file, text(file), ts.ScriptTarget.ESNext, true);
  const found: { target: string; line: number }[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier &&
      ts.isStringLiteral(node.moduleSpecifier)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) &&
            node.expression.kind === ts.SyntaxKind.ImportKeyword &&
            node.arguments[0] &&
            ts.isStringLiteral(node.arguments[0])
          ? node.arguments[0]
          : null;
    if (specifier?.text.startsWith("."))
      found.push({
        target: relative(root, resolve(root, dirname(file), specifier.text)),
        line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("one-way rule", () => {
  test("every import follows the table", () => {
    const wrong: string[] = [];
    for (const file of FILES) {
      const from = roomOf(file);
      const allowed = MAY_IMPORT[from] ?? [];
      if (MAY_IMPORT[from] === undefined) wrong.push(`${file}: room "${from}" is not in the import table`);
      for (const { target, line } of importsOf(file)) {
        const to = roomOf(target);
        if (to === from) {
          const [a, b] = [file.split("/")[2], target.split("/")[2]];
          if (
            from === "transports" &&
            a !== b &&
            !SHARED_TRANSPORT_ROOMS.has(b!) &&
            !TRANSPORT_EXCEPTIONS.has(a!)
          )
            wrong.push(
              `${file}:${line}: transports/${a} may not import transports/${b}; move what they share to wire/`,
            );
          continue;
        }
        if (allowed.includes("*") || allowed.includes(to) || target === "package.json") continue;
        wrong.push(
          `${file}:${line}: ${from} may not import ${to}; pass it as an argument from the room that knows both`,
        );
      }
    }
    expect(wrong).toEqual([]);
  });

  test("rooms are entered through their index", () => {
    const open = new Set(["base", "domain", "cli"]);
    const wrong = FILES.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => {
          const to = roomOf(target);
          if (to === roomOf(file) || open.has(to) || !target.startsWith("src/")) return false;
          return (
            !/\/(index|registry|rule)\.ts$/.test(target) &&
            !/^src\/[^/]+\.ts$/.test(target) && // stands in no room
            !target.endsWith(".json")
          );
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

  test("the table can fail: a forbidden import is seen", () => {
    expect(MAY_IMPORT["gate"]).not.toContain("risk");
    expect(roomOf("src/core/gate/decide.ts")).toBe("gate");
  });
});

describe("size", () => {
  test(`files have fewer than ${FILE_LINES_MAX} lines`, () => {
    expect([...FILES, ...PAGE_FILES].filter((f) => text(f).split("\n").length > FILE_LINES_MAX)).toEqual([]);
  });

  test(`functions have at most ${FUNCTION_LINES_MAX} lines, without those nested in them`, () => {
    const long: string[] = [];
    for (const file of [...FILES, ...PAGE_FILES]) {
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
          for (const { pattern, where, instead } of BANNED) {
            const scope = where.source === "^core" ? isCore(file) : true;
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
    const { exports: faces } = JSON.parse(text("package.json")) as { exports: Record<string, string> };
    const exported = Object.values(faces).flatMap((f) =>
      f.endsWith(".js") ? [f.replace("./dist/", "").replace(/\.js$/, ".ts")] : [],
    );
    const entries = [
      "src/main.ts",
      ...exported,
      ...FILES.filter((f) => /-worker\.ts$|\/worker\.ts$/.test(f)),
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
    ]);
    expect(readdirSync(root).filter((name) => !name.startsWith(".") && !allowed.has(name))).toEqual([]);
    expect(statSync(join(root, ".ci/run")).mode & 0o111).not.toBe(0);
  });
});
