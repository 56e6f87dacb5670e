export { Approach } from "./approach.ts";
export { cornersInScanner } from "./zone-shape.ts";
export { Trip } from "./trip.ts";
export { createReflex, ENGINE_CODES, type Reflex } from "./reflex.ts";
export type { Cause } from "./causes.ts";
export { copyOfSetting, type GuestListed, type GuestRule, type Guests } from "./guests.ts";
export { Margin, type MarginSetting, usedShare } from "./margin.ts";
export { type Corners, pointWords, type SeenPoint, seenPoint } from "./seen-point.ts";
export { JUDGES, RULES } from "./registry.ts";
export type {
  ChannelInfo,
  Judge,
  JudgeFactory,
  Motion,
  Report,
  Rule,
  RuleFactory,
  RuleSetting,
  Surroundings,
  Vitals,
} from "./rule.ts";
