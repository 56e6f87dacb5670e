import { canonicalText } from "../../src/core/base/canonical.ts";
import { type Receipt, type ReceiptBody, receiptEnvelope } from "../../src/core/domain/index.ts";
import type { Incoming } from "../../src/edge/ledger/store.ts";
import { EPOCH_US } from "../edge/ledger/fixture.ts";

/** Receipts in the kinds, proportions and sizes that a working cell writes: about 800 bytes on average. */
const HASH = `${"41f33474c07a7103cbcbccd23274e3068f71433d091eaa5e51bebffb2c321581"}:${"1908820a2a8f4b692a070ee6a8b8518c9e40b944f45129cc5de9a1bb4bcb75bf"}`;
const ARGS_HASH = `${"e1ad8747bc509b1b077fe89b5834d8ee4ab38668a1717dbc5d1b1ec6cce6b8d6"}:${"22ea391628b0a5e82f5a21389633696bf88733b43efd94afdcf9dbab49142f05"}`;
const QUESTION = "c67eb9261d882d0ba279fc31a3c0af833d63b8668c3bbd6996f8c407602fd32b";
const factor = (value: number, penalty: number) => ({
  factor: 1 - penalty,
  missing: false,
  penalty,
  value,
  weight: 0.5,
});
const joints = (n: number): number[] => Array.from({ length: 6 }, (_, j) => Math.sqrt(n + j) / 7 - 1.3);

const decision = (n: number, action: string): ReceiptBody => ({
  receipt_type: "gate_decision",
  action_id: action,
  confidence_score: 0.9 + (n % 97) / 1_000,
  decision: n % 3 === 0 ? "YELLOW" : "GREEN",
  context_drift: (n % 13) / 300,
  reasoning_entropy: 0.14144054254182067,
  enforced: true,
  terms: {
    args: { joints: joints(n), duration_s: 1.5, speed: 0.65 },
    args_hash: ARGS_HASH,
    code: "VERDICT_GREEN",
    config_hash: HASH,
    context_hash: QUESTION,
    drift: { age: 0.01, kind: "known", locks: 0, readings: 6 },
    energy: Math.sqrt(n) / 1_000,
    factors: {
      drift: factor(0, 0.05),
      entropy: factor(0.14144054254182067, 0.14144054254182067),
      loop: factor(0, 0),
      stability: factor(4.930380657631324e-32, 4.930380657631324e-32),
      variance: factor(0.000011652616546786732, 0.00005826308273393366),
    },
    familiarity: null,
    full_code: "VERDICT_GREEN",
    full_verdict: "GREEN",
    green_threshold: 0.9,
    look: { channel: "tool_prox", cost: 0.002, value: 0, worth: false },
    loop: { proof: 0.16666666666666666, question: QUESTION, repeats: 1 },
    model_hash: HASH,
    nominal: {
      max_energy: 0.4358365447802798,
      max_force_n: 19.517245224206075,
      min_separation_m: 1.5004115968257437,
    },
    product: 0.9336014432651317,
    proposer: "planner",
    safe_share_lower_bound: 0.9704869503929603,
    score: 0.9336014432651317,
    seq: n,
    stage: 3,
    summary: "move the arm along 12 points",
    target: "/cell/arm",
    trials: { cap: 0.9704869503929603, latency_ms: 5, n: 100, problem: null, safe: 100 },
    verb: "trajectory",
    via: "control:planner_program",
    wounds: 0,
    yellow_threshold: 0.7,
  },
});
const trials = (n: number, action: string): ReceiptBody => ({
  receipt_type: "monte_carlo",
  action_id: action,
  n_simulations: 100,
  mean_outcome: 0.930181060560769,
  variance: 0.000011652616546786732,
  is_stable: true,
  terms: {
    args_hash: ARGS_HASH,
    config_hash: HASH,
    detail: "",
    inputs: {
      energy: { force: 0.0020689893722515805, rest: 0, separation: 0, speed: 0.4337675554080282 },
      energy_limit: 6.656138617347315,
      persons: [0, 1.5004115968257437, 0, 1, 2.206520910359483, 1.4883171466283758],
      position: joints(n),
      velocity: joints(n + 1),
      seq: n,
      standing_force_n: 19.517245224206075,
      t: n * 1_000,
    },
    max_energy: 0.49216148388443826,
    max_force_n: 22.026097729760437,
    min_separation_m: 0.12714305496992317,
    model_hash: HASH,
    noise: 0.05,
    outcome: "done",
    outcome_counts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0],
    request_id: 2,
    safe: 100,
    safe_share_lower_bound: 0.9704869503929603,
    seed: 486231234,
    sims: 100,
    worst_cause: "none",
    worst_trial: 10,
  },
});
const digest = (n: number): ReceiptBody => ({
  receipt_type: "telemetry_digest",
  from_seq: n * 1_604,
  to_seq: n * 1_604 + 1_706,
  events: 1_604,
  sha256: QUESTION,
  channels: {
    base_scan: 39,
    cell_heartbeat: 19,
    estop: 99,
    joint_states: 249,
    tool_prox: 199,
    wrist_ft: 999,
  },
});
const used = (action: string): ReceiptBody => ({
  receipt_type: "permit_used",
  action_id: action,
  proposal_hash: ARGS_HASH,
  outcome: "completed",
  code: "ACTION_COMPLETED",
  detail: "",
});
const watched = (action: string): ReceiptBody => ({
  receipt_type: "watcher",
  action_id: action,
  outcome: "completed",
  code: "ACTION_COMPLETED",
  terms: {
    detail: "",
    limits: { energy: 5.324910893877853, forceN: 112, separationM: 0.25 },
    worst: { energy: 0.4, forceN: 22.3, separationM: 1.2 },
  },
});
const asked = (n: number, action: string): ReceiptBody => ({
  receipt_type: "convergence",
  action_id: action,
  convergence_proof: 1 / (1 + (n % 6)),
  halted: false,
  question_hash: QUESTION,
  repeats: n % 6,
});
const block = (n: number, action: string): ReceiptBody => ({
  receipt_type: "block",
  action_id: action,
  reason: 'TARGET_UNKNOWN: "/cell/nowhere"',
  code: "TARGET_UNKNOWN",
  blocked_at: EPOCH_US / 1e6 + n / 1_000,
  requires_approval: false,
  enforced: true,
  terms: {
    config_hash: HASH,
    hard: true,
    proposer: "planner",
    stage: 3,
    target: "/cell/nowhere",
    verb: "trajectory",
  },
});

const KINDS: readonly ((n: number, action: string) => ReceiptBody)[] = [
  trials,
  decision,
  (_, action) => used(action),
  (_, action) => watched(action),
  digest,
  asked,
  digest,
  block,
  digest,
  asked,
];

export function receiptAtWork(n: number): Receipt {
  const kind = KINDS[n % KINDS.length]!;
  return {
    receipt_id: `r1.${n}.0`,
    at: EPOCH_US + n * 1_000,
    cell: "demo",
    config_hash: HASH,
    body: kind(n, `move-${Math.floor(n / KINDS.length)}`),
  };
}

export function workingReceipt(n: number): Incoming {
  const made = receiptAtWork(n);
  return {
    id: made.receipt_id,
    type: made.body.receipt_type,
    at: made.at,
    body: Buffer.from(canonicalText(made)),
  };
}

/** Throws when a kind is not what the cell could write. */
export function checkKinds(): void {
  KINDS.forEach((_, n) => void receiptEnvelope.parse(receiptAtWork(n)));
}
