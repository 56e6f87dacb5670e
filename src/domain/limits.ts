/**
 * Every limit has a name, a unit and this one place. Names that the specification gives keep their
 * spelling. The relations between them are asserted when the file is loaded.
 */
import { assert } from "../base/assert.ts";

// --- the gate (specification) ---
export const GATE_GREEN_THRESHOLD = 0.9;
export const GATE_YELLOW_THRESHOLD = 0.7;
export const MONTE_CARLO_DEFAULT_SIMS = 100;
export const MONTE_CARLO_DEFAULT_NOISE = 0.05;
export const MONTE_CARLO_VARIANCE_THRESHOLD = 0.2;
export const MONTE_CARLO_LATENCY_BUDGET_MS = 200;
export const WOUND_DROP_THRESHOLD = 0.15;
export const WOUND_SPAWN_THRESHOLD = 5;
export const WOUND_ESCALATE_COUNT = 10;
export const CONVERGENCE_LOOP_THRESHOLD = 5;
export const CONVERGENCE_HALT_REPEATS = 10;
export const CONVERGENCE_PROOF_THRESHOLD = 0.95;
export const GATE_LATENCY_BUDGET_MS = 50;

// --- structural caps (specification): nothing that they cap can raise them ---
export const MAX_GENERATIONS = 1;
export const MAX_ITEMS_PER_RUN = 50;
export const MAX_TOTAL_BEFORE_ABORT = 1_000;

// --- time ---
export const TICK_PERIOD_US = 10_000;
export const BLOCK_REPEAT_PERIOD_US = 50_000;
export const BLOCK_REPEAT_PERIOD_MAX_US = 100_000;
export const HEARTBEAT_PERIOD_US = 50_000;
/** the receiving side stops after this many periods without a heartbeat */
export const HEARTBEAT_MISSES_TO_STOP = 3;
export const TELEMETRY_DIGEST_PERIOD_US = 1_000_000;
export const PERMIT_LIFETIME_US = 500_000;
export const FUTURE_STAMP_TOLERANCE_US = 50_000;

// --- people ---
/** request ids remembered to refuse repeated ones */
export const REQUESTS_REMEMBERED = 1_024;
/** the same cause gives one receipt per edge, but not more often than this */
export const FAULT_RECEIPT_PERIOD_US = 1_000_000;
/** how many causes a receipt of a change of state lists */
export const MAX_CAUSES_IN_RECEIPT = 32;

// --- sizes: every queue is bounded ---
export const MAX_CHANNELS = 64;
export const MAX_SCAN_RAYS = 8_192;
export const MAX_JOINTS = 16;
export const MAX_PROPOSAL_BYTES = 65_536;
export const MAX_OPEN_PROPOSALS = 64;
export const MAX_PENDING_RECEIPTS = 4_096;

assert(GATE_YELLOW_THRESHOLD < GATE_GREEN_THRESHOLD, "YELLOW must lie below GREEN");
assert(CONVERGENCE_LOOP_THRESHOLD < CONVERGENCE_HALT_REPEATS, "a loop is found before it is halted");
assert(WOUND_SPAWN_THRESHOLD < WOUND_ESCALATE_COUNT, "helpers come before escalation");
assert(BLOCK_REPEAT_PERIOD_US <= BLOCK_REPEAT_PERIOD_MAX_US, "a block is repeated at least ten times a second");
assert(BLOCK_REPEAT_PERIOD_US % TICK_PERIOD_US === 0, "repetitions fall on ticks");
assert(HEARTBEAT_PERIOD_US % TICK_PERIOD_US === 0, "heartbeats fall on ticks");
assert(MAX_GENERATIONS * MAX_ITEMS_PER_RUN <= MAX_TOTAL_BEFORE_ABORT, "a run ends before the abort valve");
