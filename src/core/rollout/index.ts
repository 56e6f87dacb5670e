export {
  type CapGuard,
  type Caps,
  createCapGuard,
  FRESH_GUARD,
  type GuardMemory,
  raisedCap,
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
  signedBytesText,
} from "./cell-agent.ts";
export { createRollout, type Rollout } from "./engine.ts";
export { CHANGING } from "./seat.ts";
export type { RolloutEffect, RolloutEvent, RolloutMemory, RolloutState, RolloutView } from "./messages.ts";
export {
  emptyTally,
  excess,
  type Judgement,
  judgeStage,
  judgeValues,
  proof,
  type StageFacts,
  type Tally,
  type ValueJudgement,
} from "./judge.ts";
export {
  type Automation,
  AUTOMATIONS,
  DEFAULT_JUDGE,
  type JudgeSetting,
  makePlan,
  type PlanDraft,
  type PlanTrouble,
  type RolloutPlan,
  STAGE_SIZES,
  stageTargets,
} from "./plan.ts";
