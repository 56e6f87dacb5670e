import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "yaml";
import { cellOf, DOCS, ROOT, table } from "./markdown.ts";

export interface Requirement {
  readonly id: string;
  readonly what: string;
  readonly code: readonly string[];
  readonly codes: readonly string[];
}
export const requirements = (): Requirement[] =>
  parse(readFileSync(join(DOCS, "safety/requirements.yaml"), "utf8")) as Requirement[];

const GROUPS: Readonly<Record<string, string>> = {
  A: "Stop and restart",
  B: "Inputs",
  C: "Gate",
  D: "Approval by a person",
  E: "Receipts",
  F: "Promotion and rollout",
  G: "Distances and contact",
  H: "Operation",
};
const TITLED = /(?:describe|test|it)\b[^"`]{0,60}(["`])((?:[A-H]\d{1,2},? )+)([^"`\n]*)/g;

/** id → the test files that show it, each with the titles that carry the id */
export function testsOf(): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, Map<string, string[]>>();
  const files = ["test", "devices"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
  );
  for (const file of files.sort())
    for (const [, , ids, title] of readFileSync(join(ROOT, file), "utf8").matchAll(TITLED))
      for (const [id] of ids!.matchAll(/[A-H]\d{1,2}/g)) {
        const files = found.get(id) ?? new Map<string, string[]>();
        files.set(file, [...(files.get(file) ?? []), title!]);
        found.set(id, files);
      }
  return found;
}

/** Where a requirement points to something that is not there. */
export function gaps(codes: Readonly<Record<string, unknown>>): string[] {
  const tests = testsOf();
  const known = new Set(requirements().map(({ id }) => id));
  return [
    ...requirements().flatMap(({ id, code, codes: named }) => [
      ...(tests.has(id) ? [] : [`${id}: no test carries its name`]),
      ...code.filter((path) => !existsSync(join(ROOT, path))).map((path) => `${id}: ${path} does not exist`),
      ...named.filter((name) => !(name in codes)).map((name) => `${id}: ${name} is not a code`),
    ]),
    ...[...tests.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `${id}: named by a test, not in the list`),
  ];
}

export function requirementsPage(): string {
  const tests = testsOf();
  return [
    "# Requirements and their tests",
    "",
    "What a careful safety engineer would demand of this node. It is **not a safety-rated device**: the emergency stop stays hardwired.",
    "Each requirement names the code that meets it, the codes that a person sees, and the tests that show it. `npm test` runs them; a requirement without a test fails it.",
    ...Object.entries(GROUPS).flatMap(([letter, title]) => [
      "",
      `## ${letter}. ${title}`,
      "",
      ...table(
        ["Id", "Requirement", "Code", "Codes", "Tests"],
        requirements()
          .filter(({ id }) => id.startsWith(letter))
          .map(({ id, what, code, codes }) => [
            id,
            cellOf(what),
            code.map((path) => `\`${path}\``).join("<br>"),
            codes.map((name) => `[${name}](../reference/codes.md#${name.toLowerCase()})`).join("<br>"),
            [...(tests.get(id) ?? [])].map(([file, titles]) => `\`${file}\` (${titles.length})`).join("<br>"),
          ]),
      ),
    ]),
    "",
  ].join("\n");
}
