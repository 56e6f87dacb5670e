import { createPrng } from "../../src/core/base/prng.ts";
import { type FrameTable, selectRows } from "../../src/core/risk/index.ts";

/** A model that anybody would try first: trained on one part of a table, it scores the other. */
export type Baseline = (train: FrameTable, test: FrameTable) => Float64Array;

/** Mean and spread of each column over its present values; what is missing counts the mean. */
function scaleOf({ features, rows, values, present }: FrameTable): {
  mean: Float64Array;
  spread: Float64Array;
} {
  const width = features.length;
  const mean = new Float64Array(width);
  const spread = new Float64Array(width).fill(1);
  for (let column = 0; column < width; column++) {
    let [n, sum, squares] = [0, 0, 0];
    for (let at = column; at < rows * width; at += width) {
      if (present[at] !== 1) continue;
      n++;
      sum += values[at]!;
      squares += values[at]! ** 2;
    }
    if (n === 0) continue;
    mean[column] = sum / n;
    spread[column] = Math.max(1e-9, Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2)));
  }
  return { mean, spread };
}
function scaled(table: FrameTable, { mean, spread }: ReturnType<typeof scaleOf>): Float64Array {
  const width = table.features.length;
  return table.values.map((value, at) =>
    table.present[at] === 1 ? (value - mean[at % width]!) / spread[at % width]! : 0,
  );
}

/** Logistic regression on scaled columns, both classes weighing the same, with a little ridge. */
export const logisticRegression: Baseline = (train, test) => {
  const width = train.features.length;
  const scale = scaleOf(train);
  const x = scaled(train, scale);
  const risky = train.labels.reduce((sum, y) => sum + y, 0);
  const weightOf = [0.5 / Math.max(1, train.rows - risky), 0.5 / Math.max(1, risky)];
  const w = new Float64Array(width);
  const momentum = new Float64Array(width + 1);
  let bias = 0;
  for (let step = 0; step < 400; step++) {
    const gradient = new Float64Array(width + 1);
    for (let row = 0; row < train.rows; row++) {
      let z = bias;
      for (let i = 0; i < width; i++) z += w[i]! * x[row * width + i]!;
      const y = train.labels[row]!;
      const error = (1 / (1 + Math.exp(-z)) - y) * weightOf[y]!;
      for (let i = 0; i < width; i++) gradient[i]! += error * x[row * width + i]!;
      gradient[width]! += error;
    }
    for (let i = 0; i <= width; i++) {
      momentum[i] = 0.9 * momentum[i]! + gradient[i]! + (i < width ? 1e-3 * w[i]! : 0);
      if (i < width) w[i]! -= 0.1 * momentum[i]!;
      else bias -= 0.1 * momentum[i]!;
    }
  }
  const z = scaled(test, scale);
  return Float64Array.from({ length: test.rows }, (_, row) => {
    let sum = bias;
    for (let i = 0; i < width; i++) sum += w[i]! * z[row * width + i]!;
    return sum;
  });
};

const TREES = 60;
const DEPTH = 10;
const LEAF_ROWS = 3;
const CUTS = 12;
interface Node {
  readonly column: number;
  readonly cut: number;
  readonly share: number;
  readonly below: Node | null;
  readonly above: Node | null;
}
/** A small random forest: cuts are drawn among values that occur, columns among the square root of all. */
export const randomForest: Baseline = (train, test) => {
  const width = train.features.length;
  const scale = scaleOf(train);
  const x = scaled(train, scale);
  const z = scaled(test, scale);
  const scores = new Float64Array(test.rows);
  for (let tree = 0; tree < TREES; tree++) {
    const prng = createPrng(7).split("forest").split(tree);
    const rows = Int32Array.from({ length: train.rows }, () => Math.floor(prng.nextFloat() * train.rows));
    const root = grow(x, width, train.labels, rows, 0, () => prng.nextFloat());
    for (let row = 0; row < test.rows; row++) {
      let node = root;
      while (node.below !== null && node.above !== null)
        node = z[row * width + node.column]! <= node.cut ? node.below : node.above;
      scores[row]! += node.share / TREES;
    }
  }
  return scores;
};
function grow(
  x: Float64Array,
  width: number,
  labels: Uint8Array,
  rows: Int32Array,
  depth: number,
  draw: () => number,
): Node {
  const risky = rows.reduce((sum, row) => sum + labels[row]!, 0);
  const share = risky / Math.max(1, rows.length);
  const leaf: Node = { column: 0, cut: 0, share, below: null, above: null };
  if (depth === DEPTH || rows.length < 2 * LEAF_ROWS || share === 0 || share === 1) return leaf;
  let best = { gain: 1e-12, column: -1, cut: 0 };
  const impurity = (hits: number, n: number): number => (n === 0 ? 0 : (hits * (n - hits)) / n);
  for (let i = 0; i < Math.ceil(Math.sqrt(width)); i++) {
    const column = Math.floor(draw() * width);
    for (let k = 0; k < CUTS; k++) {
      const cut = x[rows[Math.floor(draw() * rows.length)]! * width + column]!;
      let [n, hits] = [0, 0];
      for (const row of rows)
        if (x[row * width + column]! <= cut) {
          n++;
          hits += labels[row]!;
        }
      if (n < LEAF_ROWS || rows.length - n < LEAF_ROWS) continue;
      const gain = impurity(risky, rows.length) - impurity(hits, n) - impurity(risky - hits, rows.length - n);
      if (gain > best.gain) best = { gain, column, cut };
    }
  }
  if (best.column < 0) return leaf;
  const side = (below: boolean): Int32Array =>
    rows.filter((row) => x[row * width + best.column]! <= best.cut === below);
  return {
    column: best.column,
    cut: best.cut,
    share,
    below: grow(x, width, labels, side(true), depth + 1, draw),
    above: grow(x, width, labels, side(false), depth + 1, draw),
  };
}

/** Scores of every row by a model that was trained without its fold. */
export function outOfFold(
  all: FrameTable,
  folds: readonly { readonly train: Int32Array; readonly test: Int32Array }[],
  model: Baseline,
): Float64Array {
  const scores = new Float64Array(all.rows);
  for (const { train, test } of folds) {
    const part = model(selectRows(all, train), selectRows(all, test));
    test.forEach((row, i) => (scores[row] = part[i]!));
  }
  return scores;
}
