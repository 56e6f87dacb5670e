import { type DeltaReport, deltaReport } from "./delta.ts";
import type { Measurement, Side } from "./evidence.ts";

/** ΔV_s = V_s of the new head − V_s of the old one, each in units of its own alarm threshold, over the same scenarios. */
export interface EnergyDelta extends DeltaReport {
  /** ΔV_s ≤ 0 at the 95th percentile, with confidence */
  readonly holds: boolean;
  /** why it does not hold; empty when it does */
  readonly because: string;
}
type Scored = Measurement & Record<"baseline" | "candidate", { readonly score: number }>;

/** Null where no head is compared with a head. */
export function energyDeltaOf(sample: readonly Measurement[], alpha: number): EnergyDelta | null {
  const scored = sample.filter((m): m is Scored => m.baseline.score !== null && m.candidate.score !== null);
  if (scored.length === 0) return null;
  const asEnergy = (side: Side & { readonly score: number }): Side => ({ ...side, energy: side.score });
  const report = deltaReport(
    scored.map((m) => ({ ...m, baseline: asEnergy(m.baseline), candidate: asEnergy(m.candidate) })),
    alpha,
  );
  const holds = report.p95Upper !== null && report.p95Upper <= 0;
  return { ...report, holds, because: holds ? "" : reasonOf(scored, report) };
}

function reasonOf(scored: readonly Scored[], report: DeltaReport): string {
  if (report.p95Upper === null) return `${report.n} scenarios, needed ${report.needed}`;
  const higher = scored.filter((m) => m.candidate.score > m.baseline.score);
  const risky = higher.filter((m) => m.risky).length;
  const stopped = higher.filter((m) => !m.risky && m.candidate.stopped && !m.baseline.stopped).length;
  return `V_s rises in ${higher.length} of ${scored.length} scenarios: ${risky} of these are risky, where a higher V_s is a louder warning, and ${higher.length - risky} harmless, ${stopped} of which are stopped anew`;
}
