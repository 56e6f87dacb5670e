import { readFileSync } from "node:fs";
import module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * Scripts for browsers from the sources as they stand: in a checkout types are taken off when a script is first
 * asked for, in a package the build has done so. What a script imports is found by following its imports; nothing
 * else of the tree can be reached.
 */
export interface BrowserModule {
  readonly file: URL;
  readonly text: string;
  /** what stands in the import, and the file that it means; those asked for late (`import()`) among them */
  readonly imports: readonly { readonly specifier: string; readonly file: URL }[];
}

const IS_SOURCE = import.meta.url.endsWith(".ts");
/** a module of ours, named without its ending, relative to the caller */
export const browserFile = (name: string, base: string): URL =>
  new URL(`${name}${IS_SOURCE ? ".ts" : ".js"}`, base);

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"((?:\.{1,2}\/|@noble\/)[^"]+)"/g;
const require = createRequire(import.meta.url);
const known = new Map<string, BrowserModule>();

export function browserModule(file: URL): BrowserModule {
  const found = known.get(file.href);
  if (found !== undefined) return found;
  const text = plainScript(readFileSync(file, "utf8"), file.href.endsWith(".ts"));
  const imports = [...text.matchAll(IMPORT)].map(([, specifier]) => ({
    specifier: specifier!,
    file: specifier!.startsWith(".")
      ? new URL(specifier!, file)
      : new URL(`file://${require.resolve(specifier!)}`),
  }));
  const made = { file, text, imports };
  known.set(file.href, made);
  return made;
}

function plainScript(text: string, isTypeScript: boolean): string {
  if (!isTypeScript) return text;
  const warn = process.emitWarning;
  // that it may change is no news for whoever runs a node: the Node that runs a checkout is pinned
  process.emitWarning = () => {};
  try {
    return module.stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = warn;
  }
}

/** The module and everything that it imports, each after what it needs. */
export function modulesOf(entry: URL): readonly BrowserModule[] {
  const order: BrowserModule[] = [];
  const seen = new Set<string>();
  const visit = (file: URL): void => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    const found = browserModule(file);
    for (const { file: next } of found.imports) visit(next);
    order.push(found);
  };
  visit(entry);
  return order;
}

const IMPORTED = /^import\s+\{([^}]*)\}\s+from\s+"([^"]+)";[ \t]*$/gm;
const PASSED_ON = /^export\s+\{([^}]*)\}\s+from\s+"([^"]+)";[ \t]*$/gm;
const EXPORTED = /^export\s+(?=(?:async\s+)?(?:const|let|function|class)\s+([A-Za-z_$][\w$]*))/gm;
const ALONE = /^import\s+"[^"]+";[ \t]*$/gm;
const namesIn = (list: string, between: string): string =>
  list
    .split(",")
    .map((name) => name.trim().replace(/\s+as\s+/, between))
    .filter((name) => name !== "")
    .join(", ");

/** One script without imports: a report may lie anywhere. Each module keeps its names to itself. */
export function oneScript(entry: URL): string {
  const modules = modulesOf(entry);
  const numberOf = new Map(modules.map(({ file }, i) => [file.href, i]));
  const parts = modules.map((own, i) => {
    const of = (specifier: string): string =>
      `m${numberOf.get(own.imports.find((im) => im.specifier === specifier)!.file.href)!}`;
    const exported: string[] = [];
    const text = own.text
      .replace(PASSED_ON, (_all, list: string, from: string) => {
        for (const name of namesIn(list, " as ").split(", ").filter(Boolean)) {
          const [given, told = given] = name.split(" as ");
          exported.push(`${told}: ${of(from)}.${given}`);
        }
        return "";
      })
      .replace(
        IMPORTED,
        (_all, list: string, from: string) => `const { ${namesIn(list, ": ")} } = ${of(from)};`,
      )
      .replace(ALONE, "")
      .replace(EXPORTED, (_all, name: string) => {
        exported.push(name);
        return "";
      });
    return `const m${i} = (() => {\n${text}\nreturn { ${exported.join(", ")} };\n})();`;
  });
  return `(() => {\n"use strict";\n${parts.join("\n")}\n})();\n`;
}

/** the file as a path from the root of the sources, for addresses */
export const pathInSources = (file: URL): string =>
  fileURLToPath(file).slice(fileURLToPath(new URL("../../", import.meta.url)).length);
