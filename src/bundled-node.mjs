// Runs a file on the Node among the dependencies when the one that started us is too old.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";

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

/** Hands over: same terminal, signals passed on, same exit code. */
export function handOver(node, args) {
  const child = spawn(node, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 130));
}
