import { readFileSync } from "node:fs";
import { type Document, isMap, isNode, isScalar } from "yaml";
import type { z } from "zod";
import { canonicalText } from "../../core/base/canonical.ts";
import { dualHash } from "../../core/base/hash.ts";
import { type Deployment, deploymentSchema } from "../../core/domain/index.ts";
import { boundedYaml } from "../../edge/files/index.ts";
import type { EdgeSchemas } from "./edge-schemas.ts";
import { deploymentJsonSchema } from "./json-schema.ts";
import { didYouMean } from "./nearest-name.ts";
import { withRobotOfUrdf } from "./robot-from-urdf.ts";

/** One thing wrong in a deployment file: what, where and what to do. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** the key, as in `channels.wrist.maxAgeMs` */
  readonly key: string;
  readonly message: string;
}
export type LoadedConfig =
  | {
      readonly ok: true;
      readonly deployment: Deployment;
      readonly effective: string;
      readonly hash: string;
      readonly file: string;
      /** what nobody stated and was taken carefully, in words */
      readonly assumed?: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

type Path = readonly (string | number)[];

/** What is wrong at a key, by whoever found it. */
export interface FoundProblem {
  readonly path: Path;
  readonly message: string;
}

/** Problems that were found after the file had been read, each at its place in the text. */
export function placeProblems(text: string, file: string, found: readonly FoundProblem[]): ConfigProblem[] {
  const read = boundedYaml(text);
  return found
    .map(({ path, message }) => {
      const offset = read.ok ? offsetOf(read.document, path, false) : 0;
      const { line, col } = read.lines.linePos(offset);
      return { file, line: Math.max(1, line), column: Math.max(1, col), key: path.join("."), message };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** A setting that is put in the place of the file's own, as if it stood there. */
export interface Setting {
  readonly path: Path;
  readonly value: unknown;
}

/** More than these help nobody, and each is looked for in the text. */
const PROBLEMS_MAX = 100;

/** Reads, validates, fills in defaults and hashes a deployment file. */
export function loadDeployment(
  file: string,
  edge?: EdgeSchemas,
  settings: readonly Setting[] = [],
): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    return {
      ok: false,
      problems: [
        { file, line: 1, column: 1, key: "", message: `cannot be read: ${(cause as Error).message}` },
      ],
    };
  }
  return parseDeployment(text, file, edge, settings);
}

export function parseDeployment(
  text: string,
  file: string,
  edge?: EdgeSchemas,
  settings: readonly Setting[] = [],
): LoadedConfig {
  const read = boundedYaml(text);
  const at = (offset: number) => {
    const { line, col } = read.lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (!read.ok)
    return {
      ok: false,
      problems: read.faults.map(({ offset, message }) => ({
        ...at(offset),
        key: "",
        message: `YAML: ${message}`,
      })),
    };
  const { document } = read;

  for (const { path, value } of settings) document.setIn(path, value);
  const expanded = withRobotOfUrdf(document.toJS({ maxAliasCount: 100 }), file);
  if (!expanded.ok) {
    const place = at(offsetOf(document, ["robot", "urdf"], false));
    return { ok: false, problems: [{ ...place, key: "robot.urdf", message: expanded.error }] };
  }
  const { raw, assumed } = expanded.value;
  const parsed = parseWhole(raw, edge);
  if (!parsed.ok) {
    const problems = parsed.issues.slice(0, PROBLEMS_MAX).flatMap((issue) =>
      explain(issue, edge)
        .slice(0, PROBLEMS_MAX)
        .map(({ path, message, onKey }) => ({
          ...at(offsetOf(document, path, onKey)),
          key: path.join("."),
          message,
        })),
    );
    return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
  }
  const effective = canonicalText(parsed.deployment);
  return {
    ok: true,
    deployment: parsed.deployment,
    effective,
    hash: dualHash(new TextEncoder().encode(configText(parsed.deployment))),
    file,
    ...(assumed.length > 0 && { assumed }),
  };
}

/**
 * Canonical text sorts keys, but the order of actuators is the order in which they are asked and that of
 * channels is their number on the tape: both are part of what the configuration means, so of its hash.
 */
const orderOf = ({ actuators, channels }: Deployment): string =>
  canonicalText({ actuators: Object.keys(actuators), channels: Object.keys(channels) });

/** What the hash of a configuration is made of. */
export const configText = (deployment: Deployment): string =>
  `${canonicalText(deployment)}\n${orderOf(deployment)}`;

type Parsed =
  | { readonly ok: true; readonly deployment: Deployment }
  | { readonly ok: false; readonly issues: readonly z.core.$ZodIssue[] };

/** The frame first, then each part against the schema of its kind; defaults of both are filled in. */
function parseWhole(raw: unknown, edge: EdgeSchemas | undefined): Parsed {
  const frame = deploymentSchema.safeParse(raw);
  if (edge === undefined)
    return frame.success ? { ok: true, deployment: frame.data } : { ok: false, issues: frame.error.issues };
  // a mistake in the frame does not hide those in the parts: everything is said at once
  const issues: z.core.$ZodIssue[] = frame.success ? [] : [...frame.error.issues];
  const parts = <T extends { kind: string }>(
    section: keyof EdgeSchemas,
    entries: Record<string, T>,
  ): Record<string, T> =>
    Object.fromEntries(
      Object.entries(entries).map(([name, entry]) => {
        const schema = Object.hasOwn(edge[section], entry.kind) ? edge[section][entry.kind] : undefined;
        if (schema === undefined) {
          const known = Object.keys(edge[section]).join(", ");
          issues.push({
            code: "custom",
            path: [section, name, "kind"],
            message: `unknown kind "${entry.kind}"; known: ${known}`,
            input: entry.kind,
          });
          return [name, entry];
        }
        const part = schema.safeParse(entry);
        if (!part.success)
          issues.push(
            ...part.error.issues.map((issue) => ({ ...issue, path: [section, name, ...issue.path] })),
          );
        return [name, part.success ? (part.data as T) : entry];
      }),
    );
  const deployment = {
    ...frame.data,
    transports: parts("transports", frame.success ? frame.data.transports : entriesOf(raw, "transports")),
    actuators: parts("actuators", frame.success ? frame.data.actuators : entriesOf(raw, "actuators")),
  };
  return issues.length > 0 || !frame.success
    ? { ok: false, issues: distinct(issues) }
    : { ok: true, deployment: deployment as Deployment };
}

/** The entries of a section that are mappings with a kind, as they stand in a file whose frame is wrong. */
function entriesOf(raw: unknown, section: string): Record<string, { kind: string }> {
  const found = isMapping(raw) ? raw[section] : undefined;
  return Object.fromEntries(
    Object.entries(isMapping(found) ? found : {}).filter(
      (entry): entry is [string, { kind: string }] =>
        isMapping(entry[1]) && typeof entry[1]["kind"] === "string",
    ),
  );
}
const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Frame and part may both object to the same place. */
function distinct(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const seen = new Set<string>();
  return issues.filter((issue) => {
    const key = `${issue.path.join(".")}: ${issue.message}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Every key that a deployment may have anywhere, for a guess at what somebody meant. */
let knownKeys: readonly string[] | null = null;
function allKeys(edge: EdgeSchemas | undefined): readonly string[] {
  if (knownKeys !== null) return knownKeys;
  const keys = new Set<string>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (!isMapping(node)) return;
    if (isMapping(node["properties"])) for (const key of Object.keys(node["properties"])) keys.add(key);
    Object.values(node).forEach(walk);
  };
  walk(deploymentJsonSchema(edge));
  knownKeys = [...keys];
  return knownKeys;
}
const PLAIN_TYPES: Readonly<Record<string, string>> = {
  record: "a mapping of names to settings",
  object: "a mapping of keys to values",
  array: "a list",
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** Zod's words in ours: one entry per place. */
function explain(
  issue: z.core.$ZodIssue,
  edge: EdgeSchemas | undefined,
): { path: Path; message: string; onKey: boolean }[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key "${key}"${didYouMean(key, allKeys(edge)) || "; remove it or correct its spelling"}`,
      onKey: true,
    }));
  if (issue.code === "invalid_key")
    return [{ path, message: `bad name: ${issue.issues[0]?.message ?? issue.message}`, onKey: true }];
  if (issue.code === "invalid_type") {
    const wanted = PLAIN_TYPES[issue.expected] ?? issue.expected;
    const missing = /received undefined/.test(issue.message);
    return [{ path, message: missing ? `missing: expected ${wanted}` : `expected ${wanted}`, onKey: false }];
  }
  if (issue.code === "invalid_value") {
    const wanted = issue.values.map(String).join(" or ");
    return [{ path, message: `expected ${wanted}`, onKey: false }];
  }
  if (issue.code === "invalid_union") {
    const best = issue.errors.flat().find((inner) => inner.path.length > 0) ?? issue.errors.flat()[0];
    if (best !== undefined)
      return explain({ ...best, path: [...path, ...best.path] } as z.core.$ZodIssue, edge);
  }
  return [{ path, message: issue.message, onKey: false }];
}

/** Where a path stands in the text; for a missing key, where its parent stands. */
function offsetOf(document: Document, path: Path, onKey: boolean): number {
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length);
    const parent = length === 0 ? null : document.getIn(part.slice(0, -1), true);
    const root = length === 1 ? document.contents : parent;
    if (length > 0 && isMap(root)) {
      const pair = root.items.find((p) => isScalar(p.key) && String(p.key.value) === String(part.at(-1)));
      if (pair !== undefined) {
        const target = onKey || length < path.length || !isNode(pair.value) ? pair.key : pair.value;
        if (isNode(target) && target.range) return target.range[0];
      }
    } else if (length > 0) {
      const node = document.getIn(part, true);
      if (isNode(node) && node.range) return node.range[0];
    }
  }
  return isNode(document.contents) && document.contents.range ? document.contents.range[0] : 0;
}
