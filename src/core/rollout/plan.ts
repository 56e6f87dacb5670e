import { err, ok, type Result } from "../base/result.ts";
import type { Code } from "../domain/index.ts";
import { type Caps, raisedCap, STRUCTURAL_CAPS } from "./caps.ts";

/** Never from 1 to all. */
export const STAGE_SIZES = [1, 10, 100] as const;

/** What is rolled out: the artefact and what an order tells a cell to do with it. */
export const AUTOMATIONS = ["promote-head", "enable-stage", "change-limit", "replay-archive"] as const;
/** `run-of-many`: anything else that does one thing to many on this machine; no plan file says it. */
export type Automation = (typeof AUTOMATIONS)[number] | "run-of-many";
/** Items on one machine, each looked at once: nothing falls silent and nothing keeps an old state beside them. */
export const isOfItems = (automation: Automation): boolean =>
  automation === "replay-archive" || automation === "run-of-many";

export interface RolloutPlan {
  readonly id: string;
  readonly automation: Automation;
  /** hash of what the cells get, and of what they go back to */
  readonly artefact: string;
  readonly previous: string;
  /** in the order in which they are taken */
  readonly cells: readonly string[];
  /** cells that keep the old state and are watched beside the new ones */
  readonly baselineCells: readonly string[];
  /** 1: a person started it; an automation that starts another one adds one */
  readonly generation: number;
  readonly judge: JudgeSetting;
  readonly caps: Caps;
  /** true: after a stage that succeeded a person looks before the next */
  readonly pauseAfterStage: boolean;
}
export interface JudgeSetting {
  /** error of the whole rollout; split over stages and questions */
  readonly alpha: number;
  /** share of decisions that may fail, and of cells */
  readonly decisionFailureMax: number;
  readonly cellFailureMax: number;
  /** a stage needs so many decisions of its own cells, and lasts at least so long */
  readonly minDecisions: number;
  readonly dwellUs: number;
  /** share of a stage's cells that must have answered */
  readonly minReached: number;
  /** verdicts may be slower by so much before it counts */
  readonly latencyToleranceMs: number;
  /** items on one machine: the mean cost of one may be so many times that of the stages before */
  readonly growthMax: number;
}
export const DEFAULT_JUDGE: JudgeSetting = {
  alpha: 0.05,
  decisionFailureMax: 0.02,
  cellFailureMax: 0.01,
  minDecisions: 200,
  dwellUs: 600_000_000,
  minReached: 0.9,
  latencyToleranceMs: 20,
  growthMax: 4,
};

export interface PlanDraft extends Partial<Omit<RolloutPlan, "caps" | "judge">> {
  readonly id: string;
  readonly automation: Automation;
  readonly artefact: string;
  readonly previous: string;
  readonly cells: readonly string[];
  readonly caps?: Partial<Caps>;
  readonly judge?: Partial<JudgeSetting>;
}
export interface PlanTrouble {
  readonly code: Code;
  readonly detail: string;
}

/** Fills in what a draft leaves open and refuses what a plan may not say. */
export function makePlan(draft: PlanDraft): Result<RolloutPlan, PlanTrouble> {
  const plan: RolloutPlan = {
    baselineCells: [],
    generation: 1,
    pauseAfterStage: true,
    ...draft,
    judge: { ...DEFAULT_JUDGE, ...draft.judge },
    caps: { ...STRUCTURAL_CAPS, ...draft.caps },
  };
  const raised = raisedCap(plan.caps);
  if (raised !== null) return err({ code: "CAP_RAISED", detail: raised });
  if (!(plan.generation >= 1 && plan.generation <= plan.caps.generations))
    return err({ code: "CAP_GENERATIONS", detail: `generation ${plan.generation}` });
  if (plan.cells.length > plan.caps.total)
    return err({
      code: "CAP_TOTAL",
      detail: `${plan.cells.length} items, but this automation ends at ${plan.caps.total}; make several plans, each begins with 1 again`,
    });
  const wrong = wrongCells(plan) ?? wrongJudge(plan.judge);
  return wrong === null ? ok(plan) : err({ code: "ROLLOUT_PLAN_INVALID", detail: wrong });
}

function wrongCells({ automation, cells, baselineCells, artefact, previous }: RolloutPlan): string | null {
  if (cells.length === 0) return "there are no cells";
  const all = [...cells, ...baselineCells];
  if (new Set(all).size !== all.length) return "a cell is named twice";
  if (all.some((name) => name === "")) return "a cell has no name";
  if (!isOfItems(automation) && cells.length > 1 && baselineCells.length === 0)
    return "cells that keep the old state are needed beside the new ones";
  return artefact === previous ? "the artefact is the one already in use" : null;
}
function wrongJudge(j: JudgeSetting): string | null {
  for (const name of ["alpha", "decisionFailureMax", "cellFailureMax"] as const)
    if (!(j[name] > 0 && j[name] <= 0.5))
      return `judge.${name}: expected a share in (0, 0.5], got ${j[name]}`;
  if (!(j.minDecisions >= 59)) return `judge.minDecisions: expected at least 59, got ${j.minDecisions}`;
  if (!(j.latencyToleranceMs >= 0)) return `judge.latencyToleranceMs: got ${j.latencyToleranceMs}`;
  if (!(j.growthMax >= 1 && j.growthMax <= 100))
    return `judge.growthMax: expected 1 to 100, got ${j.growthMax}`;
  if (!(j.dwellUs >= 1_000_000)) return `judge.dwellUs: expected at least a second, got ${j.dwellUs}`;
  return j.minReached >= 0.5 && j.minReached <= 1
    ? null
    : `judge.minReached: expected 0.5 to 1, got ${j.minReached}`;
}

/** How many cells have changed when each stage is complete: 1, 10, 100, all. */
export function stageTargets(cells: number): number[] {
  const targets: number[] = STAGE_SIZES.filter((size) => size < cells);
  return [...targets, cells];
}
