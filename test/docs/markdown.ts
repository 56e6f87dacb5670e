import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");
export const DOCS = join(ROOT, "docs");

/** A text as the cell of a table, for a plain forge and for the site. */
export const cellOf = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("{{", "{ {").replaceAll("\n", " ");
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(" | ")} |`,
  `|${head.map(() => " --- |").join("")}`,
  ...rows.map((row) => `| ${row.join(" | ")} |`),
];

/** Every page of docs/, by its path below it; and the three beside it that readers meet first. */
export function pages(): string[] {
  const below = readdirSync(DOCS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => relative(DOCS, join(entry.parentPath, entry.name)))
    .filter((page) => !page.startsWith(".vitepress"));
  return ["../README.md", "../CONTRIBUTING.md", "../src/README.md", ...below.sort()];
}
export const pageText = (page: string): string => readFileSync(join(DOCS, page), "utf8");

export interface Block {
  readonly language: string;
  /** what stands behind the language: "sh no-run" */
  readonly mark: string;
  readonly lines: readonly string[];
  readonly line: number;
  /** the nearest heading above */
  readonly title: string;
}
export function blocksOf(text: string): Block[] {
  const found: Block[] = [];
  let title = "";
  let open: { language: string; mark: string; lines: string[]; line: number; title: string } | null = null;
  text.split("\n").forEach((line, i) => {
    if (open === null && line.startsWith("#")) title = line.replace(/^#+ /, "");
    const fence = /^```(\S*)\s*(.*)$/.exec(line);
    if (open === null && fence !== null)
      open = { language: fence[1]!, mark: fence[2]!, lines: [], line: i + 1, title };
    else if (open !== null && line.startsWith("```")) {
      found.push(open);
      open = null;
    } else open?.lines.push(line);
  });
  return found;
}
