import { canonicalBytes } from "../base/canonical.ts";
import { dualHash, type Hasher, pureHasher } from "../base/hash.ts";
import { err, ok, type Result } from "../base/result.ts";
import { type Code, MAX_ARTEFACT_BYTES, MAX_ARTEFACT_PARTS } from "../domain/index.ts";

/** What may be promoted. A policy adapter is a proposer's part; the others belong to the node. */
export const CANDIDATE_KINDS = ["head", "calibration", "rules", "gate", "policy"] as const;
export type CandidateKind = (typeof CANDIDATE_KINDS)[number];
/** A calibration is a head whose numbers mean something else: both stand in the same place. */
export const slotOf = (kind: CandidateKind): CandidateKind => (kind === "calibration" ? "head" : kind);
/** What the one file of a candidate is called when it is frozen, whatever a person calls it: another name is no other candidate. */
export const PART_OF: Readonly<Record<CandidateKind, string>> = {
  head: "head.json",
  calibration: "head.json",
  rules: "rules.yaml",
  gate: "gate.yaml",
  policy: "policy.yaml",
};

export interface ArtefactPart {
  readonly name: string;
  readonly size: number;
  /** sha256:blake3 of its bytes */
  readonly hash: string;
}
/** What was frozen: every part by its dual hash. The manifest's own hash names the artefact everywhere. */
export interface Manifest {
  readonly format: "cellgate-artefact-1";
  readonly kind: CandidateKind;
  readonly parts: readonly ArtefactPart[];
}
export type Parts = Readonly<Record<string, Uint8Array>>;

export interface Trouble {
  readonly code: Code;
  readonly detail: string;
}

const PART_NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;

export const manifestHash = (manifest: Manifest, hasher: Hasher = pureHasher): string =>
  dualHash(canonicalBytes(manifest), hasher);

/** Fixes what the candidate is. Parts are listed by name, so the order of files cannot matter. */
export function freeze(
  kind: CandidateKind,
  parts: Parts,
  hasher: Hasher = pureHasher,
): Result<Manifest, Trouble> {
  const names = Object.keys(parts).sort();
  const bad = names.find((name) => !PART_NAME.test(name));
  if (bad !== undefined) return tampered(`"${bad}" is no name of a part`);
  if (names.length === 0 || names.length > MAX_ARTEFACT_PARTS)
    return tampered(`expected 1 to ${MAX_ARTEFACT_PARTS} parts, got ${names.length}`);
  const total = names.reduce((sum, name) => sum + parts[name]!.length, 0);
  if (total > MAX_ARTEFACT_BYTES)
    return tampered(`expected at most ${MAX_ARTEFACT_BYTES} bytes, got ${total}`);
  return ok({
    format: "cellgate-artefact-1",
    kind,
    parts: names.map((name) => ({
      name,
      size: parts[name]!.length,
      hash: dualHash(parts[name]!, hasher),
    })),
  });
}

/** Are these the parts that were frozen? null: yes, each of them and nothing else. */
export function verifyParts(manifest: Manifest, parts: Parts, hasher: Hasher = pureHasher): Trouble | null {
  const frozen = new Set(manifest.parts.map((p) => p.name));
  const extra = Object.keys(parts).find((name) => !frozen.has(name));
  if (extra !== undefined)
    return { code: "PROMOTION_TAMPERED", detail: `part ${extra} is not in the manifest` };
  for (const { name, hash } of manifest.parts) {
    const bytes = parts[name];
    if (bytes === undefined) return { code: "PROMOTION_TAMPERED", detail: `part ${name} is missing` };
    if (dualHash(bytes, hasher) !== hash)
      return { code: "PROMOTION_TAMPERED", detail: `part ${name} does not have its hash` };
  }
  return null;
}

const tampered = (detail: string): { readonly ok: false; readonly error: Trouble } =>
  err({ code: "PROMOTION_TAMPERED", detail });
