import type { Head } from "../../core/risk/index.ts";
import type { LabelledTable } from "./growing-table.ts";
import { scoreTable } from "./score-table.ts";
import { splitTable } from "./split-table.ts";

/** V_s of every row by a model that never saw the row's group, and which rows were left out together. */
export interface FoldScores {
  readonly table: LabelledTable;
  /** NaN: not known */
  readonly energies: Float64Array;
  readonly folds: readonly Int32Array[];
  /** null: the training of this fold found nothing, so it says nothing */
  add(rows: Int32Array, head: Head | null): void;
}
export function foldScores(table: LabelledTable): FoldScores {
  const energies = new Float64Array(table.rows).fill(Number.NaN);
  const folds: Int32Array[] = [];
  return {
    table,
    energies,
    folds,
    add(rows, head) {
      folds.push(rows);
      if (head === null) {
        for (const row of rows) energies[row] = 0;
        return;
      }
      const part = scoreTable(head, splitTable(table, rows));
      rows.forEach((row, i) => (energies[row] = part[i] as number));
    },
  };
}
