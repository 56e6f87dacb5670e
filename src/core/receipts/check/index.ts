import { dualHash } from "../../base/hash.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { textOfUtf8, utf8Bytes } from "../../base/utf8.ts";
import { type Crypto, openCheckpoint, type SignedCheckpoint } from "../checkpoint.ts";
import { type Leaf, parseLeaf } from "../leaf.ts";
import { treeHasherOf } from "../merkle.ts";
import { type NoteKey, noteKey, parseVkey } from "../note.ts";
import { verifyInclusion } from "../proof.ts";
import { parseTlogProof, type TlogProof } from "../tlog-proof.ts";

/**
 * The one check of a proof file, for the command line, the library and the browser. It needs the file, a key and
 * the hashes and signatures that the caller lends: no database, no network, and nothing that a browser lacks.
 */
export interface ProofStep {
  readonly kind: "key" | "proof" | "shown" | "leaf" | "sha256" | "blake3" | "path" | "signature";
  /** what was checked, for a person */
  readonly what: string;
  /** null: it holds */
  readonly error: string | null;
}
export interface CheckedProof {
  readonly receiptText: string;
  readonly origin: string;
  readonly index: bigint;
  readonly size: bigint;
  readonly signedBy: string;
}
export interface ProofCheck {
  /** in the order in which a person reads them; a step that cannot be done is absent after the one that broke */
  readonly steps: readonly ProofStep[];
  /** null: not proven */
  readonly proven: CheckedProof | null;
}
export interface Given {
  /** the leaf's bytes, where the file does not carry them */
  readonly leaf?: Uint8Array | undefined;
  /** the text of the receipt as it is shown, which the leaf must hold */
  readonly shown?: string | null | undefined;
}

export function checkProof(crypto: Crypto, text: string, vkey: string, given: Given = {}): ProofCheck {
  const steps: ProofStep[] = [];
  const step = <T>(kind: ProofStep["kind"], what: string, found: Result<T, string>): T | null => {
    steps.push({ kind, what, error: found.ok ? null : found.error });
    return found.ok ? found.value : null;
  };
  const proof = step("proof", "The proof can be read", parseTlogProof(text));
  const key = step("key", "The key can be read", parseVkey(crypto, vkey));
  if (proof === null || key === null) return { steps, proven: null };
  const data = given.leaf ?? proof.extra;
  const leaf = step("leaf", "The leaf holds a receipt", leafIn(data));
  if (data === null) return { steps, proven: null };
  if (leaf !== null) checkLeaf(crypto, leaf, given, step);
  const opened = openCheckpoint(crypto, proof.checkpoint, keysOf(key, crypto, proof.checkpoint));
  if (opened.ok) step("path", pathWords(proof), checkPath(crypto, proof, data, opened.value));
  step("signature", "The root is signed by this key (Ed25519)", opened);
  const holds = steps.every(({ error }) => error === null);
  return { steps, proven: holds && leaf !== null && opened.ok ? provenBy(leaf, proof, opened.value) : null };
}

const pathWords = ({ path }: TlogProof): string => `${path.length} hashes lead from the leaf to the root`;
const provenBy = ({ receiptText }: Leaf, { index }: TlogProof, opened: SignedCheckpoint): CheckedProof => ({
  receiptText,
  origin: opened.origin,
  index,
  size: opened.size,
  signedBy: opened.signedBy.map((k) => k.name).join(", "),
});

function leafIn(data: Uint8Array | null): Result<Leaf, string> {
  if (data === null) return err("the file carries no leaf, and none was given");
  const text = textOfUtf8(data);
  const leaf = text === null ? null : parseLeaf(text);
  return leaf === null ? err("the leaf is proven but holds no receipt of this node") : ok(leaf);
}

type Step = (kind: ProofStep["kind"], what: string, found: Result<null, string>) => unknown;
const MISMATCH = "the leaf is proven but the receipt in it does not match its dual hash";

function checkLeaf(crypto: Crypto, leaf: Leaf, { shown }: Given, step: Step): void {
  const holds = (is: boolean, error: string): Result<null, string> => (is ? ok(null) : err(error));
  if (shown !== undefined)
    step(
      "shown",
      "The leaf holds the receipt shown above",
      holds(leaf.receiptText === shown, "it holds another one"),
    );
  const [sha256, blake3] = leaf.dual.split(":");
  const [ownSha256, ownBlake3] = dualHash(utf8Bytes(leaf.receiptText), crypto).split(":");
  step("sha256", "Its SHA-256 is the one in the leaf", holds(sha256 === ownSha256, MISMATCH));
  step("blake3", "Its BLAKE3 is the one in the leaf", holds(blake3 === ownBlake3, MISMATCH));
}

function checkPath(
  crypto: Crypto,
  { index, path }: TlogProof,
  data: Uint8Array,
  { size, root }: SignedCheckpoint,
): Result<null, string> {
  const tree = treeHasherOf(crypto);
  return verifyInclusion(tree, index, size, tree.leaf(data), path, root);
}

/** The name in a key is that of one shard; the same public key signs the next shards under their names. */
function keysOf(key: NoteKey, crypto: Crypto, checkpoint: string): NoteKey[] {
  const [origin = ""] = checkpoint.split("\n", 1);
  const ledger = key.name.replace(/\/\d+$/, "");
  if (origin === key.name || !key.name.startsWith("cellgate/") || origin.replace(/\/\d+$/, "") !== ledger)
    return [key];
  return [key, noteKey(crypto, origin, key.publicKey)];
}
