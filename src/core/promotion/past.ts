import { PROMOTION_ALPHA, type ReceiptBody } from "../domain/index.ts";
import { type CandidateKind, slotOf } from "./candidate.ts";

/** How a candidate was to be measured when it was first asked about. */
export interface Plan {
  readonly battery: string;
  readonly scenarios: number;
}
/** So much of a run lies on the disk, with this hash over its lines. */
export interface RunMark {
  readonly lines: number;
  readonly sha256: string;
}
/** What the watch after a promotion allows: rates that the promotion measured, with their margin. */
export interface WatchedRates {
  readonly falseStopRateMax: number;
  readonly riseRateMax: number;
}
/** What receipts tell of earlier promotions: a folder can be made to forget, the ledger cannot. */
export interface Past {
  /** why the candidate was refused or taken back, when nobody has decided anew since; null: it was not */
  refused(candidate: string): string | null;
  /** why no receipt lets it be in use; null: it was decided about here, or a fleet's order brought it */
  undecided(artefact: string): string | null;
  /** of the promotion that took it into use; null: none was measured here */
  rates(artefact: string): WatchedRates | null;
  /** which candidate for its place this one is since the last promotion there, counted from 1 */
  attempt(kind: CandidateKind, candidate: string): number;
  plan(candidate: string, baseline: string): Plan | null;
  run(key: string): RunMark | null;
}
/** Steps that receipts hold besides those of the decision: what was planned, so much is measured, decided anew. */
export const PLAN_STEP = "plan";
export const MEASURED_STEP = "measured";
export const AGAIN_STEP = "again";

/** How the receipt of a fleet's order names what it changed. */
export const BY_FLEET_ORDER = " by a fleet order";

type PromotionBody = Extract<ReceiptBody, { receipt_type: "promotion" }>;
type RollbackBody = Extract<ReceiptBody, { receipt_type: "rollback" }>;

export function readPast(bodies: Iterable<ReceiptBody>): Past {
  const refused = new Map<string, string>();
  const tried = new Map<unknown, Set<string>>();
  const plans = new Map<string, Plan>();
  const runs = new Map<string, RunMark>();
  /** what was taken into use and not taken back since; a refusal beside it does not end that */
  const taken = new Map<string, WatchedRates | null>();
  const promotion = ({ candidate, baseline, step, outcome, code, terms }: PromotionBody): void => {
    const { kind, battery, scenarios, run, lines, sha256, swapped, detail } = terms;
    if (step === AGAIN_STEP) refused.delete(candidate);
    else if (step === MEASURED_STEP && typeof lines === "number")
      runs.set(String(run), { lines, sha256: String(sha256) });
    else if (step === PLAN_STEP && typeof scenarios === "number") {
      tried.set(kind, (tried.get(kind) ?? new Set()).add(candidate));
      const key = `${candidate}|${baseline}`;
      if (!plans.has(key)) plans.set(key, { battery: String(battery), scenarios });
    } else if (step === "decide") {
      if (outcome === "promoted" && swapped === true) {
        tried.delete(kind);
        taken.set(candidate, ratesIn(terms["rates"]));
      }
      // asked again, the first reason stays the reason
      if (outcome === "refused" && !refused.has(candidate))
        refused.set(candidate, `${code}: ${String(detail)}`);
    }
  };
  /** by an order of the fleet: what was measured here before still holds */
  const order = (artefact: string): unknown => taken.set(artefact, taken.get(artefact) ?? null);
  const rollback = ({ from, to, code, reason }: RollbackBody): void => {
    taken.delete(from);
    if (code.startsWith("ROLLBACK_")) refused.set(from, `${code}: ${reason}`);
    // a fleet may send a cell to what it never had
    else if (code === "ORDER_ACCEPTED") order(to);
  };
  for (const body of bodies)
    if (body.receipt_type === "promotion") promotion(body);
    else if (body.receipt_type === "rollback") rollback(body);
    else if (body.receipt_type === "config_change" && body.what.endsWith(BY_FLEET_ORDER))
      order(body.after_hash);
  return {
    refused: (candidate) => refused.get(candidate) ?? null,
    undecided: (artefact) =>
      taken.has(artefact) ? null : (refused.get(artefact) ?? "no receipt says that it was taken into use"),
    rates: (artefact) => taken.get(artefact) ?? null,
    attempt(kind, candidate) {
      const others = new Set(tried.get(slotOf(kind)));
      others.delete(candidate);
      return others.size + 1;
    },
    plan: (candidate, baseline) => plans.get(`${candidate}|${baseline}`) ?? null,
    run: (key) => runs.get(key) ?? null,
  };
}

function ratesIn(term: unknown): WatchedRates | null {
  if (typeof term !== "object" || term === null) return null;
  const { falseStopRateMax, riseRateMax } = term as Record<string, unknown>;
  return typeof falseStopRateMax === "number" && typeof riseRateMax === "number"
    ? { falseStopRateMax, riseRateMax }
    : null;
}

/**
 * Who tries often enough gets something bad past any bound. The first candidate since the last promotion has the
 * whole error probability; all later ones together have as much once more, however many they are.
 */
export const alphaOf = (attempt: number): number =>
  attempt <= 1 ? PROMOTION_ALPHA : PROMOTION_ALPHA / (attempt * (attempt - 1));
