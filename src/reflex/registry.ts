import { believable } from "./believable.ts";
import { estop } from "./estop.ts";
import { estopDual } from "./estop-dual.ts";
import { proximity } from "./proximity.ts";
import { rejects } from "./rejects.ts";
import type { JudgeFactory, RuleFactory } from "./rule.ts";
import { silence } from "./silence.ts";

/** Every rule of the reflex. The order means nothing: the worst severity wins. */
export const RULES: readonly RuleFactory[] = [estop, estopDual, proximity, rejects, silence];

/** What decides whether a sample is believed; asked in this order, the first refusal counts. */
export const JUDGES: readonly JudgeFactory[] = [believable];
