import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { err, ok, type Result } from "../../core/base/result.ts";
import { MAX_FIELD_RECORDINGS } from "../../core/domain/index.ts";
import type { LeftOut } from "../../core/promotion/index.ts";
import { labelsBeside } from "../replay/index.ts";
import { sha256OfPath } from "../training/index.ts";
import { readJson, writeJson } from "../../edge/files/index.ts";

/** A recording of the field as it was found: by its bytes, with the labels that lay beside it. */
export interface Recording {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly labels: string | null;
}
export interface FieldRecordings {
  readonly recordings: readonly Recording[];
  readonly leftOut: readonly LeftOut[];
}
export interface FieldWish {
  readonly dataDir: string;
  /** folders and recordings that a person names; null: those of the last time */
  readonly named: readonly string[] | null;
  /** names that shall not be used, and why */
  readonly leaveOut: readonly string[];
  readonly because: string;
}
/** where a node keeps the time around each of its stops */
const BLACK_BOX_FOLDER = "black-box";
const RECORDED = /\.(mcap|db3)(\.zstd)?$/;

/** Recordings to judge a candidate on: the node's own black box, and what a person names. */
export function fieldRecordings(wish: FieldWish): Result<FieldRecordings, string> {
  const { dataDir, leaveOut, because } = wish;
  const named = wish.named ?? remembered(dataDir);
  const absent = named.find((path) => !existsSync(path));
  if (absent !== undefined) return err(`${absent} does not exist`);
  const bare = named.find((path) => recordingsIn(path).length === 0);
  if (bare !== undefined) return err(`${bare} holds no recording (.mcap, .db3)`);
  const paths = [join(dataDir, BLACK_BOX_FOLDER), ...named].flatMap(recordingsIn);
  const unknown = leaveOut.find((name) => !paths.some((path) => basename(path) === name));
  if (unknown !== undefined) return err(`no recording is called ${unknown}`);
  const out: LeftOut[] = [];
  const found: Recording[] = [];
  for (const path of newestFirst(paths)) {
    const name = basename(path);
    const recording = { name: nameOf(name, found), path, ...identityOf(path) };
    const twin = found.find((f) => f.sha256 === recording.sha256);
    if (leaveOut.includes(name)) out.push({ name, why: because });
    else if (twin !== undefined) out.push({ name, why: `the same bytes as ${twin.name}` });
    else if (found.length >= MAX_FIELD_RECORDINGS)
      out.push({ name, why: `beyond the newest ${MAX_FIELD_RECORDINGS}` });
    else found.push(recording);
  }
  return ok({ recordings: found, leftOut: out });
}

/** What of a recording must stay as it is: its bytes, and the labels beside it. */
export function identityOf(path: string): Pick<Recording, "sha256" | "labels"> {
  const labels = labelsBeside(path);
  const bytes = sha256OfPath(path);
  if (labels === null) return { sha256: bytes, labels };
  return { sha256: createHash("sha256").update(`${bytes}\n${labels}`).digest("hex"), labels };
}

const nameOf = (name: string, found: readonly Recording[]): string => {
  const same = found.filter((f) => f.name === name || f.name.startsWith(`${name} `)).length;
  return same === 0 ? name : `${name} (${same + 1})`;
};

/** A folder of recordings stands for its recordings; a recording of several files is one. */
function recordingsIn(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).sort();
  if (names.includes("metadata.yaml")) return [path];
  return names
    .map((name) => join(path, name))
    .filter((inside) => RECORDED.test(inside) || existsSync(join(inside, "metadata.yaml")));
}
const newestFirst = (paths: readonly string[]): string[] =>
  [...new Set(paths.map((path) => resolve(path)))]
    .map((path) => ({ path, at: statSync(path).mtimeMs }))
    .sort((a, b) => b.at - a.at || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path);

const memorySchema = z.strictObject({ format: z.literal("cellgate-field-1"), paths: z.array(z.string()) });
const fileOf = (dataDir: string): string => join(dataDir, "promotion", "field.json");

function remembered(dataDir: string): readonly string[] {
  const file = fileOf(dataDir);
  if (!existsSync(file)) return [];
  return memorySchema.parse(readJson(file)).paths;
}
/** The next promotion looks there again. */
export function rememberField(dataDir: string, paths: readonly string[]): void {
  writeJson(fileOf(dataDir), { format: "cellgate-field-1", paths: paths.map((path) => resolve(path)) });
}
