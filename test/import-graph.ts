import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

/** Who imports whom, read off the sources: the rules of the house and the drawing of it both ask here. */
export const root = resolve(import.meta.dirname, "..");
export const text = (file: string) => readFileSync(join(root, file), "utf8");

/** The layers, lowest first: a layer imports itself and what is below it. */
export const LAYERS = ["core", "edge", "sim", "devices", "node", "lab", "fleet", "cli"];
export function sources(folder: string, ending = ".ts"): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : sources(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}
export const FILES = [...sources("src"), ...sources("devices"), ...sources("sim")];

/** src/core/gate/decide.ts → core; devices/x/device.ts → devices */
export function layerOf(file: string): string {
  const [first, second] = file.split("/") as [string, string];
  return first === "src" ? second : first;
}
export function importsOf(file: string): { target: string; line: number }[] {
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
