import type { ReceiptBody } from "../domain/index.ts";
import {
  type CandidateKind,
  type Decision,
  decide,
  DEFAULT_LIMITS,
  type Evidence,
  freeze,
  manifestHash,
  type Parts,
  type PolicyCheck,
  type Probe,
} from "../promotion/index.ts";
import { createMeasurer, probeHead } from "./measure.ts";
import { checkPolicies } from "./policies.ts";
import { runBattery } from "./run-battery.ts";
import { type ArtefactStore, BUILT_IN } from "./store.ts";
import { planTasks, type SidesText, type Task } from "./task.ts";

export interface PromotionRequest {
  readonly store: ArtefactStore;
  readonly kind: CandidateKind;
  readonly parts: Parts;
  /** the cell's effective deployment */
  readonly deployment: string;
  /** hash of the baseline to compare with; absent: the one in use */
  readonly against?: string;
  readonly battery: string;
  readonly scenarios: number;
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
  const sides: SidesText = {
    kind,
    deployment: request.deployment,
    baseline: before?.ok === true ? textOf(before.value.parts) : null,
    candidate: textOf(parts),
  };
  const planned = planTasks(request.battery, hash, request.scenarios);
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
    probes: probesOf(sides, loads),
    policies,
    tampered: again.ok
      ? before?.ok === false
        ? `baseline: ${before.error.detail}`
        : null
      : again.error.detail,
    refusedBefore: store.refusedBefore(hash),
  };
  const interrupted = request.signal?.aborted === true && measurements.length < tasks.length;
  // the first head has nothing that its decisions could stay close to
  const klMax = baseline === BUILT_IN && kind === "head" ? Number.MAX_VALUE : DEFAULT_LIMITS.klMax;
  const decision = decide(evidence, { klMax, interimLooks: request.interimLooks });
  if (!interrupted) conclude(request, hash, baseline, decision, policies);
  return { hash, baseline, decision, evidence, interrupted };
}

/** The first part in the order of names is what is loaded; the others are what it was made from. */
const textOf = (parts: Parts): string => Buffer.from(parts[Object.keys(parts).sort()[0]!]!).toString("utf8");

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

const SPOT_CHECKS = 3;
/** Results of an earlier run lie on a disk: some are made again, and must be the same to the last bit. */
async function spotCheck(
  sides: SidesText,
  tasks: readonly Task[],
  found: readonly { scenario: string }[],
): Promise<boolean> {
  const measurer = createMeasurer(sides);
  for (let i = 0; i < Math.min(SPOT_CHECKS, found.length); i++) {
    const at = Math.floor(((i + 0.5) * found.length) / SPOT_CHECKS);
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

function conclude(
  { store, kind, by, at, swap, receipt }: PromotionRequest,
  hash: string,
  baseline: string,
  decision: Decision,
  policies: readonly PolicyCheck[],
): void {
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
      ...(step === "delta" && { delta: decision.delta }),
      ...(step === "divergence" && { divergence: decision.divergence }),
      ...(step === "policy" && { checks: policies }),
    });
  let { outcome, code } = decision;
  const detail = decision.steps.flatMap((s) => s.troubles).find((t) => t.code === code)?.detail ?? "";
  if (outcome === "promoted" && swap) {
    const done = store.promote(hash, { code, detail: "all criteria met", by, at });
    if (!done.ok) {
      outcome = "refused";
      code = done.error.code;
    }
  } else if (outcome !== "promoted") store.refuse(kind, hash, outcome, { code, detail, by, at });
  say("decide", outcome, code, { detail, swapped: swap && outcome === "promoted" });
}
