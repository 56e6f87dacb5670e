import { canonicalText } from "../base/canonical.ts";

/**
 * What a leaf of the tree holds: the canonical receipt, its dual hash and the hash of the leaf before it.
 * The last one is the linear chain, a redundant local check; no proof ever takes it as an input.
 */
export const leafText = (receiptText: string, dual: string, previous: string): string =>
  `{"dual_hash":"${dual}","previous":"${previous}","receipt":${receiptText}}`;

/** `previous` of the first leaf of a tree */
export const NO_PREVIOUS = "0".repeat(64);

/** Reads the parts of a leaf again; null when the bytes are not the canonical leaf that this node writes. */
export interface Leaf {
  readonly receiptText: string;
  readonly dual: string;
  readonly previous: string;
}
const HEAD = /^\{"dual_hash":"([0-9a-f]{64}:[0-9a-f]{64})","previous":"([0-9a-f]{64})","receipt":/;

export function parseLeaf(text: string): Leaf | null {
  const head = HEAD.exec(text);
  if (head === null || !text.endsWith("}")) return null;
  const receiptText = text.slice(head[0].length, -1);
  try {
    return canonicalText(JSON.parse(receiptText)) === receiptText
      ? { receiptText, dual: head[1]!, previous: head[2]! }
      : null;
  } catch {
    return null;
  }
}
