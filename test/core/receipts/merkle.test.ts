import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOfHex, hexOf, pureHasher } from "../../../src/core/base/hash.ts";
import { utf8Bytes } from "../../../src/core/base/utf8.ts";
import { createLedgerCrypto } from "../../../src/edge/ledger/crypto.ts";
import {
  base64Of,
  bytesOfBase64,
  consistencyPath,
  Frontier,
  type Hash,
  inclusionPath,
  type NodeSource,
  treeHasherOf,
  verifyConsistency,
  verifyInclusion,
} from "../../../src/core/receipts/index.ts";
import * as vectors from "./vectors.ts";

const hasher = treeHasherOf(pureHasher);
const hash = (text: string): Hash => bytesOfBase64(text)!;
const leafHashes = (leaves: readonly Uint8Array[]): Hash[] => leaves.map((leaf) => hasher.leaf(leaf));
const sourceOf = (leaves: readonly Hash[]): NodeSource => {
  const node = (level: number, index: number): Hash =>
    level === 0 ? leaves[index]! : hasher.node(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
  return { node };
};
const rootsOf = (leaves: readonly Hash[]): Hash[] => {
  const frontier = new Frontier(hasher);
  return [
    frontier.root(),
    ...leaves.map((leaf) => {
      frontier.append(leaf);
      return frontier.root();
    }),
  ];
};
const ctLeaves = leafHashes(vectors.CT_LEAVES.map((leaf) => bytesOfHex(leaf)!));

describe("Merkle tree (RFC 6962, RFC 9162)", () => {
  it("hashes leaves and nodes as RFC 6962 says, in both implementations", async () => {
    for (const tree of [hasher, (await createLedgerCrypto()).tree]) {
      for (const [data, expected] of vectors.LEAF_HASHES)
        expect(hexOf(tree.leaf(utf8Bytes(data)))).toBe(expected);
      expect(hexOf(tree.empty())).toBe(vectors.EMPTY_ROOT);
    }
    // the constant was made from four-byte texts, where the tree always has 32 bytes
    expect(
      hexOf(
        treeHasherOf({
          ...pureHasher,
          sha256: (b) => pureHasher.sha256(b.length === 65 ? Uint8Array.of(1, ...utf8Bytes("N123N456")) : b),
        }).node(new Uint8Array(32), new Uint8Array(32)),
      ),
    ).toBe(vectors.NODE_HASH);
  });

  it("gives the roots and proofs of the Certificate Transparency tree", () => {
    const roots = rootsOf(ctLeaves);
    for (const [size, root] of Object.entries(vectors.CT_ROOTS))
      expect(base64Of(roots[Number(size)]!)).toBe(root);
    for (const { index, size, path } of vectors.CT_INCLUSION)
      expect(inclusionPath(hasher, sourceOf(ctLeaves), index, size).map(base64Of)).toEqual(path);
    for (const { from, to, path } of vectors.CT_CONSISTENCY)
      expect(consistencyPath(hasher, sourceOf(ctLeaves), from, to).map(base64Of)).toEqual(path);
  });

  it("gives the roots of a public log, and every pair of them is consistent", () => {
    const leaves = leafHashes(vectors.LOG_LEAVES.map(utf8Bytes));
    expect(rootsOf(leaves).map(base64Of)).toEqual(vectors.LOG_ROOTS);
    for (let to = 1; to <= leaves.length; to++)
      for (let from = 1; from <= to; from++) {
        const path = consistencyPath(hasher, sourceOf(leaves), from, to);
        expect(
          verifyConsistency(
            hasher,
            BigInt(from),
            BigInt(to),
            path,
            hash(vectors.LOG_ROOTS[from]!),
            hash(vectors.LOG_ROOTS[to]!),
          ).ok,
        ).toBe(true);
      }
  });

  it("proves every leaf of every tree up to 70 leaves, and a restored edge has the same root", () => {
    const leaves = leafHashes(Array.from({ length: 70 }, (_, i) => Uint8Array.of(i)));
    const source = sourceOf(leaves);
    const roots = rootsOf(leaves);
    for (let size = 1; size <= leaves.length; size++) {
      for (let index = 0; index < size; index++)
        expect(
          verifyInclusion(
            hasher,
            BigInt(index),
            BigInt(size),
            leaves[index]!,
            inclusionPath(hasher, source, index, size),
            roots[size]!,
          ).ok,
        ).toBe(true);
      expect(hexOf(Frontier.restore(hasher, size, source).root())).toBe(hexOf(roots[size]!));
    }
  });

  it("refuses every proof that was changed in one place", () => {
    const source = sourceOf(ctLeaves);
    const roots = rootsOf(ctLeaves);
    const other = hasher.leaf(Uint8Array.of(99));
    for (let size = 1; size <= 8; size++)
      for (let index = 0; index < size; index++) {
        const path = inclusionPath(hasher, source, index, size);
        const good = [BigInt(index), BigInt(size), ctLeaves[index]!, path, roots[size]!] as const;
        const [i, n, leaf, , root] = good;
        const wrong: (readonly [bigint, bigint, Hash, readonly Hash[], Hash])[] = [
          [i + 1n, n, leaf, path, root],
          [i - 1n, n, leaf, path, root],
          [i ^ 2n, n, leaf, path, root],
          [i, n, other, path, root],
          [i, n, leaf, [...path, other], root],
          [i, n, leaf, [other, ...path], root],
          [i, n, leaf, path, other],
          [i, n, leaf, path, new Uint8Array(0)],
          [i, n, new Uint8Array(0), path, root],
          ...path.map((_, k) => [i, n, leaf, path.with(k, other), root] as const),
          ...(path.length > 0
            ? [[i, n, leaf, path.slice(1), root] as const, [i, n, leaf, path.slice(0, -1), root] as const]
            : []),
        ];
        for (const w of wrong) expect(verifyInclusion(hasher, ...w).ok).toBe(false);
      }
    for (let to = 2; to <= 8; to++)
      for (let from = 1; from < to; from++) {
        const path = consistencyPath(hasher, source, from, to);
        const [a, b] = [roots[from]!, roots[to]!];
        for (const [x, y, p, r, s] of [
          [from, to, [...path, other], a, b],
          [from, to, path.slice(1), a, b],
          [from, to, [], a, b],
          [from, to, path, b, a],
          [from, to, path, other, b],
          [from, to, path, a, other],
          [to, from, path, a, b],
          [0, to, path, a, b],
          [from + 1, to, path, a, b],
          ...path.map((_, k) => [from, to, path.with(k, other), a, b] as const),
        ] as (readonly [number, number, Hash[], Hash, Hash])[])
          expect(verifyConsistency(hasher, BigInt(x), BigInt(y), p, r, s).ok).toBe(false);
      }
  });

  it("keeps sizes beyond 2^53 apart: a double would round them to one number", () => {
    const [size, index] = [(1n << 60n) + 1n, 1n << 60n];
    const left = hasher.leaf(Uint8Array.of(1));
    const leaf = hasher.leaf(Uint8Array.of(2));
    const root = hasher.node(left, leaf);
    expect(verifyInclusion(hasher, index, size, leaf, [left], root).ok).toBe(true);
    expect(verifyInclusion(hasher, index - 1n, size, leaf, [left], root).ok).toBe(false);
    expect(verifyInclusion(hasher, index, size + 1n, leaf, [left], root).ok).toBe(false);
  });

  it("refuses two roots for one size and a proof from nothing", () => {
    const [a, b] = [hasher.leaf(Uint8Array.of(1)), hasher.leaf(Uint8Array.of(2))];
    expect(verifyConsistency(hasher, 3n, 3n, [], a, b).ok).toBe(false);
    expect(verifyConsistency(hasher, 0n, 0n, [], a, a).ok).toBe(false);
    expect(verifyConsistency(hasher, 3n, 3n, [a], a, a).ok).toBe(false);
  });
});

describe("base 64", () => {
  it("is that of the platform and has one spelling", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(base64Of(bytes)).toBe(text);
        expect([...bytesOfBase64(text)!]).toEqual([...bytes]);
      }),
      { seed: 3 },
    );
    for (const bad of ["A", "AA", "AAA", "A===", "AB==", "AAB=", "AA==AAAA", "AA-_", "AA\n=", "A A=", "=AAA"])
      expect(bytesOfBase64(bad)).toBeNull();
  });
});
