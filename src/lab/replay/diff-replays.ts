import { table } from "../../core/base/table.ts";
import type { Moment, ReplayResult } from "./result.ts";

/** What changed between two replays of one recording. */
export interface ReplayDiff {
  readonly bag: string;
  /** larger is worse for the second one; sorts the list */
  readonly score: number;
  readonly same: boolean;
  readonly kpis: readonly {
    readonly key: string;
    readonly title: string;
    readonly before: number | null;
    readonly after: number | null;
    readonly worse: boolean;
  }[];
  /** blocks of one without a counterpart in the other */
  readonly blocksLost: readonly Moment[];
  readonly blocksNew: readonly Moment[];
  readonly verdictsChanged: readonly {
    readonly actionId: string;
    readonly before: string;
    readonly after: string;
    readonly tUs: number;
  }[];
  readonly energyPeak: { readonly before: number | null; readonly after: number | null };
  readonly notes: readonly string[];
}
/** Blocks of the same code within this time are one and the same. */
const SAME_BLOCK_US = 500_000;
const RANK: Readonly<Record<string, number>> = table({ RED: 0, YELLOW: 1, GREEN: 2 });
const WEIGHTS = {
  missedStop: 1_000,
  lostBlock: 100,
  looserVerdict: 50,
  worseKpi: 10,
  newBlock: 5,
  stricterVerdict: 1,
} as const;

/** Compares the same recordings under two configurations or models; the worst change stands first. */
export function diffReplays(before: readonly ReplayResult[], after: readonly ReplayResult[]): ReplayDiff[] {
  const diffs: ReplayDiff[] = [];
  for (const a of before) {
    const b = after.find((candidate) => nameOf(candidate.bag) === nameOf(a.bag));
    diffs.push(b === undefined ? absent(a.bag, "only in the first") : diffOne(a, b));
  }
  for (const b of after)
    if (!before.some((a) => nameOf(a.bag) === nameOf(b.bag))) diffs.push(absent(b.bag, "only in the second"));
  return diffs.sort((x, y) => y.score - x.score || (x.bag < y.bag ? -1 : 1));
}
const nameOf = (bag: string): string => bag.replace(/\/+$/, "").split("/").slice(-2).join("/");
const absent = (bag: string, note: string): ReplayDiff => ({
  bag,
  score: WEIGHTS.missedStop,
  same: false,
  kpis: [],
  blocksLost: [],
  blocksNew: [],
  verdictsChanged: [],
  energyPeak: { before: null, after: null },
  notes: [note],
});

function diffOne(a: ReplayResult, b: ReplayResult): ReplayDiff {
  const kpis = a.kpis.map((kpi) => {
    const other = b.kpis.find((k) => k.key === kpi.key);
    const worse =
      other !== undefined &&
      (isWorse(kpi.value, other.value, kpi.side) || (kpi.passed !== false && other.passed === false));
    return { key: kpi.key, title: kpi.title, before: kpi.value, after: other?.value ?? null, worse };
  });
  const blocksLost = unmatched(a.blocks, b.blocks);
  const blocksNew = unmatched(b.blocks, a.blocks);
  const verdictsChanged = changedVerdicts(a, b);
  const missed =
    b.kpis.some((k) => k.key === "time_to_stop_s" && k.passed === false) &&
    !a.kpis.some((k) => k.key === "time_to_stop_s" && k.passed === false);
  const looser = verdictsChanged.filter((v) => (RANK[v.after] ?? 0) > (RANK[v.before] ?? 0)).length;
  const score =
    (missed ? WEIGHTS.missedStop : 0) +
    blocksLost.length * WEIGHTS.lostBlock +
    looser * WEIGHTS.looserVerdict +
    kpis.filter((k) => k.worse).length * WEIGHTS.worseKpi +
    blocksNew.length * WEIGHTS.newBlock +
    (verdictsChanged.length - looser) * WEIGHTS.stricterVerdict;
  return {
    bag: a.bag,
    score,
    same: a.root === b.root,
    kpis,
    blocksLost,
    blocksNew,
    verdictsChanged,
    energyPeak: { before: a.energy.peak, after: b.energy.peak },
    notes:
      a.messages === b.messages
        ? []
        : [`read ${a.messages} messages before, ${b.messages} now: the recordings differ`],
  };
}
function isWorse(before: number | null, after: number | null, side: "max" | "min"): boolean {
  if (before === null || after === null) return false;
  return side === "max" ? after > before * 1.01 + 1e-9 : after < before * 0.99 - 1e-9;
}
function unmatched(from: readonly Moment[], to: readonly Moment[]): Moment[] {
  const used = new Set<number>();
  return from.filter((moment) => {
    const i = to.findIndex(
      (other, k) =>
        !used.has(k) && other.code === moment.code && Math.abs(other.tUs - moment.tUs) <= SAME_BLOCK_US,
    );
    if (i >= 0) used.add(i);
    return i < 0;
  });
}
function changedVerdicts(a: ReplayResult, b: ReplayResult): ReplayDiff["verdictsChanged"] {
  const after = new Map(b.verdicts.map((v) => [v.actionId, v.verdict]));
  return a.verdicts.flatMap(({ actionId, verdict, tUs }) => {
    const now = after.get(actionId);
    return now === undefined || now === verdict ? [] : [{ actionId, before: verdict, after: now, tUs }];
  });
}
