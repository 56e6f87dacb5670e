import { canonicalBytes } from "../../core/base/canonical.ts";
import { sha256Hex } from "../../core/base/hash.ts";
import type { GoodConfig } from "../../node/deployment/index.ts";
import type { ReceiptBody } from "../../core/domain/index.ts";
import {
  type CandidateKind,
  type Decision,
  decide,
  DEFAULT_LIMITS,
  type Evidence,
  freeze,
  manifestHash,
  outcomeOf,
  AGAIN_STEP,
  MEASURED_STEP,
  type Measurement,
  type Parts,
  type Past,
  PLAN_STEP,
  type PolicyCheck,
  type Probe,
  slotOf,
} from "../../core/promotion/index.ts";
import type { FieldRecordings } from "./field-recordings.ts";
import { unfitForBattery } from "./battery-cell.ts";
import { createMeasurer, probeHead } from "./measure.ts";
import { checkPolicies } from "./policies.ts";
import { type InUse, ownChanged, sidesOf } from "../../node/in-use/index.ts";
import { type Measured, runBattery } from "./run-battery.ts";
import { type ArtefactStore, BUILT_IN, textOf } from "../../node/in-use/index.ts";
import type { SidesText } from "../../node/in-use/index.ts";
import { planTasks, type Task } from "./task.ts";
import { ratesOf } from "../../node/in-use/index.ts";

export interface PromotionRequest {
  readonly store: ArtefactStore;
  readonly kind: CandidateKind;
  readonly parts: Parts;
  /** the cell's deployment, and the cell as it is in use */
  readonly own: GoodConfig;
  readonly used: InUse;
  /** hash of the baseline to compare with; absent: the one in use */
  readonly against?: string;
  readonly battery: string;
  readonly scenarios: number;
  /** recordings of the field, which can only speak against the candidate */
  readonly field?: FieldRecordings;
  readonly interimLooks: boolean;
  /** a person decides anew about a refused candidate */
  readonly again: string | null;
  readonly by: string;
  /** microseconds since 1970 */
  readonly at: number;
  readonly partialFolder: string | null;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, of: number) => void;
  /** false: decide and report, but leave the artefact in use as it is */
  readonly swap: boolean;
  /** what the ledger tells of promotions before this one */
  readonly past: Past;
  readonly receipt: (body: ReceiptBody) => void;
  /** resolves when every receipt so far is on the disk */
  readonly stored: () => Promise<void>;
}
export interface PromotionResult {
  readonly hash: string;
  readonly baseline: string;
  readonly decision: Decision;
  readonly evidence: Evidence;
  /** the signal came before all scenarios were measured: nothing was decided */
  readonly interrupted: boolean;
}

