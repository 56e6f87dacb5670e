import { z } from "zod";
import type { CellEvent } from "../../../core/domain/index.ts";
import { CANDIDATE_KINDS, type CandidateKind } from "../../../core/promotion/index.ts";

/** What the shadow is made from. Plain data: it goes to another thread. */
export interface ShadowSetting {
  readonly dataDir: string;
  /** hash of the candidate in the store; read and verified there, on the shadow's own thread */
  readonly candidate: string;
  readonly live: string;
  /** the cell in use, and the files that it names */
  readonly deployment: string;
  readonly files: Readonly<Record<string, string>>;
  readonly file: string;
  readonly seed: number;
  /** wall time at zero of the run's clock, and where on it the shadow begins */
  readonly epoch: number;
  readonly fromUs: number;
  readonly hours: number | null;
  readonly decisions: number | null;
  /** stage of the gate that the live cell is in; absent: the deployment's */
  readonly stage?: number;
  /** instead of a candidate from the store: the artefact before, which tells what it would do, and writes no report */
  readonly before?: { readonly kind: CandidateKind; readonly text: string | null };
}
/** Where the live cell and the one beside it differed, in the time since the look before. */
export interface ShadowLook {
  readonly t: number;
  /** looks at the live cell that found it moving: who stands cannot stop */
  readonly liveMoved: number;
  /** stops that only one of both began, for something that a rule saw */
  readonly liveStops: number;
  readonly shadowStops: number;
  /** verdicts that both gave: the same, RED from one side alone, other differences */
  readonly alike: number;
  readonly liveReds: number;
  readonly shadowReds: number;
  /** how long a reading took there, the slowest of a hundred */
  readonly stepP99Us: number;
}
/** Something that is no reading: from outside, or what the live cell made of it. */
export type ShadowFact =
  | { readonly kind: "event"; readonly event: Exclude<CellEvent, { kind: "sample" }> }
  | { readonly kind: "state"; readonly t: number; readonly state: string; readonly code: string }
  | {
      readonly kind: "verdict";
      readonly t: number;
      readonly id: string;
      readonly verdict: string;
      readonly code: string;
    }
  | { readonly kind: "energy"; readonly t: number; readonly share: number | null };
/** Readings laid down one after the other, and facts with the place at which they came between them. */
export interface ShadowMessage {
  readonly numbers: Float64Array;
  readonly used: number;
  readonly facts: readonly { readonly at: number; readonly fact: ShadowFact }[];
  readonly untilUs: number;
  readonly dropped: number;
}
/** t, channel, stamp, sourceSeq, count; then the values */
export const SAMPLE_HEAD = 5;

const share = z.number().nullable();
const disagreement = z.strictObject({
  t_us: z.number(),
  at: z.number(),
  kind: z.enum(["let-through", "missed-stop", "refused", "extra-stop", "watched", "energy"]),
  weight: z.number(),
  live: z.string(),
  shadow: z.string(),
  detail: z.string(),
});
export type Disagreement = z.infer<typeof disagreement>;
export const shadowReportSchema = z.strictObject({
  schema: z.literal("cellgate.shadow/1"),
  cell: z.string(),
  candidate: z.string(),
  kind: z.enum(CANDIDATE_KINDS),
  live: z.string(),
  started_at: z.number(),
  heard_us: z.number(),
  ended: z.enum(["running", "hours", "decisions", "stopped", "failed"]),
  trouble: z.string(),
  samples: z.number(),
  /** readings and facts that came while the shadow was too slow: it never heard them */
  dropped: z.number(),
  decisions: z.number(),
  verdicts: z.strictObject({ compared: z.number(), same: z.number(), unanswered: z.number() }),
  time_ms: z.strictObject({
    both_move: z.number(),
    both_blocked: z.number(),
    only_live_moves: z.number(),
    only_shadow_moves: z.number(),
  }),
  energy: z.strictObject({ looks: z.number(), higher: z.number(), lower: z.number(), worst: share }),
  /** permits that the shadow would have given; they end where they begin */
  permits: z.number(),
  disagreements: z.array(disagreement),
});
export type ShadowReport = z.infer<typeof shadowReportSchema>;
export type ShadowKind = CandidateKind;
