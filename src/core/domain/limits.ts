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
export const MAX_RECEIPT_CHARS = 1_048_576;

/** characters of a name of a caller, person, request or part: code points, not units of memory */
export const CALLER_CHARS = 256;
/** characters of words that somebody says to the node: a reason, a detail */
export const WORDS_CHARS = 1_024;

// --- the gate: structural ---
/** fewer finished trials than this say nothing: RED */
export const MIN_FINISHED_TRIALS = 30;
/** one-sided confidence of every bound on a share of trials */
export const SAFE_SHARE_CONFIDENCE = 0.95;
/** members, levels and text of a proposal that are looked at before its schema is */
export const MAX_PROPOSAL_NODES = 40_000;
export const MAX_PROPOSAL_DEPTH = 12;
export const MAX_PROPOSERS = 256;
export const MAX_REMEMBERED_ACTIONS = 16_384;
export const MAX_PENDING_APPROVALS = 32;
export const MAX_APPROVAL_ATTEMPTS = 10;
/** refusals of one proposer in one second that get a receipt each; the rest share one */
export const MAX_REFUSAL_RECEIPTS_PER_SECOND = 100;
export const MAX_REMEMBERED_QUESTIONS = 4_096;
export const MAX_HALTED_QUESTIONS = 4_096;
/** newest questions of a proposer that a proof of convergence looks at */
export const CONVERGENCE_WINDOW = 20;
/** callers whose halt or escalation has a cause of its own in status; the rest share one */
export const MAX_HELD_CALLERS = 32;
export const WOUND_WINDOW_US = 600_000_000;
/** wounds that one confidence trajectory may add */
export const MAX_WOUNDS_PER_PROPOSAL = 10;
export const CONTEXT_PERIOD_US = 250_000;
export const MAX_REMEMBERED_CONTEXTS = 128;
export const MAX_FAMILIAR_ACTIONS = 512;
export const MAX_PERSONS = 8;
/** how much the bound may have fallen between a request for approval and its answer */
export const APPROVAL_TOLERANCE = 0.1;
export const MAX_TRIAL_WORKERS = 8;
export const MAX_QUEUED_TRIALS = 32;
export const TRIAL_WORKER_MEMORY_MB = 96;

// --- reflex ---
/** causes that may be active or latched at once; one more stops the cell for good */
export const MAX_CAUSES = 512;
/** a person whose speed is not known walks this fast, and reaches this fast when near (ISO 13855) */
export const UNKNOWN_HUMAN_SPEED_M_PER_S = 1.6;
export const UNKNOWN_HUMAN_SPEED_NEAR_M_PER_S = 2.0;
export const NEAR_DISTANCE_M = 0.5;
/** how many readings back a sudden rise of force is looked for */
export const CONTACT_WINDOW_READINGS = 1_024;
assert(UNKNOWN_HUMAN_SPEED_M_PER_S < UNKNOWN_HUMAN_SPEED_NEAR_M_PER_S, "a reach is faster than a walk");
assert(MAX_CAUSES > 4 * MAX_CHANNELS, "every channel may have several causes at once");

// --- control endpoint ---
/** beyond it the connection that has been idle longest makes room */
export const CONTROL_MAX_CONNECTIONS = 2_048;
export const CONTROL_HEADER_BYTES = 8_192;
/** a client that has not sent its headers, or its whole request, by then is cut off */
export const CONTROL_HEADERS_TIMEOUT_MS = 5_000;
export const CONTROL_REQUEST_TIMEOUT_MS = 10_000;
export const CONTROL_JSON_DEPTH = 32;
/** of a body that is too long, so much is read and thrown away before the connection is cut */
export const CONTROL_DRAINED_BYTES = 2_097_152;
/** watchers of the event stream, and what may wait for a slow one before it is dropped */
export const CONTROL_MAX_LISTENERS = 16;
export const CONTROL_LISTENER_BYTES = 262_144;
export const CONTROL_STATUS_PERIOD_MS = 1_000;
/** a status is not made anew more often than this, however many ask */
export const CONTROL_STATUS_KEPT_MS = 50;
/** so many wrong tokens within a minute are guessing */
export const CONTROL_WRONG_TOKENS_PER_MINUTE = 10;
export const CONTROL_TOKEN_BYTES = 32;
assert(CONTROL_HEADERS_TIMEOUT_MS < CONTROL_REQUEST_TIMEOUT_MS, "headers come before the whole request");
assert(CONTROL_STATUS_KEPT_MS < CONTROL_STATUS_PERIOD_MS, "each status sent is a new one");

// --- retreat out of a block ---
/** the reduced speed at which robots are taught: nobody is surprised by it */
export const RETREAT_TOOL_MAX_M_PER_S = 0.25;
export const RETREAT_MAX_MS = 10_000;
/** how far the measured arm may lie behind its way before that counts as coming nearer */
export const RETREAT_TRACKING_M = 0.01;
/** points looked at on each link, so that no part between two joints comes nearer unseen */
export const RETREAT_POINTS_PER_LINK = 4;
/** V_s rises a little with any motion; more than this share of what it was ends the retreat */
export const RETREAT_ENERGY_ROOM = 1.25;

