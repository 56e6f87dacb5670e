import { type Code, type Micros, MICROS_PER_S, type ReceiptBodyOf } from "../../domain/index.ts";
import type { PipelineHost } from "../host.ts";

export type StopRuleName = "gate_latency_ms" | "monte_carlo_latency_ms" | "wounds" | "convergence_repeats";
type StopRuleAct = ReceiptBodyOf<"stoprule">["action"];

/** Promised numbers that are held against measured ones. Each trips on a value, never on a feeling. */
export interface StopRules {
  /** trips when `measured` is above a time, or reaches a count; alerts of one rule at most once a second */
  check(rule: StopRuleName, measured: number, limit: number, actionId: string): boolean;
  readonly tripped: Readonly<Record<string, number>>;
}
const ACTS: Readonly<
  Record<StopRuleName, { readonly act: StopRuleAct; readonly code: Code; readonly trips: "above" | "at" }>
> = {
  gate_latency_ms: { act: "alert", code: "GATE_SLOW", trips: "above" },
  monte_carlo_latency_ms: { act: "alert", code: "TRIALS_SLOW", trips: "above" },
  wounds: { act: "escalate", code: "WOUNDS_MANY", trips: "at" },
  convergence_repeats: { act: "halt", code: "LOOP_HALT", trips: "at" },
};

export function createStopRules(host: PipelineHost): StopRules {
  const tripped: Record<string, number> = {};
  const alertedAt = new Map<StopRuleName, Micros>();
  return {
    tripped,
    check(rule, measured, limit, actionId) {
      const { act, code, trips } = ACTS[rule];
      if (trips === "above" ? measured <= limit : measured < limit) return false;
      tripped[rule] = (tripped[rule] ?? 0) + 1;
      const last = alertedAt.get(rule);
      if (act === "alert" && last !== undefined && host.now() - last < MICROS_PER_S) return true;
      alertedAt.set(rule, host.now());
      host.receipt(
        { receipt_type: "stoprule", rule, measured, limit, action: act, action_id: actionId },
        false,
      );
      host.emit({ kind: "alarm", code, detail: `${rule} ${measured}, limit ${limit}, at "${actionId}"` });
      return true;
    },
  };
}
