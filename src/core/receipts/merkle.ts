import { assert } from "../base/assert.ts";
import type { Hasher } from "../base/hash.ts";

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

/** The two hash functions of an RFC 6962 tree; the prefixes keep a node from passing as a leaf. */
export interface TreeHasher {
  leaf(data: Uint8Array): Hash;
  node(left: Hash, right: Hash): Hash;
  /** root of a tree without leaves */
  empty(): Hash;
}

const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;

export const treeHasherOf = (hasher: Hasher): TreeHasher => ({
  leaf(data) {
    const bytes = new Uint8Array(data.length + 1);
    bytes[0] = LEAF_PREFIX;
    bytes.set(data, 1);
    return hasher.sha256(bytes);
  },
  node(left, right) {
    const bytes = new Uint8Array(65);
    bytes[0] = NODE_PREFIX;
    bytes.set(left, 1);
    bytes.set(right, 33);
    return hasher.sha256(bytes);
  },
  empty: () => hasher.sha256(new Uint8Array(0)),
});

/** Where the hashes of complete subtrees come from: node(level, index) covers 2^level leaves. */
export interface NodeSource {
  node(level: number, index: number): Hash;
}

/** Told about every subtree that has become complete, leaves (level 0) included. */
export type OnNode = (level: number, index: number, hash: Hash) => void;

/**
 * The right edge of a growing tree: one hash for each complete subtree, largest first. Appending costs one
 * node hash on average and keeps about 30 hashes, however large the tree is.
 */
export class Frontier {
  readonly #hasher: TreeHasher;
  /** slot `level` holds the complete subtree of 2^level leaves at the right edge, or null */
  readonly #slots: (Hash | null)[] = [];
  #size = 0;
  /** of the present size, once it was asked for */
  #root: Hash | null = null;

  constructor(hasher: TreeHasher) {
    this.#hasher = hasher;
  }

  get size(): number {
    return this.#size;
  }

  append(leafHash: Hash, onNode?: OnNode): void {
    let hash = leafHash;
    let level = 0;
    let index = this.#size;
    onNode?.(level, index, hash);
    while (index % 2 === 1) {
      const left = this.#slots[level];
      assert(left !== null && left !== undefined, "the left sibling of an odd node is complete");
      hash = this.#hasher.node(left, hash);
      this.#slots[level] = null;
      level++;
      index = (index - 1) / 2;
      onNode?.(level, index, hash);
    }
    this.#slots[level] = hash;
    this.#size++;
    this.#root = null;
  }

  root(): Hash {
    return (this.#root ??= this.#rootOfSlots());
  }
  #rootOfSlots(): Hash {
    let root: Hash | null = null;
    for (const hash of this.#slots) {
      if (hash === null) continue;
      root = root === null ? hash : this.#hasher.node(hash, root);
    }
    return root ?? this.#hasher.empty();
  }

  /** the same edge again, independent of this one */
  copy(): Frontier {
    const copy = new Frontier(this.#hasher);
    copy.#slots.push(...this.#slots);
    copy.#size = this.#size;
    return copy;
  }

  /** rebuilds the edge of a stored tree from its complete subtrees */
  static restore(hasher: TreeHasher, size: number, source: NodeSource): Frontier {
    assert(Number.isSafeInteger(size) && size >= 0, `tree size expected a safe integer, got ${size}`);
    const frontier = new Frontier(hasher);
    for (let level = 0, width = 1; width <= size; level++, width *= 2) {
      const complete = Math.floor(size / width);
      frontier.#slots[level] = complete % 2 === 1 ? source.node(level, complete - 1) : null;
    }
    frontier.#size = size;
    return frontier;
  }
}

export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};
