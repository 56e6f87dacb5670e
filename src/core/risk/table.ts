import { assert } from "../base/assert.ts";
import type { HeadFeature } from "./feature-list.ts";

/** Labelled frames, one row each. What training, calibration and evaluation work on. */
export interface FrameTable {
  readonly features: readonly HeadFeature[];
  readonly rows: number;
  /** rows × features, row by row */
  readonly values: Float64Array;
  /** 1: the value counts */
  readonly present: Uint8Array;
  /** 1: risk, 0: none */
  readonly labels: Uint8Array;
  /** rows that belong together (a run, a contact, a recording): never split between training and test */
  readonly groups: Int32Array;
  /** microseconds from the start of the row's source */
  readonly times: Float64Array;
  /** which file or run a row came from: place in `sources` */
  readonly sourceOf: Int32Array;
  readonly sources: readonly string[];
  /** 1: the cell with the action in it that ran then, 0: the cell alone; left out: the cell alone everywhere */
  readonly ofActions?: Uint8Array;
}
/** The row shows an action that runs, and not the cell alone. */
export const isOfAction = ({ ofActions }: FrameTable, row: number): boolean => ofActions?.[row] === 1;

/** Some rows of a table, copied. */
export function selectRows(table: FrameTable, rows: ArrayLike<number>): FrameTable {
  const width = table.features.length;
  const n = rows.length;
  const { ofActions } = table;
  const about = ofActions === undefined ? {} : { ofActions: Uint8Array.from(rows, (row) => ofActions[row]!) };
  const picked = {
    values: new Float64Array(n * width),
    present: new Uint8Array(n * width),
    labels: new Uint8Array(n),
    groups: new Int32Array(n),
    times: new Float64Array(n),
    sourceOf: new Int32Array(n),
  };
  for (let i = 0; i < n; i++) {
    const from = rows[i] as number;
    assert(from >= 0 && from < table.rows, `row ${from} is outside the table`);
    picked.values.set(table.values.subarray(from * width, (from + 1) * width), i * width);
    picked.present.set(table.present.subarray(from * width, (from + 1) * width), i * width);
    picked.labels[i] = table.labels[from] as number;
    picked.groups[i] = table.groups[from] as number;
    picked.times[i] = table.times[from] as number;
    picked.sourceOf[i] = table.sourceOf[from] as number;
  }
  return { ...picked, ...about, features: table.features, rows: n, sources: table.sources };
}

export function positives(table: FrameTable): number {
  let count = 0;
  for (let i = 0; i < table.rows; i++) count += table.labels[i] as number;
  return count;
}
