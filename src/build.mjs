// Builds what a package ships: compiled JavaScript, since Node does not run TypeScript inside node_modules.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
// The page runs in browsers and is compiled as they know the world; what it shares with the node comes out the same.
for (const options of [
  ["-p", "tsconfig.build.json"],
  [
    ..."-p src/edge/http/page --noEmit false --allowImportingTsExtensions false --rootDir . --outDir dist".split(
      " ",
    ),
  ],
]) {
  const tsc = spawnSync(join(root, "node_modules", ".bin", "tsc"), options, { cwd: root, stdio: "inherit" });
  if (tsc.status !== 0) process.exit(1);
}
copyFileSync(join(root, "package.json"), join(dist, "package.json"));

// Types of the public faces and of what they are made of; a user sees no others.
const typed = new Set();
function keepTypes(file) {
  if (typed.has(file)) return;
  typed.add(file);
  for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+)"/g))
    keepTypes(join(dirname(file), specifier.replace(/\.[jt]s$/, ".d.ts")));
}
const { exports: faces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
for (const face of Object.values(faces)) if (face.types) keepTypes(join(root, face.types));
for (const name of readdirSync(dist, { recursive: true }))
  if (name.endsWith(".d.ts") && !typed.has(join(dist, name))) rmSync(join(dist, name));

// Data files that the code reads beside itself; the Node that a checkout runs on is not the package's.
const PINNED = join(root, "src/pinned-node");
const isData = (name) => !/\.(ts|mjs)$|^tsconfig\.json$/.test(name);
for (const folder of ["src", "devices", "sim"])
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    if (entry.isFile() && isData(entry.name) && entry.parentPath !== PINNED) {
      const from = join(entry.parentPath, entry.name);
      const to = join(dist, from.slice(root.length));
      cpSync(from, to, { recursive: true });
    }
// The documents, which `cellgate docs` serves.
const vitepress = join(root, "node_modules", "vitepress", "bin", "vitepress.js");
const pages = spawnSync(process.execPath, [vitepress, "build", "docs", "--outDir", join(dist, "docs/site")], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
});
if (pages.status !== 0) process.exit(1);
// Deployments and what they name, where the compiled commands look for them.
cpSync(join(root, "launch"), join(dist, "launch"), { recursive: true });
