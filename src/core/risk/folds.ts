import { assert } from "../base/assert.ts";
import { createPrng } from "../base/prng.ts";
import type { FrameTable } from "./table.ts";

/** Two disjoint lists of rows. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}
/**
 * Cuts groups, never rows: windows that overlap and recordings that repeat stay on one side. Groups with a
 * positive row and groups without are dealt out in turn, so that every fold has both.
 */
export function groupFolds(table: FrameTable, folds: number, seed: number): Split[] {
  const groups = new Map<number, boolean>();
  for (let i = 0; i < table.rows; i++) {
    const group = table.groups[i] as number;
    groups.set(group, (groups.get(group) ?? false) || table.labels[i] === 1);
  }
  assert(
    folds >= 2 && groups.size >= folds,
    `${folds} folds need at least as many groups, got ${groups.size}`,
  );
  const prng = createPrng(seed).split("folds");
  const foldOf = new Map<number, number>();
  let dealt = 0;
  for (const wanted of [true, false]) {
    const some = [...groups]
      .filter(([, risky]) => risky === wanted)
      .map(([group]) => ({ group, draw: prng.split(group).nextFloat() }));
    some.sort((a, b) => a.draw - b.draw || a.group - b.group);
    for (const { group } of some) foldOf.set(group, dealt++ % folds);
  }
  return Array.from({ length: folds }, (_, fold) =>
    splitBy(table, (row) => foldOf.get(table.groups[row] as number) === fold),
  );
}
/** The first part of the rows in time trains, the rest tests; the table must be in the order of time. */
export function timeSplit(table: FrameTable, share: number): Split {
  const edge = Math.floor(table.rows * share);
  return splitBy(table, (row) => row >= edge);
}
function splitBy(table: FrameTable, isTest: (row: number) => boolean): Split {
  const train: number[] = [];
  const test: number[] = [];
  for (let row = 0; row < table.rows; row++) (isTest(row) ? test : train).push(row);
  return { train: Int32Array.from(train), test: Int32Array.from(test) };
}
