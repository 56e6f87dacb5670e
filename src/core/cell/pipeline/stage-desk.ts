import { cut } from "../../base/text.ts";
import { canonicalBytes } from "../../base/canonical.ts";
import { sha256Hex } from "../../base/hash.ts";
import type { Code, GateConfig, StoredStage, SwitchEvent } from "../../domain/index.ts";
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
  /** takes up the stage that an earlier run ended in, never a higher one; what cannot be read is shadow */
  recall(stored: StoredStage | undefined): void;
  /** true: the stage was switched */
  switch(event: SwitchEvent): boolean;
  evidence(): StageEvidence;
}
export interface StageEvidence {
  readonly decisions: number;
  readonly decisionsNeeded: number;
  readonly ended: number;
  readonly disagreements: number;
  readonly disagreementUpper: number;
  readonly disagreementAllowed: number;
  readonly latencyP99Ms: number;
  readonly latencyAllowedMs: number;
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
    return {
      decisions,
      decisionsNeeded: minDecisions,
      ended,
      disagreements,
      disagreementUpper,
      disagreementAllowed: maxDisagreementShare,
      latencyP99Ms,
      latencyAllowedMs: maxLatencyMs,
      sufficient,
    };
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

  const receipt = (
    from: number,
    by: string,
    reason: string,
    details: Readonly<Record<string, unknown>>,
  ): void =>
    void host.receipt(
      {
        receipt_type: "config_change",
        what: "gate.stage",
        before_hash: stageHash(from),
        after_hash: stageHash(stage),
        by,
        reason,
        details: plainTerms(details),
      },
      false,
    );

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
    recall(stored) {
      if (stored === undefined) return;
      const from = stage;
      const { to, why } = recalled(stored, gate.stage, host.configHash);
      begin(to);
      if (stored.kind === "damaged")
        host.emit({ kind: "alarm", code: "STAGE_STATE_LOST", detail: stored.detail });
      if (to !== from || stored.kind === "damaged")
        receipt(from, "cell", why, { outcome: "restored", from, to, ...stored });
    },
    switch(event) {
      const why = objection(event);
      const code: Code = why === null ? "STAGE_SWITCHED" : "STAGE_REFUSED";
      const before = stage;
      const carried = evidence();
      if (why === null) {
        begin(event.stage);
        host.emit({ kind: "keepStage", stage });
      }
      receipt(before, event.by, event.reason, {
        code,
        outcome: why === null ? "switched" : "refused",
        why: why ?? "",
        from: before,
        to: event.stage,
        evidence: carried,
      });
      host.emit({ kind: "outcome", accepted: why === null, code, detail: why ?? `stage ${stage}` });
      return why === null;
    },
  };
}

/** Evidence belongs to the configuration under which it was gathered: another one starts no higher than it says. */
function recalled(stored: StoredStage, ownStage: number, configHash: string): { to: number; why: string } {
  if (stored.kind === "damaged") return { to: 0, why: cut(`STAGE_STATE_LOST: ${stored.detail}`, 1_000) };
  if (stored.configHash === configHash || stored.stage <= ownStage)
    return { to: stored.stage, why: "the stage of the last run" };
  return { to: ownStage, why: `stage ${stored.stage} was reached under another configuration` };
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