/** The steps of the specification in order: freeze, battery, ΔV_s, KL, policies, smells, decide, swap. */
export async function promoteCandidate(request: PromotionRequest): Promise<PromotionResult> {
  const { store, kind, parts, past } = request;
  const frozen = freeze(kind, parts);
  if (!frozen.ok) throw new RangeError(frozen.error.detail);
  const kept = store.keep(frozen.value, parts);
  const hash = kept.ok ? kept.value : manifestHash(frozen.value);
  const baseline = request.against ?? store.active(kind);
  const before = baseline === BUILT_IN ? null : store.load(baseline);
  const text = before?.ok === true ? textOf(before.value.parts) : null;
  const made = sidesOf(kind, request.used, request.own, text, textOf(parts));
  if (!made.ok) throw new RangeError(made.error);
  const sides = made.value;
  const { recordings, leftOut } = request.field ?? { recordings: [], leftOut: [] };
  const unmeasured = unfitForBattery(request.used.config.deployment);
  const scenarios = unmeasured === null ? request.scenarios : 0;
  const planned = planTasks(request.battery, hash, scenarios, recordings);
  if (!planned.ok) throw new RangeError(planned.error);
  const { tasks, hash: battery } = planned.value;
  const say = sayOf(request, hash, baseline);
  decidedAnew(request, hash, say);
  say(PLAN_STEP, "passed", "PROMOTION_PASSED", {
    battery: request.battery,
    battery_hash: battery,
    scenarios: request.scenarios,
    looks: request.interimLooks,
  });
  const policies = await checkPolicies(sides, tasks);
  const loads = policies.find((p) => p.name === "loads")?.passed === true;
  const measured = loads
    ? await measureAll(request, sides, tasks, { hash, baseline, battery, say })
    : NOTHING;
  const { measurements } = measured;
  const foreign = measured.forged
    ? "results that were altered on the disk"
    : loads && (await spotCheck(sides, tasks, measurements))
      ? "results that cannot be made again"
      : null;
  const again = store.load(hash);
  const evidence: Evidence = {
    kind,
    candidate: hash,
    baseline,
    active: store.active(kind),
    battery,
    measuredWith: { candidate: foreign ?? hash, baseline, battery },
    planned: tasks.map((t) => t.name),
    measurements,
    leftOut,
    probes: probesOf(sides, loads),
    policies,
    tampered: tamperedWith(again.ok ? null : again.error.detail, before, policies),
    refusedBefore: store.refusedBefore(hash) ?? (request.again === null ? past.refused(hash) : null),
    attempt: past.attempt(kind, hash),
    ownChanged: ownChanged(kind, request.own, store),
    planChanged: planChanged(request, hash, baseline),
    ...(unmeasured !== null && { unmeasured }),
  };
  const interrupted = request.signal?.aborted === true && measurements.length < tasks.length;
  // the first head has nothing that its decisions could stay close to
  const klMax = sides.baseline === null && kind === "head" ? Number.MAX_VALUE : DEFAULT_LIMITS.klMax;
  const decision = decide(evidence, { klMax, interimLooks: request.interimLooks });
  if (!interrupted) await conclude(request, decision, evidence, say);
  return { hash, baseline, decision, evidence, interrupted };
}

const NOTHING: Measured = { measurements: [], forged: false };
type Say = (
  step: string,
  outcome: "passed" | "refused" | "promoted" | "insufficient",
  code: string,
  terms: object,
) => void;
const sayOf =
  ({ kind, receipt }: PromotionRequest, candidate: string, baseline: string): Say =>
  (step, outcome, code, terms) =>
    receipt({
      receipt_type: "promotion",
      candidate,
      baseline,
      step,
      outcome,
      code,
      terms: JSON.parse(JSON.stringify({ kind: slotOf(kind), ...terms })) as Record<string, never>,
    });

function decidedAnew({ again, store, kind, by, at }: PromotionRequest, hash: string, say: Say): void {
  if (again === null) return;
  store.forgive(kind, hash, { code: "PROMOTION_PASSED", detail: again, by, at });
  say(AGAIN_STEP, "passed", "PROMOTION_PASSED", { because: again, by });
}

function planChanged({ past, battery, scenarios }: PromotionRequest, hash: string, baseline: string) {
  const first = past.plan(hash, baseline);
  return first === null || (first.battery === battery && first.scenarios === scenarios)
    ? null
    : `first planned with ${first.scenarios} scenarios of ${first.battery}, now with ${scenarios} of ${battery}: for one who may have looked`;
}

/** The store's hash, the baseline's, and the one that a head carries inside. */
function tamperedWith(
  frozen: string | null,
  before: ReturnType<ArtefactStore["load"]> | null,
  policies: readonly PolicyCheck[],
): string | null {
  if (frozen !== null) return frozen;
  if (before?.ok === false) return `baseline: ${before.error.detail}`;
  return policies.find((p) => !p.passed && p.detail.includes("HEAD_HASH_MISMATCH"))?.detail ?? null;
}

