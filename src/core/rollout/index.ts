export {
  type CapGuard,
  type Caps,
  createCapGuard,
  FRESH_GUARD,
  type GuardMemory,
  STRUCTURAL_CAPS,
} from "./caps.ts";
export {
  type AgentAnswer,
  type AgentState,
  type CellAgent,
  createCellAgent,
  FRESH_AGENT,
  type FleetOrder,
  type KillState,
  ORDER_SLOTS,
  type OrderSlot,
} from "./cell-agent.ts";
export { createRollout, type Rollout } from "./engine.ts";
export { CHANGING } from "./seat.ts";
export type { RolloutEffect, RolloutEvent, RolloutMemory, RolloutState, RolloutView } from "./messages.ts";
export {
  type Judgement,
  judgeValues,
  type StageFacts,
  type Tally,
  type ValueJudgement,
} from "./judge.ts";
export {
  type Automation,
  AUTOMATIONS,
  type JudgeSetting,
  makePlan,
  type PlanDraft,
  type PlanTrouble,
  type RolloutPlan,
  stageTargets,
} from "./plan.ts";
