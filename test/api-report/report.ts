import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

/**
 * Every name that a public face exports, with its type. The reports lie beside this file; a test fails when a face
 * differs from its report. `npm run api:update` writes them anew.
 */
const root = resolve(import.meta.dirname, "../..");
const FLAGS = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;
const LINE_CHARS = 600;
/** What is too long to read ends with the hash of the whole, so that no change of it stays unseen. */
const short = (text: string): string =>
  text.length <= LINE_CHARS
    ? text
    : `${text.slice(0, LINE_CHARS)}… sha256 ${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;

/** face → its source, read off package.json */
export function faces(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, string | { readonly default: string }>;
  };
  const found = new Map<string, string>();
  for (const [name, target] of Object.entries(exports)) {
    const file = typeof target === "string" ? target : target.default;
    if (!file.endsWith(".js")) continue;
    found.set(`cellgate${name.slice(1)}`, file.replace("./dist/", "").replace(/\.js$/, ".ts"));
  }
  return found;
}
export const reportFile = (face: string): string => join(import.meta.dirname, `${face.replace("/", "-")}.md`);

/** The report of each face, as text. */
export function reports(): ReadonlyMap<string, string> {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, "tsconfig.json"),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (problem) => {
        throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
      },
    },
  )!;
  const sources = faces();
  const program = ts.createProgram(
    [...sources.values()].map((file) => join(root, file)),
    config.options,
  );
  const checker = program.getTypeChecker();
  return new Map(
    [...sources].map(([face, file]) => {
      const source = program.getSourceFile(join(root, file))!;
      const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!);
      const lines = symbols
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((symbol) => linesOf(symbol, source, checker));
      return [face, `# ${face}\n\n\`\`\`ts\n${lines.join("\n")}\n\`\`\`\n`];
    }),
  );
}

function linesOf(symbol: ts.Symbol, at: ts.SourceFile, checker: ts.TypeChecker): string[] {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const typeText = (type: ts.Type): string => {
    const text = checker
      .typeToString(type, at, FLAGS)
      .replaceAll(/\s+/g, " ")
      .replaceAll(/import\("[^"]*"\)\./g, "");
    return short(text);
  };
  const memberLines = (type: ts.Type): string[] =>
    type
      .getProperties()
      .filter((member) => !member.name.startsWith("#") && !member.name.startsWith("__"))
      .map((member) => {
        const optional = member.flags & ts.SymbolFlags.Optional ? "?" : "";
        return `  ${member.name}${optional}: ${typeText(checker.getTypeOfSymbolAtLocation(member, at))};`;
      })
      .sort();
  if (target.flags & ts.SymbolFlags.Class)
    return [
      `class ${symbol.name}: ${typeText(checker.getTypeOfSymbolAtLocation(target, at))} {`,
      ...memberLines(checker.getDeclaredTypeOfSymbol(target)),
      "}",
    ];
  if (target.flags & ts.SymbolFlags.Interface)
    return [`interface ${symbol.name} {`, ...memberLines(checker.getDeclaredTypeOfSymbol(target)), "}"];
  if (target.flags & ts.SymbolFlags.TypeAlias) {
    const declared = checker.getDeclaredTypeOfSymbol(target);
    const text = checker.typeToString(declared, at, FLAGS | ts.TypeFormatFlags.InTypeAlias);
    return [`type ${symbol.name} = ${short(text.replaceAll(/\s+/g, " "))};`];
  }
  return [`const ${symbol.name}: ${typeText(checker.getTypeOfSymbolAtLocation(target, at))};`];
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(import.meta.dirname, { recursive: true });
  for (const [face, text] of reports()) writeFileSync(reportFile(face), text);
}
export const writtenReport = (face: string): string =>
  existsSync(reportFile(face)) ? readFileSync(reportFile(face), "utf8") : "";
