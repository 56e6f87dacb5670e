import { canonicalBytes } from "../../base/canonical.ts";
import { sha256Hex } from "../../base/hash.ts";
import type { Code, GateConfig, SwitchEvent } from "../../domain/index.ts";
import { shareUpperBound } from "../../stats/index.ts";
import type { PipelineHost } from "../host.ts";
import { plainTerms } from "./plain-terms.ts";
import { type Features, STAGE_LAST, STAGES } from "./stages.ts";

/** Which stage the gate is in, and what the decisions of this stage say about the next. */
export interface StageDesk {
  readonly stage: number;
  readonly features: Features;
  /** from proposal to verdict */
  latency(ms: number): void;
  decided(): void;
  /** an action that was let through, or would have been, has ended; `stopped`: the cell stopped meanwhile */
  ended(stopped: boolean): void;
  /** true: the stage was switched */
  switch(event: SwitchEvent): boolean;
  evidence(): StageEvidence;
}
export interface StageEvidence {
  readonly decisions: number;
  readonly ended: number;
  readonly disagreements: number;
  readonly disagreementUpper: number;
  readonly latencyP99Ms: number;
  readonly sufficient: boolean;
}

/** Latencies are counted in whole milliseconds up to here, so that memory does not grow with decisions. */
const LATENCY_BUCKETS = 1_001;

export function createStageDesk(host: PipelineHost, gate: GateConfig): StageDesk {
  let stage = gate.stage;
  let decisions = 0;
  let ended = 0;
  let disagreements = 0;
  let latencies = new Uint32Array(LATENCY_BUCKETS);

  const evidence = (): StageEvidence => {
    const { minDecisions, maxDisagreementShare, maxLatencyMs } = gate.stageEvidence;
    const disagreementUpper = ended === 0 ? 1 : shareUpperBound(disagreements, ended);
    const latencyP99Ms = quantileOf(latencies, 0.99);
    const sufficient =
      decisions >= minDecisions && disagreementUpper <= maxDisagreementShare && latencyP99Ms <= maxLatencyMs;
    return { decisions, ended, disagreements, disagreementUpper, latencyP99Ms, sufficient };
  };
  const begin = (next: number): void => {
    stage = next;
    decisions = ended = disagreements = 0;
    latencies = new Uint32Array(LATENCY_BUCKETS);
  };
  /** why the switch is refused, or null */
  const objection = (event: SwitchEvent): string | null => {
    if (!event.roles.includes("configure")) return `${event.by} does not have the role configure`;
    if (!Number.isInteger(event.stage) || event.stage < 0 || event.stage > STAGE_LAST)
      return `there is no stage ${event.stage}`;
    if (event.stage === stage) return `stage ${stage} is the present one`;
    if (event.stage > stage + 1) return `from stage ${stage} only stage ${stage + 1} follows`;
    if (event.stage > stage && !evidence().sufficient) return "the evidence does not carry the next stage";
    return null;
  };

  return {
    get stage() {
      return stage;
    },
    get features() {
      return STAGES[stage]!;
    },
    latency(ms) {
      latencies[Math.min(LATENCY_BUCKETS - 1, Math.max(0, Math.ceil(ms)))]!++;
    },
    decided() {
      decisions++;
    },
    ended(stopped) {
      ended++;
      if (stopped) disagreements++;
    },
    evidence,
    switch(event) {
      const why = objection(event);
      const code: Code = why === null ? "STAGE_SWITCHED" : "STAGE_REFUSED";
      const before = stage;
      const details = plainTerms({
        code,
        outcome: why === null ? "switched" : "refused",
        why: why ?? "",
        from: before,
        to: event.stage,
        evidence: evidence(),
      });
      if (why === null) begin(event.stage);
      host.receipt(
        {
          receipt_type: "config_change",
          what: "gate.stage",
          before_hash: stageHash(before),
          after_hash: stageHash(stage),
          by: event.by,
          reason: event.reason,
          details,
        },
        false,
      );
      host.emit({ kind: "outcome", accepted: why === null, code, detail: why ?? `stage ${stage}` });
      return why === null;
    },
  };
}

const stageHash = (stage: number): string =>
  sha256Hex(canonicalBytes({ stage, features: { ...STAGES[stage]! } }));

function quantileOf(buckets: Uint32Array, share: number): number {
  let total = 0;
  for (const count of buckets) total += count;
  if (total === 0) return 0;
  let seen = 0;
  for (let ms = 0; ms < buckets.length; ms++) {
    seen += buckets[ms]!;
    if (seen >= share * total) return ms;
  }
  return buckets.length - 1;
}
