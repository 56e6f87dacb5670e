import { execFileSync } from "node:child_process";
import { installedPackages, megabytes, root, sizeOf } from "./installed.ts";

/** npm run size: what the installed package takes on the disk without what only development needs, by part. */
const parts = installedPackages()
  .map(({ name, version, folder, optional }) => ({ name, version, optional, bytes: sizeOf(folder) }))
  .toSorted((a, b) => b.bytes - a.bytes);
const packed = JSON.parse(
  execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" }),
) as Record<string, { files: { path: string; size: number }[] }>;
const own = Object.values(packed)[0]!.files;
const sum = (of: readonly { bytes: number }[]): number => of.reduce((all, { bytes }) => all + bytes, 0);
const line = (bytes: number, what: string): void => console.log(`${megabytes(bytes).padStart(10)}  ${what}`);

const ownBytes = own.reduce((all, { size }) => all + size, 0);
line(ownBytes, `cellgate itself, ${own.length} files`);
if (!own.some(({ path }) => path.startsWith("dist/")))
  console.log("            (without compiled files: npm run build first)");
const needed = parts.filter((p) => !p.optional);
const optional = parts.filter((p) => p.optional);
const SHOWN = 12;
for (const { name, version, bytes } of needed.slice(0, SHOWN)) line(bytes, `${name} ${version}`);
line(sum(needed.slice(SHOWN)), `${Math.max(0, needed.length - SHOWN)} smaller packages`);
line(ownBytes + sum(needed), "together, without optional packages");
for (const { name, version, bytes } of optional.slice(0, 5)) line(bytes, `optional: ${name} ${version}`);
line(sum(optional.slice(5)), `optional: ${Math.max(0, optional.length - 5)} smaller packages`);
line(ownBytes + sum(parts), "together, with optional packages");
