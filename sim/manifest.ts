import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalText } from "../src/core/base/canonical.ts";
import { err, ok, type Result } from "../src/core/base/result.ts";
import { readJson, writeJson } from "../src/edge/files/index.ts";
import { ENGINE_NAMES } from "../src/core/physics/index.ts";
import { LABEL_FORMAT } from "./label.ts";
import { CAUSES, CLASSES } from "./scenario.ts";
import { sha256 } from "./world-hash.ts";

export const MANIFEST_FORMAT = "cellgate.sim.manifest/1";
export const MANIFEST_FILE = "manifest.json";

const contactClass = z.enum(CLASSES);
const labelSchema = z.strictObject({
  format: z.literal(LABEL_FORMAT),
  scenario: z.string(),
  family: z.string(),
  seed: z.number(),
  class: contactClass,
  expected: contactClass.nullable(),
  causes: z.array(z.enum(CAUSES)),
  contact_onset_us: z.number(),
  nearest_m: z.number(),
  peak_force_n: z.number(),
  peak_force_us: z.number(),
  over_limit: z.boolean(),
  warning_us: z.number(),
  zone: z.string().nullable(),
  engine: z.string(),
  engine_version: z.string(),
});
const bagRow = z.strictObject({
  file: z.string().regex(/^[A-Za-z0-9._-]+\.mcap$/),
  bytes: z.number().int().positive(),
  sha256: z.string().length(64),
  scenario_sha256: z.string().length(64),
  as_expected: z.boolean(),
  label: labelSchema,
});
const manifestSchema = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  engine: z.enum(ENGINE_NAMES),
  engine_version: z.string(),
  cell_sha256: z.string().length(64),
  /** what was asked for: command line and seed */
  request: z.string(),
  seed: z.number(),
  bags: z.array(bagRow),
  failed: z.array(z.strictObject({ scenario: z.string(), error: z.string() })),
  /** SHA-256 over the canonical text of all above */
  sha256: z.string().length(64),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type BagRow = z.infer<typeof bagRow>;

export const sealed = (body: Omit<Manifest, "sha256">): Manifest => ({
  ...body,
  sha256: sha256(canonicalText(body)),
});

/** Written beside and renamed: a reader sees the old list or the new one, never a half one. */
export function writeManifest(folder: string, manifest: Manifest): void {
  writeJson(join(folder, MANIFEST_FILE), manifest, 1);
}

/** null: there is none. */
export function readManifest(folder: string): Result<Manifest | null, string> {
  const path = join(folder, MANIFEST_FILE);
  if (!existsSync(path)) return ok(null);
  let raw: unknown;
  try {
    raw = readJson(path);
  } catch (cause) {
    return err(`${path}: ${(cause as Error).message}`);
  }
  const read = manifestSchema.safeParse(raw);
  if (!read.success)
    return err(`${path}: ${read.error.issues[0]?.path.join(".")}: ${read.error.issues[0]?.message}`);
  const { sha256: stated, ...body } = read.data;
  return sha256(canonicalText(body)) === stated
    ? ok(read.data)
    : err(`${path}: its own hash does not fit; it was edited or damaged`);
}
