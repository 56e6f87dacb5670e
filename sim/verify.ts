import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalText } from "../src/core/base/canonical.ts";
import { openMcap } from "../src/edge/recordings/index.ts";
import { LABEL_METADATA } from "./bag.ts";
import type { CellDescription } from "../src/core/physics/index.ts";
import { generateBags } from "./generate.ts";
import { type BagRow, type Manifest, readManifest } from "./manifest.ts";
import type { Scenario } from "./scenario.ts";
import { cellHash, scenarioHash, sha256 } from "./world-hash.ts";

export interface VerifyReport {
  readonly manifest: Manifest | null;
  readonly checked: number;
  readonly rerun: number;
  /** what does not fit; empty: all is well */
  readonly problems: readonly string[];
}

/** Is every bag there, whole, unchanged, labelled as listed, and nothing else? */
export function verifyFolder(folder: string, cell: CellDescription): VerifyReport {
  const read = readManifest(folder);
  if (!read.ok) return { manifest: null, checked: 0, rerun: 0, problems: [read.error] };
  if (read.value === null)
    return { manifest: null, checked: 0, rerun: 0, problems: [`${folder} has no manifest`] };
  const manifest = read.value;
  const problems = manifest.bags.flatMap((row) => bagProblems(folder, row));
  if (manifest.cell_sha256 !== cellHash(cell))
    problems.push("the bags were made from another description of the cell");
  const listed = new Set(manifest.bags.map((row) => row.file));
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".part")) problems.push(`${name}: left over from an interrupted run`);
    else if (name.endsWith(".mcap") && !listed.has(name)) problems.push(`${name}: not in the manifest`);
  }
  for (const { scenario, error } of manifest.failed) problems.push(`${scenario}: was not recorded: ${error}`);
  return { manifest, checked: manifest.bags.length, rerun: 0, problems };
}

function bagProblems(folder: string, row: BagRow): string[] {
  const path = join(folder, row.file);
  if (!existsSync(path)) return [`${row.file}: missing`];
  if (sha256(readFileSync(path)) !== row.sha256) return [`${row.file}: changed since it was written`];
  const opened = openMcap(path);
  if (!opened.ok) return [`${row.file}: ${opened.error}`];
  try {
    const label = opened.value.metadata.find((entry) => entry.name === LABEL_METADATA)?.entries.label;
    return label === canonicalText(row.label) ? [] : [`${row.file}: its label differs from the manifest`];
  } finally {
    opened.value.close();
  }
}

/** Records some of the scenarios again and compares byte by byte: nothing in a bag may depend on machine or day. */
export async function verifyByRerun(
  folder: string,
  cell: CellDescription,
  scenarios: readonly Scenario[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const report = verifyFolder(folder, cell);
  if (report.manifest === null) return report;
  const { manifest } = report;
  const rows = new Map(manifest.bags.map((row) => [row.scenario_sha256, row]));
  const known = scenarios.filter((scenario) => rows.has(scenarioHash(scenario)));
  const again = mkdtempSync(join(tmpdir(), "cellgate-verify-"));
  try {
    const made = await generateBags({
      cell,
      engine: manifest.engine,
      scenarios: known,
      folder: again,
      request: manifest.request,
      seed: manifest.seed,
      env,
      signal,
      progress: () => {},
    });
    if (!made.ok) return { ...report, problems: [...report.problems, made.error] };
    const problems = made.value.manifest.bags.flatMap((row) =>
      rows.get(row.scenario_sha256)?.sha256 === row.sha256
        ? []
        : [`${row.file}: recording it again gives other bytes`],
    );
    return { ...report, rerun: known.length, problems: [...report.problems, ...problems] };
  } finally {
    rmSync(again, { recursive: true, force: true });
  }
}
