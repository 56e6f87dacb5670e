#!/usr/bin/env node
// Starts cellgate on a Node that can run it. From a checkout it runs the TypeScript sources, from an
// installed package the compiled files. An old Node hands over to the newer one among the dependencies.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const NEEDED = [22, 18];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const installed = import.meta.url.includes("/node_modules/");
const compiled = here("../dist/src/main.js");
const source = here("./main.ts");
const entry = !installed && existsSync(source) ? source : compiled;

const newEnough = (version) => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
};
const bundledNode = () => {
  try {
    const path = createRequire(import.meta.url).resolve("node/bin/node");
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
};
const harmless = new Set([undefined, "--help", "-h", "help", "--version", "version", "config"]);

if (newEnough(process.versions.node)) await import(entry);
else {
  const newer = bundledNode();
  if (newer !== null) {
    const run = spawnSync(newer, [entry, ...process.argv.slice(2)], { stdio: "inherit" });
    process.exitCode = run.status ?? 130;
  } else if (entry === compiled && (harmless.has(process.argv[2]) || process.argv.includes("--help"))) await import(entry);
  else {
    console.error(
      `cellgate needs Node ${NEEDED.join(".")} or newer to run a cell; this is ${process.versions.node}.\n  → npm install node@24 beside it, or install a newer Node`,
    );
    process.exitCode = 3;
  }
}
