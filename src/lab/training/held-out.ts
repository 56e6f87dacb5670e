import { createPrng } from "../../core/base/prng.ts";
import { groupFolds, positives, type FrameTable, type Split } from "../../core/risk/index.ts";
import type { LabelledTable } from "./growing-table.ts";
import { splitTable } from "./split-table.ts";

/** Fewer groups than this leave nothing to hold out that would be evidence. */
export const GROUPS_MIN = 5;
/** Up to here each group is left out once, or a tenth of them; above, a fifth is set aside for good. */
const FEW_GROUPS = 40;
const FOLDS = 10;
const SET_ASIDE = 5;

/** Which rows a head is trained on and which it is measured on. */
export type HeldOutPlan =
  /** nothing can be held out: no figure, no promise */
  | { readonly kind: "none"; readonly groups: number }
  /** rows for the promise of the alarm and rows for the figures, seen by nothing else */
  | {
      readonly kind: "aside";
      readonly training: LabelledTable;
      readonly calibration: LabelledTable;
      readonly test: LabelledTable;
    }
  /** each fold is scored by a model that was trained without it; the head itself is trained on all */
  | { readonly kind: "folds"; readonly splits: readonly Split[] };

export const groupCount = (table: FrameTable): number => new Set(table.groups).size;

export function planOf(
  train: LabelledTable,
  given: { readonly calibration: LabelledTable | null; readonly test: LabelledTable | null },
  seed: number,
): HeldOutPlan {
  const { calibration, test } = given;
  if (calibration !== null && test !== null) return { kind: "aside", training: train, calibration, test };
  const groups = groupCount(train);
  if (groups < GROUPS_MIN) return { kind: "none", groups };
  if (groups <= FEW_GROUPS) {
    const splits = groupFolds(train, Math.min(groups, FOLDS), seed);
    return splits.every(({ train: rows }) => mixed(train, rows))
      ? { kind: "folds", splits }
      : { kind: "none", groups };
  }
  const [first, second] = groupFolds(train, SET_ASIDE, seed).map((split) => split.test) as [
    Int32Array,
    Int32Array,
  ];
  const away = new Set([...first, ...second]);
  const rest = Int32Array.from({ length: train.rows }, (_, i) => i).filter((row) => !away.has(row));
  return {
    kind: "aside",
    training: splitTable(train, rest),
    calibration: splitTable(train, first),
    test: splitTable(train, second),
  };
}
function mixed(table: FrameTable, rows: Int32Array): boolean {
  let risky = 0;
  for (const row of rows) risky += table.labels[row] as number;
  return risky > 0 && risky < rows.length;
}
/** Seed of the model that is trained without a fold. */
export const foldSeed = (seed: number, fold: number): number =>
  createPrng(seed).split("fold").split(fold).nextUint32();

/** Parts without a risky or without a harmless row cannot train or measure anything. */
export const oneSided = (table: FrameTable): "harmless" | "risky" | null => {
  const risky = positives(table);
  return risky === 0 ? "harmless" : risky === table.rows ? "risky" : null;
};
