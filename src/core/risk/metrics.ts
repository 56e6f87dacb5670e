/** Indices from the highest score down. */
function byScore(scores: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  return order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}

/** Area under the ROC curve: chance that a risky row scores above a harmless one; ties count half. NaN without both. */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = byScore(scores);
  let positive = 0;
  let area = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    let here = 0;
    while (j < order.length && scores[order[j] as number] === scores[order[i] as number])
      here += labels[order[j++] as number] as number;
    area += (j - i - here) * (positive + here / 2);
    positive += here;
    i = j;
  }
  const negative = order.length - positive;
  return positive === 0 || negative === 0 ? Number.NaN : area / (positive * negative);
}

/** Mean precision over the risky rows, tied scores taken together. NaN without a risky row. */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = byScore(scores);
  let positive = 0;
  let sum = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    let here = 0;
    while (j < order.length && scores[order[j] as number] === scores[order[i] as number])
      here += labels[order[j++] as number] as number;
    positive += here;
    sum += here * (positive / j);
    i = j;
  }
  return positive === 0 ? Number.NaN : sum / positive;
}

/** One bar of a reliability diagram. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanPredicted: number;
  readonly share: number;
}
export function reliability(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 15,
): ReliabilityBin[] {
  const count = new Float64Array(bins);
  const predicted = new Float64Array(bins);
  const risky = new Float64Array(bins);
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i] as number;
    const at = Math.min(bins - 1, Math.max(0, Math.floor(p * bins)));
    count[at]!++;
    predicted[at] = (predicted[at] as number) + p;
    risky[at] = (risky[at] as number) + (labels[i] as number);
  }
  return Array.from({ length: bins }, (_, at) => {
    const n = count[at] as number;
    return {
      from: at / bins,
      to: (at + 1) / bins,
      count: n,
      meanPredicted: n === 0 ? 0 : (predicted[at] as number) / n,
      share: n === 0 ? 0 : (risky[at] as number) / n,
    };
  });
}
/** Expected calibration error over equal-width bins. */
export function calibrationError(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 15,
): number {
  let error = 0;
  for (const bin of reliability(probabilities, labels, bins))
    error += bin.count * Math.abs(bin.meanPredicted - bin.share);
  return probabilities.length === 0 ? Number.NaN : error / probabilities.length;
}
/** Mean squared error of the probabilities. */
export function brier(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const d = (probabilities[i] as number) - (labels[i] as number);
    sum += d * d;
  }
  return probabilities.length === 0 ? Number.NaN : sum / probabilities.length;
}
/** Precision, recall, F1 at a threshold. */
export function atThreshold(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  threshold: number,
): { precision: number; recall: number; f1: number } {
  let hit = 0;
  let alarms = 0;
  let risky = 0;
  for (let i = 0; i < scores.length; i++) {
    const alarm = (scores[i] as number) >= threshold;
    risky += labels[i] as number;
    if (alarm) alarms++;
    if (alarm && labels[i] === 1) hit++;
  }
  const precision = alarms === 0 ? 0 : hit / alarms;
  const recall = risky === 0 ? 0 : hit / risky;
  return {
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
  };
}
