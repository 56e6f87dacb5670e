import { assert } from "../base/assert.ts";
import { HASH_BYTES } from "../base/hash.ts";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { type Hash, type NodeSource, sameHash, type TreeHasher } from "./merkle.ts";

/** Proofs of RFC 9162, sections 2.1.3 and 2.1.4. Nothing but hashes of the one tree is ever an input. */
export type ProofResult = Result<null, string>;

/** A proof in a tree of up to 2^63 leaves has no more hashes than this. */
export const PROOF_HASHES_MAX = 63;

/** Hashes that lead from a leaf to the root of the tree of `size` leaves, the leaf's sibling first. */
export function inclusionPath(hasher: TreeHasher, source: NodeSource, index: number, size: number): Hash[] {
  assert(
    index >= 0 && index < size && Number.isSafeInteger(size),
    `leaf ${index} lies outside a tree of ${size}`,
  );
  const path: Hash[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      path.push(rangeHash(hasher, source, middle, end));
      end = middle;
    } else {
      path.push(rangeHash(hasher, source, begin, middle));
      begin = middle;
    }
  }
  return path.reverse();
}

/** Hashes that show the tree of `oldSize` leaves to be the beginning of the tree of `size` leaves. */
export function consistencyPath(
  hasher: TreeHasher,
  source: NodeSource,
  oldSize: number,
  size: number,
): Hash[] {
  assert(oldSize > 0 && oldSize <= size && Number.isSafeInteger(size), `no proof from ${oldSize} to ${size}`);
  const path: Hash[] = [];
  let begin = 0;
  let end = size;
  let known = true;
  while (end > oldSize) {
    const middle = begin + splitOf(end - begin);
    if (oldSize <= middle) {
      path.push(rangeHash(hasher, source, middle, end));
      end = middle;
    } else {
      path.push(rangeHash(hasher, source, begin, middle));
      begin = middle;
      known = false;
    }
  }
  if (!known) path.push(rangeHash(hasher, source, begin, end));
  return path.reverse();
}

/** Root over the leaves [begin, end), put together from complete subtrees; begin is a multiple of the half below it. */
export function rangeHash(hasher: TreeHasher, source: NodeSource, begin: number, end: number): Hash {
  const width = end - begin;
  assert(width > 0, "a range has at least one leaf");
  const half = splitOf(width);
  if (width === 1 || half * 2 === width) return source.node(levelOf(width), begin / width);
  const middle = begin + half;
  return hasher.node(rangeHash(hasher, source, begin, middle), rangeHash(hasher, source, middle, end));
}

/** largest power of two below n */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function levelOf(width: number): number {
  let level = 0;
  for (let w = 1; w < width; w *= 2) level++;
  return level;
}

const areHashes = (hashes: readonly Hash[]): boolean => hashes.every((hash) => hash.length === HASH_BYTES);

/** RFC 9162, section 2.1.3.2. Sizes are BigInt: a forged file may hold numbers that a double would round. */
export function verifyInclusion(
  hasher: TreeHasher,
  index: bigint,
  size: bigint,
  leafHash: Hash,
  path: readonly Hash[],
  root: Hash,
): ProofResult {
  if (!areHashes([leafHash, root, ...path])) return err("a hash has 32 bytes");
  if (index < 0n || index >= size) return err(`leaf ${index} lies outside a tree of ${size}`);
  let position = index;
  let last = size - 1n;
  let hash = leafHash;
  for (const sibling of path) {
    if (last === 0n) return err("the proof has too many hashes");
    if ((position & 1n) === 1n || position === last) {
      hash = hasher.node(sibling, hash);
      while ((position & 1n) === 0n && position !== 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else hash = hasher.node(hash, sibling);
    position >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) return err("the proof has too few hashes");
  return sameHash(hash, root) ? ok(null) : err("the proof leads to another root");
}

/** RFC 9162, section 2.1.4.2. */
export function verifyConsistency(
  hasher: TreeHasher,
  oldSize: bigint,
  size: bigint,
  path: readonly Hash[],
  oldRoot: Hash,
  root: Hash,
): ProofResult {
  if (oldSize === 0n) return err("an empty tree begins every tree: there is nothing to prove");
  if (oldSize < 0n || oldSize > size) return err(`no tree of ${oldSize} leaves begins a tree of ${size}`);
  if (oldSize === size) {
    if (path.length > 0) return err("the proof has too many hashes");
    return sameHash(oldRoot, root) ? ok(null) : err("two roots for one size");
  }
  if (!areHashes([oldRoot, root, ...path])) return err("a hash has 32 bytes");
  return climbConsistency(hasher, oldSize, size, path, oldRoot, root);
}

function climbConsistency(
  hasher: TreeHasher,
  oldSize: bigint,
  size: bigint,
  path: readonly Hash[],
  oldRoot: Hash,
  root: Hash,
): ProofResult {
  const full = (oldSize & (oldSize - 1n)) === 0n ? [oldRoot, ...path] : path;
  if (path.length === 0 || full.length === 0) return err("the proof has too few hashes");
  let first = oldSize - 1n;
  let last = size - 1n;
  while ((first & 1n) === 1n) {
    first >>= 1n;
    last >>= 1n;
  }
  let oldHash = full[0]!;
  let hash = full[0]!;
  for (const sibling of full.slice(1)) {
    if (last === 0n) return err("the proof has too many hashes");
    if ((first & 1n) === 1n || first === last) {
      oldHash = hasher.node(sibling, oldHash);
      hash = hasher.node(sibling, hash);
      while ((first & 1n) === 0n && first !== 0n) {
        first >>= 1n;
        last >>= 1n;
      }
    } else hash = hasher.node(hash, sibling);
    first >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) return err("the proof has too few hashes");
  if (!sameHash(oldHash, oldRoot)) return err("the proof leads to another old root");
  return sameHash(hash, root) ? ok(null) : err("the proof leads to another root");
}
