// Runs a file on the Node among the dependencies when the one that started us is too old.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Runs TypeScript by itself and carries zstd and SQLite's interface. */
export const NEEDED = [22, 18];

export function newEnough(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

/**
 * The packages that hold a Node: in a checkout the one of this platform, whose bytes package-lock.json pins
 * (src/pinned-node), and the package `node` where somebody installed it beside this one.
 */
const PACKAGES = [`node-${process.platform}-${process.arch}`, "node"];

/** CELLGATE_NODE names another Node, for example the system's; null: there is none but the one that runs. */
export function bundledNode() {
  const named = process.env.CELLGATE_NODE;
  if (named !== undefined && named !== "") return named;
  const { resolve } = createRequire(import.meta.url);
  for (const name of PACKAGES)
    try {
      const path = resolve(`${name}/bin/node`);
      if (existsSync(path)) return path;
    } catch {
      // this one is not installed
    }
  return null;
}

/**
 * Keeps what Node makes of the sources, for this process and all that it starts: a start takes half the time, and a
 * thread need not strip types, for which Node would start a WebAssembly engine on each (docs/decisions/threads-do-not-strip-types.md). In a folder
 * that belongs to whoever installed this: Node's own choice lies where everybody may write, and what lies there is run.
 */
export function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
    new URL("../node_modules/.cache/cellgate", import.meta.url),
  );
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
}

/** Hands over: same terminal, signals passed on, same exit code. */
export function handOver(node, args) {
  const child = spawn(node, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 130));
}
