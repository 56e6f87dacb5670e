import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { troubleWith } from "../../core/base/trouble-with.ts";

/** The one file of an extension, as bytes and where it lies. */
export interface ModuleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Finds the file that a deployment names: a path relative to it, or the entry of a package installed beside it. */
export function readModuleFile(name: string, deploymentFile: string): ModuleFile | string {
  const folder = resolve(dirname(deploymentFile));
  const path = /^\.{0,2}\//.test(name) ? resolve(folder, name) : packageEntry(name, folder);
  if (path === null) return `no package "${name}" is installed beside ${deploymentFile}`;
  try {
    const bytes = readFileSync(path);
    return { path, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch (cause) {
    return `${path} cannot be read: ${troubleWith(cause)}`;
  }
}

/** As Node finds packages: node_modules of the folder and of those above it. */
function packageEntry(name: string, from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const home = join(folder, "node_modules", name);
    if (existsSync(join(home, "package.json"))) return entryOf(home);
    if (dirname(folder) === folder) return null;
  }
}
function entryOf(home: string): string | null {
  let manifest: { exports?: unknown; main?: unknown };
  try {
    manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as typeof manifest;
  } catch {
    return null;
  }
  const entry = importEntry(manifest.exports) ?? manifest.main ?? "index.js";
  return typeof entry === "string" ? join(home, entry) : null;
}
function importEntry(exports: unknown): string | null {
  if (typeof exports === "string") return exports;
  if (typeof exports !== "object" || exports === null) return null;
  const { ".": whole, import: imported, node, default: otherwise } = exports as Record<string, unknown>;
  return importEntry(whole) ?? importEntry(imported) ?? importEntry(node) ?? importEntry(otherwise);
}

const FACE = "cellgate/extension";
const face = new URL(import.meta.url.endsWith(".ts") ? "face.ts" : "face.js", import.meta.url).href;
const loaded = new Map<string, unknown>();

/**
 * Runs the bytes that were hashed, and not what the file holds by then. They may import the face for extensions and
 * Node's own modules: anything else would run without having been hashed.
 */
export function runModule(file: ModuleFile): unknown {
  const known = loaded.get(file.sha256);
  if (known !== undefined) return known;
  const url = pathToFileURL(`${file.path}.${file.sha256}.mjs`).href;
  const hooks = module.registerHooks({
    resolve(specifier, context, next) {
      if (specifier === url) return { url, format: "module", shortCircuit: true };
      if (context.parentURL !== url || module.isBuiltin(specifier)) return next(specifier, context);
      if (specifier === FACE) return { url: face, shortCircuit: true };
      throw new Error(
        `it imports "${specifier}": an extension is one file that imports ${FACE} and Node's own modules; bundle the rest into it`,
      );
    },
    load: (wanted, context, next) =>
      wanted === url ? { format: "module", source: file.bytes, shortCircuit: true } : next(wanted, context),
  });
  try {
    const exported = createRequire(fileURLToPath(import.meta.url))(url) as { default?: unknown };
    loaded.set(file.sha256, exported.default);
    return exported.default;
  } finally {
    hooks.deregister();
  }
}
