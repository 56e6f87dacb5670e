import type { Code } from "../domain/index.ts";
import type { GuardMemory } from "./caps.ts";
import type { Judgement, Tally } from "./judge.ts";

export type RolloutState = "planned" | "running" | "paused" | "aborted" | "killed" | "done";

/** What a rollout may learn. Times are the centre's clock in microseconds and never run backwards. */
export type RolloutEvent =
  | { readonly kind: "tick"; readonly atUs: number }
  | {
      readonly kind: "report";
      readonly atUs: number;
      readonly cell: string;
      /** the cell's own count of reports; one that is not above the last is a repetition */
      readonly seq: number;
      /** what the cell now has, or "failed" when it could not change */
      readonly holds: string;
      /** counts since its last report */
      readonly decisions: number;
      readonly failures: number;
      /** slowest verdict since its last report; compared with the cells that keep the old state */
      readonly latencyMs?: number;
      /** cost of the item per unit of its input; it may not grow from stage to stage */
      readonly load?: number;
    }
  | { readonly kind: "online"; readonly atUs: number; readonly cell: string; readonly holds: string }
  | {
      readonly kind: "person";
      readonly atUs: number;
      readonly by: string;
      readonly act: "start" | "advance" | "pause" | "abort" | "kill";
      readonly reason: string;
    }
  /** somebody else gives orders to this fleet, for the rollout `by` */
  | { readonly kind: "other centre"; readonly atUs: number; readonly by: string }
  /** the pre-scale audit of exactly this plan, made now */
  | { readonly kind: "audit"; readonly atUs: number; readonly passed: boolean; readonly hash: string };

export type RolloutEffect =
  | {
      readonly kind: "order";
      readonly cell: string;
      readonly do: "apply" | "rollback";
      readonly artefact: string;
    }
  /** the retained kill state of the fleet */
  | { readonly kind: "kill"; readonly reason: string }
  /** the next stage begins only with an audit event that passed */
  | { readonly kind: "audit" }
  | {
      readonly kind: "receipt";
      readonly stage: string;
      readonly verdict: "start" | "advance" | "hold" | "abort" | "pause" | "kill" | "done";
      readonly code: Code;
      readonly by: string;
      readonly terms: Readonly<Record<string, number | string>>;
    };

/** The newest verdict that stands in a receipt, and whose it is. */
export type Said = Pick<Extract<RolloutEffect, { kind: "receipt" }>, "verdict" | "code" | "by">;

export interface RolloutView {
  readonly state: RolloutState;
  readonly stage: number;
  readonly targets: readonly number[];
  readonly told: number;
  readonly changed: number;
  readonly failed: number;
  readonly offline: readonly string[];
  /** they had changed, and nothing has been heard of them since */
  readonly silent: readonly string[];
  /** cells that hold neither what the plan takes them from nor what it brings */
  readonly differ: readonly string[];
  /** baseline cells that do not hold what the plan takes the others from: they compare nothing */
  readonly strayBaseline: readonly string[];
  readonly stillToGoBack: number;
  readonly judgement: Judgement | null;
  readonly said: Said | null;
  readonly waitsForAudit: boolean;
  readonly caps: { readonly total: number; readonly tripped: Code | null };
}

/** Everything that a rollout knows, as plain data: written by the centre before it acts, read after a crash. */
export interface RolloutMemory {
  readonly state: RolloutState;
  readonly now: number;
  readonly stage: number;
  readonly stageFrom: number;
  readonly stageReached: number;
  /** decisions of the baseline cells since the stage began */
  readonly stageKept: number;
  readonly stageSince: number;
  readonly told: number;
  readonly runOpen: number;
  readonly heldCode: Code | null;
  /** the next stage is wanted by this person or by the judge; null: nothing waits for an audit */
  readonly wanted: string | null;
  /** who looked at this stage after it had succeeded; empty: nobody yet; null: it has not succeeded */
  readonly lookedBy: string | null;
  readonly judgement: Judgement | null;
  readonly said: Said | null;
  readonly repeatDue: number;
  readonly changed: Tally;
  readonly kept: Tally;
  readonly values: { readonly kept: readonly number[]; readonly changed: readonly number[] };
  readonly loads: { readonly before: readonly [number, number]; readonly stage: readonly [number, number] };
  readonly guard: GuardMemory;
  readonly seats: readonly SeatMemory[];
  readonly keepers: Readonly<Record<string, number>>;
}
export interface SeatMemory {
  readonly name: string;
  /** when it was told to change; -1: not yet */
  readonly told: number;
  readonly want: "old" | "new";
  /** "other": neither what the plan takes it from nor what it brings, and never the new */
  readonly holds: "old" | "new" | "failed" | "other";
  readonly answered: boolean;
  readonly lastSeq: number;
  readonly repeats: number;
  readonly decisions: number;
  readonly failures: number;
  readonly bad: boolean;
  readonly counted: boolean;
  /** counted as a failed cell; a cell that flips is still one cell */
  readonly ill: boolean;
  /** when it was last heard; -1: never */
  readonly heardUs: number;
}
