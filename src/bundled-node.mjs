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

export function bundledNode() {
  try {
    const path = createRequire(import.meta.url).resolve("node/bin/node");
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/**
 * Keeps what Node makes of the sources, for this process and all that it starts: a start takes half the time, and a
 * thread need not strip types, for which Node would start a WebAssembly engine on each (DECISIONS 78). In a folder
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