// --- tape, black box and bags ---
/** an event is handed to the disk at most this long after it happened */
export const TAPE_FLUSH_US = 250_000;
export const TAPE_CHUNK_BYTES = 262_144;
/** chunks of the tape that may wait for the disk; then events are dropped and the loss is reported */
export const TAPE_BUFFERS = 16;
export const TAPE_SEGMENT_BYTES = 256 * 1_048_576;
export const TAPE_KEEP_SEGMENTS = 8;
export const BLACK_BOX_BEFORE_US = 30_000_000;
export const BLACK_BOX_AFTER_US = 10_000_000;
export const BLACK_BOX_MAX_BYTES = 64 * 1_048_576;
export const BLACK_BOX_MAX_FILES = 200;
export const BLACK_BOX_MAX_FOLDER_BYTES = 2 * 1_073_741_824;
/** what a kill may cost: one flush that is due and one that is being written */
export const TAPE_LOSS_MAX_US = 500_000;

// --- promotion, rollout, audit ---
/** fewer scenarios prove nothing about the 95th percentile at 95 % confidence */
export const PROMOTION_MIN_SCENARIOS = 59;
export const PROMOTION_QUANTILE = 0.95;
export const PROMOTION_ALPHA = 0.05;
/** most divergence of the candidate's decisions from the baseline's, nat per scenario */
export const PROMOTION_KL_MAX = 0.2;
/** how much the share of needless stops may grow, on its upper bound */
export const PROMOTION_FALSE_STOP_GROWTH_MAX = 0.05;
/** recordings of the field that one promotion listens to, the newest */
export const MAX_FIELD_RECORDINGS = 64;
/** longest evaluation of a head in one tick, a tenth of it; a promoted head whose p99 lies above goes back */
export const HEAD_EVALUATION_BUDGET_US = 1_000;
/** a reading may take half a tick until its effects are out; a promoted part whose p99 lies above goes back */
export const STEP_BUDGET_US = 5_000;
/** most samples that wait for the shadow; what comes beyond is dropped and counted */
export const SHADOW_BUFFERS = 32;
export const SHADOW_BUFFER_NUMBERS = 8_192;
/** disagreements that a shadow keeps, worst first */
export const MAX_SHADOW_DISAGREEMENTS = 200;
/** a candidate that was refused or rolled back stays remembered, newest first */
export const MAX_REFUSED_CANDIDATES = 1_024;
export const MAX_ARTEFACT_BYTES = 64 * 1_048_576;
export const MAX_ARTEFACT_PARTS = 32;
export const MAX_ITEMS_PER_DAY = 1_000;
/** one order is repeated at most so often to a cell that does not answer */
export const MAX_ORDER_REPEATS = 8;
export const MAX_AUDIT_NODES = 20_000;
export const FLEET_ORDER_LIFETIME_US = 60_000_000;
/** a sealed head or set of rules on its way to cells; one that is larger is refused when it is planned */
export const FLEET_BUNDLE_BYTES_MAX = 8 * 1_048_576;
/** 1,000 a second over the longest period between two reports: a cell that says more cannot count */
export const MAX_REPORTED_DECISIONS = 60_000;

assert(GATE_YELLOW_THRESHOLD < GATE_GREEN_THRESHOLD, "YELLOW must lie below GREEN");
assert(CONVERGENCE_LOOP_THRESHOLD < CONVERGENCE_HALT_REPEATS, "a loop is found before it is halted");
assert(WOUND_SPAWN_THRESHOLD < WOUND_ESCALATE_COUNT, "helpers come before escalation");
assert(
  BLOCK_REPEAT_PERIOD_US <= BLOCK_REPEAT_PERIOD_MAX_US,
  "a block is repeated at least ten times a second",
);
assert(BLOCK_REPEAT_PERIOD_US % TICK_PERIOD_US === 0, "repetitions fall on ticks");
assert(HEARTBEAT_PERIOD_US % TICK_PERIOD_US === 0, "heartbeats fall on ticks");
assert(MAX_GENERATIONS * MAX_ITEMS_PER_RUN <= MAX_TOTAL_BEFORE_ABORT, "a run ends before the abort valve");
assert(MIN_FINISHED_TRIALS <= MONTE_CARLO_DEFAULT_SIMS, "a full batch can be GREEN");
assert(MAX_PENDING_APPROVALS < MAX_OPEN_PROPOSALS, "waiting for people leaves room for actions");
assert(CONVERGENCE_WINDOW > CONVERGENCE_HALT_REPEATS, "a proof sees a whole loop");
assert(2 * TAPE_FLUSH_US <= TAPE_LOSS_MAX_US, "a kill loses at most half a second of the tape");
assert(MAX_ITEMS_PER_RUN <= MAX_ITEMS_PER_DAY, "a run fits into a day");
assert(MAX_ITEMS_PER_DAY <= MAX_TOTAL_BEFORE_ABORT, "a day ends before the abort valve");
