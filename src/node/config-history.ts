import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalText } from "../core/base/canonical.ts";
import { dualHash } from "../core/base/hash.ts";
import { err, ok, type Result } from "../core/base/result.ts";
import { cut } from "../core/base/text.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import {
  type Deployment,
  deploymentSchema,
  type Receipt,
  RECEIPT_SCHEMA,
  type ReceiptBodyOf,
} from "../core/domain/index.ts";
import { makeFolder, replaceFile } from "../edge/files/index.ts";
import {
  besideDeployment,
  configText,
  type FilesBeside,
  type GoodConfig,
  readNamedFiles,
} from "./deployment/index.ts";

/** What a node ran with, kept beside its ledger: by hash, and never changed once it is there. */
export interface RanWith {
  readonly deployment: Deployment;
  readonly hash: string;
  /** of the deployment file alone, before anything promoted took the place of a part of it */
  readonly ownHash: string;
  readonly program: string;
  /** texts of the files that the deployment names */
  readonly files: ReadonlyMap<string, string>;
}
type ConfigChange = ReceiptBodyOf<"config_change">;
interface Change {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

const MODE = 0o400;
const VALUE_CHARS = 300;
const CHANGES_MAX = 100;
const FILE = /^[0-9a-f]{64}$/;
const last = z.strictObject({
  hash: z.string().max(256),
  own_hash: z.string().max(256),
  program: z.string().max(64),
  schema: z.string().max(64),
  files: z.record(z.string(), z.string().regex(FILE)),
});
type Last = z.infer<typeof last>;

const folderOf = (dataDir: string): string => join(dataDir, "config");
const fileOf = (dataDir: string, hash: string): string =>
  join(folderOf(dataDir), `${hash.replace(":", "-")}.json`);
const filesOf = (dataDir: string, hash: string): string =>
  join(folderOf(dataDir), `${hash.replace(":", "-")}.files.json`);
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Start {
  readonly config: GoodConfig;
  readonly dataDir: string;
  readonly version: string;
  readonly ownHash?: string;
  readonly promotion?: { readonly used: { readonly beside: FilesBeside } };
}
/** A disk that refuses it holds the cell; it keeps nothing from guarding. null: there is nothing to say. */
export function keptAtStart(
  { config, dataDir, version, ownHash, promotion }: Start,
  boot: number,
  failed: (trouble: string) => void,
): Omit<Receipt, "at"> | null {
  const { deployment, hash } = config;
  try {
    const files = readNamedFiles(deployment, promotion?.used.beside ?? besideDeployment(config.file));
    if (!files.ok) throw new Error(files.error.what);
    const ran = { deployment, hash, ownHash: ownHash ?? hash, program: version, files: files.value };
    const body = keepConfig(ran, dataDir, boot);
    return body === null
      ? null
      : { receipt_id: `config-${boot}`, cell: deployment.cell, config_hash: hash, body };
  } catch (cause) {
    failed(troubleWith(cause));
    return null;
  }
}

/**
 * Keeps what this start runs with, and says what is other than at the start before: null when nothing is, and at
 * the very first start. `by`: who changed it; nobody who left a receipt means by hand.
 */
export function keepConfig(now: RanWith, dataDir: string, boot: number): ConfigChange | null {
  makeFolder(folderOf(dataDir), 0o700);
  const before = readLast(dataDir);
  const files = Object.fromEntries([...now.files].map(([name, text]) => [name, sha256(text)]));
  const after: Last = {
    hash: now.hash,
    own_hash: now.ownHash,
    program: now.program,
    schema: RECEIPT_SCHEMA,
    files,
  };
  const altered = keepTexts(now, files, dataDir);
  const change = changeOf(before, after, altered, now, dataDir, boot);
  replaceFile(join(folderOf(dataDir), "last.json"), canonicalText(after), 0o600);
  return change;
}

/** true: what was kept under this hash was something else. */
function keepTexts(now: RanWith, files: Readonly<Record<string, string>>, dataDir: string): boolean {
  const path = fileOf(dataDir, now.hash);
  const text = configText(now.deployment);
  const altered = existsSync(path) && readFileSync(path, "utf8") !== text;
  if (altered || !existsSync(path)) replaceFile(path, text, MODE);
  makeFolder(join(folderOf(dataDir), "files"), 0o700);
  for (const content of now.files.values()) {
    const at = join(folderOf(dataDir), "files", sha256(content));
    if (!existsSync(at)) replaceFile(at, content, MODE);
  }
  replaceFile(filesOf(dataDir, now.hash), canonicalText(files), 0o600);
  return altered;
}

function readLast(dataDir: string): Last | "none" | "damaged" {
  const path = join(folderOf(dataDir), "last.json");
  if (!existsSync(path)) return "none";
  try {
    return last.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return "damaged";
  }
}

function changeOf(
  before: Last | "none" | "damaged",
  after: Last,
  altered: boolean,
  now: RanWith,
  dataDir: string,
  boot: number,
): ConfigChange | null {
  const versions = { program: after.program, schema: after.schema };
  if (before === "none" || before === "damaged") {
    if (before === "none" && boot <= 1) return null;
    const reason =
      before === "none"
        ? "what earlier starts ran with was not kept"
        : "what the last start ran with cannot be read: config/last.json is damaged";
    return receiptOf("", after.hash, "unknown", reason, { ...versions, changes: null });
  }
  const changes = [...versionChanges(before, after), ...fileChanges(before.files, after.files)];
  let unread: string | null = null;
  if (before.hash !== after.hash) {
    const kept = keptConfig(dataDir, before.hash);
    if (kept.ok) changes.unshift(...keyChanges(kept.value.deployment, now.deployment));
    else unread = kept.error;
  }
  if (before.hash === after.hash && changes.length === 0 && !altered) return null;
  const words = [
    ...(before.hash === after.hash ? [] : [`${changes.length} of its values differ from the start before`]),
    ...(altered ? ["the kept text of this configuration had been altered"] : []),
    ...(unread === null ? [] : [`the configuration before is not readable: ${unread}`]),
  ];
  const by = before.hash !== after.hash && before.own_hash === after.own_hash ? "promotion" : "by hand";
  return receiptOf(before.hash, after.hash, by, words.join("; ") || "program or named files differ", {
    ...versions,
    changes: changes.slice(0, CHANGES_MAX).map((change) => ({ ...change })),
    more: Math.max(0, changes.length - CHANGES_MAX),
  });
}

const receiptOf = (
  before: string,
  after: string,
  by: string,
  reason: string,
  details: ConfigChange["details"],
): ConfigChange => ({
  receipt_type: "config_change",
  what: "configuration",
  before_hash: before,
  after_hash: after,
  by,
  reason: cut(reason, 1_000),
  details,
});

const versionChanges = (before: Last, after: Last): Change[] =>
  (["program", "schema"] as const).flatMap((key) =>
    before[key] === after[key] ? [] : [{ key: `(${key})`, before: before[key], after: after[key] }],
  );
function fileChanges(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .flatMap((name) =>
      before[name] === after[name]
        ? []
        : [{ key: `(file) ${name}`, before: before[name] ?? null, after: after[name] ?? null }],
    );
}

/** Every value that was added, removed or changed, by its key. */
export function keyChanges(before: unknown, after: unknown): Change[] {
  const [old, fresh] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().flatMap((key) => {
    const [was, is] = [old.get(key) ?? null, fresh.get(key) ?? null];
    return was === is ? [] : [{ key, before: was, after: is }];
  });
}
/** The order of channels and actuators means something, so it counts as a value. */
function leavesOf(value: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  const walk = (node: unknown, key: string): void => {
    if (typeof node !== "object" || node === null || Object.keys(node).length === 0)
      return void leaves.set(key, cut(JSON.stringify(node) ?? "undefined", VALUE_CHARS));
    for (const [name, inner] of Object.entries(node)) walk(inner, key === "" ? name : `${key}.${name}`);
    if (key === "channels" || key === "actuators")
      leaves.set(`(order) ${key}`, cut(Object.keys(node).join(", "), VALUE_CHARS));
  };
  walk(value, "");
  return leaves;
}

export interface KeptConfig {
  readonly deployment: Deployment;
  /** texts of the files that it named, as they were at its last start */
  readonly files: ReadonlyMap<string, string>;
}
const kept = z.tuple([
  z.unknown(),
  z.strictObject({ actuators: z.array(z.string()), channels: z.array(z.string()) }),
]);

/** The configuration of a receipt by its hash; its bytes have to have it. */
export function keptConfig(dataDir: string, hash: string): Result<KeptConfig, string> {
  const path = fileOf(dataDir, hash);
  if (!/^[0-9a-f]+:[0-9a-f]+$/.test(hash) || !existsSync(path))
    return err("it is not kept in this data folder");
  try {
    const text = readFileSync(path, "utf8");
    if (dualHash(new TextEncoder().encode(text)) !== hash) return err("what is kept does not have its hash");
    const [raw, order] = kept.parse(text.split("\n").map((line) => JSON.parse(line) as unknown));
    const deployment = deploymentSchema.parse(raw);
    return ok({ deployment: inOrder(deployment, order), files: keptFiles(dataDir, hash) });
  } catch (cause) {
    return err(cut((cause as Error).message, 300));
  }
}
/** Canonical text sorts keys; the second line says in which order they stood. */
const inOrder = (deployment: Deployment, order: { actuators: string[]; channels: string[] }): Deployment => ({
  ...deployment,
  actuators: sorted(deployment.actuators, order.actuators),
  channels: sorted(deployment.channels, order.channels),
});
const sorted = <T>(table: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, table[name]!]));

function keptFiles(dataDir: string, hash: string): Map<string, string> {
  const path = filesOf(dataDir, hash);
  if (!existsSync(path)) return new Map();
  const names = z.record(z.string(), z.string().regex(FILE)).parse(JSON.parse(readFileSync(path, "utf8")));
  return new Map(
    Object.entries(names).map(([name, sha]) => {
      const text = readFileSync(join(folderOf(dataDir), "files", sha), "utf8");
      if (sha256(text) !== sha) throw new Error(`${name} does not have its hash`);
      return [name, text];
    }),
  );
}
