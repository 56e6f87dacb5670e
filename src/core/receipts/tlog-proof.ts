import { HASH_BYTES } from "../base/hash.ts";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { base64Of, bytesOfBase64 } from "./base64.ts";
import { parseSize } from "./checkpoint.ts";
import type { Hash } from "./merkle.ts";
import { PROOF_HASHES_MAX } from "./proof.ts";

/** One leaf, the way to a root and the signed root: a file that proves itself (c2sp.org/tlog-proof). */
export interface TlogProof {
  readonly index: bigint;
  readonly path: readonly Hash[];
  /** signed note, verbatim */
  readonly checkpoint: string;
  /** not covered by the proof; this node puts the leaf's bytes here, which the leaf hash then covers */
  readonly extra: Uint8Array | null;
}

const HEADER = "c2sp.org/tlog-proof@v1";
export const TLOG_PROOF_CHARS_MAX = 4_000_000;

export function formatTlogProof(proof: TlogProof): string {
  const extra = proof.extra === null ? "" : `extra ${base64Of(proof.extra)}\n`;
  const hashes = proof.path.map((hash) => `${base64Of(hash)}\n`).join("");
  return `${HEADER}\n${extra}index ${proof.index}\n${hashes}\n${proof.checkpoint}`;
}

export function parseTlogProof(text: string): Result<TlogProof, string> {
  if (text.length > TLOG_PROOF_CHARS_MAX) return err("the proof is too large");
  const split = text.indexOf("\n\n");
  if (split < 0) return err("a proof has an empty line before its checkpoint");
  const lines = text.slice(0, split).split("\n");
  if (lines.shift() !== HEADER) return err(`a proof begins with ${HEADER}`);
  const extra = lines[0]?.startsWith("extra ") ? bytesOfBase64(lines.shift()!.slice(6)) : undefined;
  if (extra === null) return err("the extra data is not base 64");
  const indexLine = lines.shift() ?? "";
  const index = indexLine.startsWith("index ") ? parseSize(indexLine.slice(6)) : null;
  if (index === null) return err("a proof names the index of its leaf");
  if (lines.length > PROOF_HASHES_MAX) return err(`a proof has at most ${PROOF_HASHES_MAX} hashes`);
  const path: Hash[] = [];
  for (const line of lines) {
    const hash = bytesOfBase64(line);
    if (hash === null || hash.length !== HASH_BYTES)
      return err("a hash of the proof is not 32 bytes in base 64");
    path.push(hash);
  }
  return ok({ index, path, checkpoint: text.slice(split + 2), extra: extra ?? null });
}
