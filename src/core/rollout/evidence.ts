import {
  emptyTally,
  type Judgement,
  judgeItems,
  judgeStage,
  judgeValues,
  type StageFacts,
  type Tally,
} from "./judge.ts";
import type { RolloutMemory } from "./messages.ts";
import { isOfItems, type RolloutPlan } from "./plan.ts";

type Memory = Pick<RolloutMemory, "changed" | "kept" | "values" | "loads">;
/** the newest latencies of each side that are compared; enough for the 95th percentile, cheap to rank */
const VALUES_KEPT = 256;

/** What the cells have shown, old and new side by side. Sums and short windows: its size does not grow. */
export class Evidence {
  readonly changed: Tally;
  readonly kept: Tally;
  readonly #values: { readonly kept: number[]; readonly changed: number[] };
  #before: [number, number];
  #stage: [number, number];

  constructor(restored: Memory | null) {
    this.changed = { ...(restored?.changed ?? emptyTally()) };
    this.kept = { ...(restored?.kept ?? emptyTally()) };
    this.#values = {
      kept: [...(restored?.values.kept ?? [])],
      changed: [...(restored?.values.changed ?? [])],
    };
    this.#before = [...(restored?.loads.before ?? [0, 0])];
    this.#stage = [...(restored?.loads.stage ?? [0, 0])];
  }
  get memory(): Memory {
    const { changed, kept } = this;
    const values = this.#values;
    const before = this.#before;
    const stage = this.#stage;
    return { changed, kept, values, loads: { before, stage } };
  }
  count(
    side: "kept" | "changed",
    event: { decisions: number; failures: number; latencyMs?: number; load?: number },
  ): void {
    this[side].decisions += event.decisions;
    this[side].failures += event.failures;
    if (event.latencyMs !== undefined) {
      this.#values[side].push(event.latencyMs);
      if (this.#values[side].length > VALUES_KEPT) this.#values[side].shift();
    }
    if (event.load === undefined) return;
    this.#stage[0] += event.load;
    this.#stage[1]++;
  }
  nextStage(): void {
    this.#before = [this.#before[0] + this.#stage[0], this.#before[1] + this.#stage[1]];
    this.#stage = [0, 0];
    this.#values.kept.length = this.#values.changed.length = 0;
  }
  judge(plan: RolloutPlan, facts: StageFacts): Judgement {
    if (isOfItems(plan.automation))
      return judgeItems(this.changed, facts, plan.judge, { before: this.#before, stage: this.#stage });
    const judgement = judgeStage(this.changed, this.kept, facts, plan.judge);
    return judgement.verdict === "advance" ? this.#withLatencies(judgement, plan, facts) : judgement;
  }
  /** Counts are fine; the last look of a stage asks whether the new cells have become slower. */
  #withLatencies(judgement: Judgement, plan: RolloutPlan, { stages }: StageFacts): Judgement {
    const { kept, changed } = this.#values;
    const { alpha, latencyToleranceMs } = plan.judge;
    const values = judgeValues(kept, changed, latencyToleranceMs, alpha / stages);
    const terms = { ...judgement.terms, slowerP: values.pLarger, beyondP: values.pBeyond };
    return values.verdict === "worse"
      ? { verdict: "abort", code: "ROLLOUT_ABORT_WORSE", terms }
      : { ...judgement, terms };
  }
}
