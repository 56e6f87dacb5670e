#!/usr/bin/env node
// Starts cellgate on a Node that can run it. From a checkout it runs the TypeScript sources, from an
// installed package the compiled files.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundledNode, handOver, keepCompiled, NEEDED, newEnough } from "./bundled-node.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const installed = import.meta.url.includes("/node_modules/");
const compiled = here("../dist/src/main.js");
const source = here("./main.ts");
const entry = !installed && existsSync(source) ? source : compiled;
const harmless = new Set([undefined, "--help", "-h", "help", "--version", "version", "config"]);

keepCompiled();
if (newEnough()) await import(entry);
else {
  const newer = bundledNode();
  if (newer !== null) handOver(newer, [entry, ...process.argv.slice(2)]);
  else if (entry === compiled && (harmless.has(process.argv[2]) || process.argv.includes("--help")))
    await import(entry);
  else {
    console.error(
      `cellgate needs Node ${NEEDED.join(".")} or newer to run a cell; this is ${process.versions.node}.\n  → npm install node@24 beside it, or install a newer Node`,
    );
    process.exitCode = 3;
  }
}
