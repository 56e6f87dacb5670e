import type { Clears, Role, Severity } from "./severity.ts";

/** What the node says of itself: terminal, page, control endpoint, MQTT and ROS show the same words. */
export interface NodeStatus {
  readonly notice: "not a safety-rated device";
  readonly version: string;
  readonly cell: string;
  readonly config_hash: string;
  /** wall time of this status in epoch microseconds, and the tape's clock */
  readonly at: number;
  readonly t_us: number;
  readonly boot: number;
  /** this start of this node; what a person signs names it */
  readonly instance: string;
  readonly simulated: boolean;
  readonly state: string;
  readonly state_since_us: number;
  readonly may_move: boolean;
  /** why the node is where it is: the worst cause in words */
  readonly why: {
    readonly code: string;
    readonly title: string;
    readonly source: string;
    readonly detail: string;
    readonly remedy: string;
  };
  readonly causes: readonly CauseStatus[];
  readonly channels: readonly ChannelStatus[];
  /** how near each rule is to its limit, and how near it came since the day or the run began */
  readonly margins?: readonly MarginStatus[];
  readonly motion: {
    readonly known: boolean;
    readonly fastest_rad_s: number;
    readonly tool_m_s: number;
    readonly position_rad: readonly number[];
  };
  readonly heartbeat: number;
  readonly block: { readonly active: boolean; readonly since_us: number; readonly actuator: string | null };
  readonly energy: {
    readonly v_s: number | null;
    readonly threshold: number;
    readonly model: string;
    readonly contributions: Readonly<Record<string, number>>;
  };
  /** what happened in the cell, counted as its field of risk counts it */
  readonly risk?: {
    readonly domain: string;
    readonly counts: readonly {
      readonly name: string;
      readonly meaning: string;
      readonly total: number;
      readonly last_hour: number;
    }[];
  };
  /** what was promoted into this node, and what became of it */
  readonly promotion?: PromotionStatus;
  readonly gate: {
    readonly stage: number;
    readonly enforced: boolean;
    readonly open: readonly {
      readonly action_id: string;
      readonly proposer: string;
      readonly verb: string;
      readonly state: string;
      readonly verdict: string | null;
      readonly confidence: number | null;
      readonly reason: string;
    }[];
    readonly approvals: readonly {
      readonly action_id: string;
      readonly proposer: string;
      readonly summary: string;
      readonly code: string;
      /** why it is RED, in words */
      readonly reason?: string;
      /** the wire that it came by, and who stood at its other end */
      readonly caller?: string;
      readonly args_hash: string;
      readonly model_hash: string;
      readonly expires_at: number;
      /** how many different persons have to say yes, who did, and whether further operators are asked by now */
      readonly needed: number;
      readonly granted: readonly string[];
      readonly escalated: boolean;
    }[];
    readonly watchers: readonly {
      readonly action_id: string;
      readonly ends_at_us: number;
      readonly limits: Readonly<Record<string, number>>;
    }[];
    readonly counts: Readonly<Record<string, number>>;
    /** switches that the present stage has on */
    readonly features?: Readonly<Record<string, boolean>>;
    /** what a proposer names as the context of its reasoning */
    readonly context?: { readonly hash: string; readonly at: number } | null;
    /** what speaks for and against the next stage */
    readonly evidence?: Readonly<Record<string, number | boolean>>;
  };
  readonly ledger: {
    readonly stored: number;
    readonly pending: number;
    readonly refused: number;
    readonly tree_size: number;
    readonly root: string;
    readonly published: number;
  };
  readonly latency: {
    readonly sample_to_block_p50_us: number;
    readonly sample_to_block_p99_us: number;
    readonly loop_lag_p99_ms: number;
    readonly loop_lag_max_ms: number;
  };
}
export interface MarginStatus {
  /** the instance of the rule, and what it would raise */
  readonly rule: string;
  readonly code: string;
  readonly channel: string;
  readonly unit: string;
  /** where danger lies */
  readonly side: "above" | "below";
  /** null: nothing measured yet */
  readonly value: number | null;
  readonly limit: number | null;
  /** what is left to the limit; negative: beyond it */
  readonly left: number | null;
  readonly least: { readonly left: number; readonly value: number; readonly at: number } | null;
}
export interface PromotionStatus {
  /** hash of what is in use in the place of the deployment's own part, by kind */
  readonly in_use: Readonly<Record<string, string>>;
  /** how often candidates ended so, in everything that the store remembers */
  readonly outcomes: Readonly<Record<string, number>>;
  /** V_s of the head in use minus V_s of the head before it, each in units of its own alarm threshold; null: there is none */
  readonly delta_v_s: number | null;
}
export interface CauseStatus {
  readonly code: string;
  readonly title: string;
  readonly source: string;
  readonly severity: Severity;
  readonly detail: string;
  readonly since_us: number;
  readonly active: boolean;
  readonly latched: boolean;
  readonly clears: Clears;
  readonly cleared_by: Role | null;
  readonly remedy: string;
}
export interface ChannelStatus {
  readonly name: string;
  readonly quantity: string;
  readonly unit: string;
  readonly required: boolean;
  readonly health: "good" | "stale" | "faulty" | "never heard" | "off";
  readonly age_ms: number | null;
  readonly rate_hz: number;
  /** one number that stands for the reading: force, nearest distance, 0|1 */
  readonly value: number | null;
  /** where a rule stops the cell, and from which side; null: no rule has a mark on this channel */
  readonly limit: { readonly value: number; readonly side: "above" | "below"; readonly rule: string } | null;
}