interface Running {
  readonly hash: string;
  readonly baseline: string;
  readonly battery: string;
  readonly say: Say;
}
function measureAll(
  { partialFolder, past, threads, signal, progress }: PromotionRequest,
  sides: SidesText,
  tasks: readonly Task[],
  { hash, baseline, battery, say }: Running,
): Promise<Measured> {
  // everything that results depend on: another cell gives others
  const key = sha256Hex(canonicalBytes({ hash, baseline, battery, sides: JSON.stringify(sides) }));
  return runBattery({
    sides,
    tasks,
    partial:
      partialFolder === null
        ? null
        : {
            file: `${partialFolder}/${hash.slice(0, 12)}-${key.slice(0, 24)}.jsonl`,
            mark: past.run(key),
            onMark: (mark) => say(MEASURED_STEP, "passed", "PROMOTION_PASSED", { run: key, ...mark }),
          },
    ...(threads !== undefined && { threads }),
    ...(signal !== undefined && { signal }),
    ...(progress !== undefined && { progress: (done: number) => progress(done, tasks.length) }),
  });
}

/** and one recording, if there is any */
const SPOT_CHECKS = 3;
/** Results of an earlier run lie on a disk: some are made again, and must be the same to the last bit. */
async function spotCheck(
  sides: SidesText,
  tasks: readonly Task[],
  found: readonly Measurement[],
): Promise<boolean> {
  const measurer = createMeasurer(sides);
  const places = Array.from({ length: Math.min(SPOT_CHECKS, found.length) }, (_, i) =>
    Math.floor(((i + 0.5) * found.length) / SPOT_CHECKS),
  );
  const recorded = found.findIndex((m) => m.field !== undefined && m.field.trouble === null);
  for (const at of recorded < 0 ? places : new Set([...places, recorded])) {
    const claimed = found[at]!;
    const task = tasks.find((t) => t.name === claimed.scenario);
    if (task === undefined) return true;
    if (JSON.stringify(await measurer.measure(task)) !== JSON.stringify(claimed)) return true;
  }
  return false;
}

function probesOf(sides: SidesText, loads: boolean): Probe[] {
  if (!loads) return [];
  const { candidateHead } = createMeasurer(sides);
  return candidateHead === null ? [] : probeHead(candidateHead);
}

/** Which recordings spoke, by their bytes, and which did not. */
function fieldTerms({ measurements, leftOut }: Evidence): object {
  const field = measurements.flatMap((m) =>
    m.field === undefined ? [] : [{ recording: m.scenario, sha256: m.field.sha256 }],
  );
  return field.length + leftOut.length === 0 ? {} : { field, left_out: leftOut };
}

async function conclude(
  { store, kind, by, at, swap, stored }: PromotionRequest,
  decision: Decision,
  evidence: Evidence,
  say: Say,
): Promise<void> {
  const { candidate: hash, policies } = evidence;
  for (const { step, troubles } of decision.steps)
    say(step, outcomeOf(troubles), troubles[0]?.code ?? "PROMOTION_PASSED", {
      troubles: troubles.slice(0, 20),
      measured: evidence.measurements.length,
      ...(step === "battery" && fieldTerms(evidence)),
      ...(step === "delta" && {
        delta: decision.delta,
        delta_v_s: decision.energyDelta,
        alpha: decision.alpha,
        attempt: evidence.attempt,
        plan_changed: evidence.planChanged,
      }),
      ...(step === "divergence" && { divergence: decision.divergence }),
      ...(step === "policy" && { checks: policies }),
    });
  const { outcome, code } = decision;
  const detail = decision.steps.flatMap((s) => s.troubles).find((t) => t.code === code)?.detail ?? "";
  if (outcome !== "promoted") store.refuse(kind, hash, outcome, { code, detail, by, at });
  const swapped = swap && outcome === "promoted";
  say("decide", outcome, code, { detail, swapped, ...(swapped && { rates: ratesOf(evidence) }) });
  if (!swapped) return;
  // a start takes nothing into use that no receipt speaks of
  await stored();
  const done = store.promote(hash, { code, detail: "all criteria met", by, at });
  if (!done.ok) say("decide", "refused", done.error.code, { detail: done.error.detail, swapped: false });
}
