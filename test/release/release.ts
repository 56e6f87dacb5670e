import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./installed.ts";

/**
 * npm run release -- --dry-run: walks a release and writes what would be published into coverage/release: the packed
 * file, a CycloneDX bill of materials, and provenance.json with the hashes of both and of the sources. Without
 * --dry-run it also tags the commit; publishing stays the act of a person, and the last lines say how.
 */
const dry = process.argv.includes("--dry-run");
const out = join(root, "coverage/release");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
const npm = (...args: string[]): string =>
  execFileSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
const manifest = JSON.parse(read("package.json")) as {
  name: string;
  version: string;
  repository: { url: string };
};
const troubles: string[] = [];
const step = (what: string, trouble: string | null, remedy: string): void => {
  console.log(
    `${trouble === null ? "✓" : "✗"} ${what}${trouble === null ? "" : `: ${trouble}\n  → ${remedy}`}`,
  );
  if (trouble !== null) troubles.push(what);
};

/** version */
const { version } = manifest;
const tag = `v${version}`;
const xml = /<version>(.*?)<\/version>/.exec(read("launch/package.xml"))?.[1];
step(
  `version ${version}`,
  xml === version ? null : `package.xml says ${xml}`,
  "one version in both files; npm version does not know package.xml",
);
const tagged = git("tag", "--list", tag);
step(`tag ${tag} is new`, tagged === "" ? null : "it exists", "npm version minor --no-git-tag-version");
step(
  "repository is named",
  manifest.repository.url.includes("OWNER") ? "package.json has a placeholder" : null,
  "write where the project lives into repository, bugs and homepage",
);
const dirty = git("status", "--porcelain");
step(
  "nothing uncommitted",
  dirty === "" ? null : `${dirty.split("\n").length} files`,
  "commit or stash first",
);

/** changelog */
const [, chapter = ""] =
  new RegExp(`^## ${version.replaceAll(".", "\\.")}(.*)$`, "m").exec(read("CHANGELOG.md")) ?? [];
step(
  `changelog has a dated chapter ${version}`,
  /\d{4}-\d{2}-\d{2}/.test(chapter) ? null : `it says "${chapter.trim() || "nothing"}"`,
  `begin the chapter with "## ${version} (2026-12-31)"`,
);

/** pack, bill of materials, provenance */
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const packed = Object.values(
  JSON.parse(npm("pack", "--json", "--pack-destination", out).replace(/^[^[{]*/, "")) as Record<
    string,
    { filename: string; integrity: string; files: { path: string; size: number }[] }
  >,
)[0]!;
const file = packed.filename;
step(`packed ${file}, ${packed.files.length} files`, null, "");
const sbom = npm("sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only");
const { components } = JSON.parse(sbom) as { components: unknown[] };
writeFileSync(join(out, "sbom.cdx.json"), sbom);
step(
  `bill of materials, ${components.length} components`,
  components.length > 0 ? null : "it is empty",
  "npm run sbom shows why",
);
const provenance = {
  name: manifest.name,
  version,
  commit: git("rev-parse", "HEAD"),
  tree: git("rev-parse", "HEAD^{tree}"),
  clean: dirty === "",
  node: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
  lock: sha256(read("package-lock.json")),
  artefacts: { [file]: sha256(readFileSync(join(out, file))), "sbom.cdx.json": sha256(sbom) },
  integrity: packed.integrity,
};
writeFileSync(join(out, "provenance.json"), `${JSON.stringify(provenance, null, 2)}\n`);
step("provenance.json", null, "");

if (troubles.length > 0) {
  console.log(`${troubles.length} of these stand in the way of a release: ${troubles.join("; ")}`);
  process.exitCode = dry ? 0 : 1;
} else if (dry) console.log(`nothing stands in the way; without --dry-run the commit is tagged ${tag}`);
else {
  git("tag", "-a", tag, "-m", `${manifest.name} ${version}`);
  console.log(
    `tagged ${tag}. To publish, a person runs:\n  git push origin ${tag}\n  npm publish ${join(out, file)}`,
  );
}
