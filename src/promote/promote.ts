import type { GoodConfig } from "../deployment-files.ts";
import type { ReceiptBody } from "../domain/index.ts";
import {
  type CandidateKind,
  type Decision,
  decide,
  DEFAULT_LIMITS,
  type Evidence,
  freeze,
  manifestHash,
  type Measurement,
  type Parts,
  type PolicyCheck,
  type Probe,
} from "../promotion/index.ts";
import type { FieldRecordings } from "./field-recordings.ts";
import { createMeasurer, probeHead } from "./measure.ts";
import { checkPolicies } from "./policies.ts";
import { runBattery } from "./run-battery.ts";
import { type InUse, sidesOf } from "./in-use.ts";
import { type ArtefactStore, BUILT_IN, textOf } from "./store.ts";
import { planTasks, type SidesText, type Task } from "./task.ts";
import { ratesOf } from "./watched-rates.ts";

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
  readonly receipt: (body: ReceiptBody) => void;
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
  const { store, kind, parts, at, by } = request;
  const frozen = freeze(kind, parts);
  if (!frozen.ok) throw new RangeError(frozen.error.detail);
  const kept = store.keep(frozen.value, parts);
  const hash = kept.ok ? kept.value : manifestHash(frozen.value);
  if (request.again !== null)
    store.forgive(kind, hash, { code: "PROMOTION_PASSED", detail: request.again, by, at });
  const baseline = request.against ?? store.active(kind);
  const before = baseline === BUILT_IN ? null : store.load(baseline);
  const text = before?.ok === true ? textOf(before.value.parts) : null;
  const made = sidesOf(kind, request.used, request.own, text, textOf(parts));
  if (!made.ok) throw new RangeError(made.error);
  const sides = made.value;
  const { recordings, leftOut } = request.field ?? { recordings: [], leftOut: [] };
  const planned = planTasks(request.battery, hash, request.scenarios, recordings);
  if (!planned.ok) throw new RangeError(planned.error);
  const { tasks, hash: battery } = planned.value;
  const policies = await checkPolicies(sides, tasks);
  const loads = policies.find((p) => p.name === "loads")?.passed === true;
  const measurements = loads ? await measureAll(request, sides, tasks, `${hash}|${baseline}|${battery}`) : [];
  const foreign = loads && (await spotCheck(sides, tasks, measurements));
  const again = store.load(hash);
  const evidence: Evidence = {
    kind,
    candidate: hash,
    baseline,
    active: store.active(kind),
    battery,
    measuredWith: { candidate: foreign ? "not reproducible" : hash, baseline, battery },
    planned: tasks.map((t) => t.name),
    measurements,
    leftOut,
    probes: probesOf(sides, loads),
    policies,
    tampered: tamperedWith(again.ok ? null : again.error.detail, before, policies),
    refusedBefore: store.refusedBefore(hash),
  };
  const interrupted = request.signal?.aborted === true && measurements.length < tasks.length;
  // the first head has nothing that its decisions could stay close to
  const klMax = sides.baseline === null && kind === "head" ? Number.MAX_VALUE : DEFAULT_LIMITS.klMax;
  const decision = decide(evidence, { klMax, interimLooks: request.interimLooks });
  if (!interrupted) conclude(request, decision, evidence);
  return { hash, baseline, decision, evidence, interrupted };
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

function measureAll(request: PromotionRequest, sides: SidesText, tasks: readonly Task[], key: string) {
  const { partialFolder, threads, signal, progress } = request;
  const name =
    Buffer.from(key).toString("base64url").slice(0, 16) +
    key
      .split("|")
      .map((p) => p.slice(0, 12))
      .join("-");
  return runBattery({
    sides,
    tasks,
    partial: partialFolder === null ? null : `${partialFolder}/${name.replace(/[^A-Za-z0-9_-]/g, "_")}.jsonl`,
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

function conclude(
  { store, kind, by, at, swap, receipt }: PromotionRequest,
  decision: Decision,
  evidence: Evidence,
): void {
  const { candidate: hash, baseline, policies } = evidence;
  const say = (
    step: string,
    outcome: "passed" | "refused" | "promoted" | "insufficient",
    code: string,
    terms: object,
  ): void =>
    receipt({
      receipt_type: "promotion",
      candidate: hash,
      baseline,
      step,
      outcome,
      code,
      terms: JSON.parse(JSON.stringify(terms)) as Record<string, never>,
    });
  for (const { step, troubles } of decision.steps)
    say(step, troubles.length === 0 ? "passed" : "refused", troubles[0]?.code ?? "PROMOTION_PASSED", {
      troubles: troubles.slice(0, 20),
      ...(step === "battery" && fieldTerms(evidence)),
      ...(step === "delta" && { delta: decision.delta }),
      ...(step === "divergence" && { divergence: decision.divergence }),
      ...(step === "policy" && { checks: policies }),
    });
  let { outcome, code } = decision;
  const detail = decision.steps.flatMap((s) => s.troubles).find((t) => t.code === code)?.detail ?? "";
  if (outcome === "promoted" && swap) {
    const done = store.promote(hash, { code, detail: "all criteria met", by, at }, ratesOf(evidence));
    if (!done.ok) {
      outcome = "refused";
      code = done.error.code;
    }
  } else if (outcome !== "promoted") store.refuse(kind, hash, outcome, { code, detail, by, at });
  say("decide", outcome, code, { detail, swapped: swap && outcome === "promoted" });
}
