import { believable } from "./believable.ts";
import { contact } from "./contact.ts";
import { estop } from "./estop.ts";
import { estopDual } from "./estop-dual.ts";
import { forbiddenZone } from "./forbidden-zone.ts";
import { force } from "./force.ts";
import { forceSensor } from "./force-sensor.ts";
import { foreignPublisher } from "./foreign-publisher.ts";
import { frozen } from "./frozen.ts";
import { heartbeat } from "./heartbeat.ts";
import { joints } from "./joints.ts";
import { pfl } from "./pfl.ts";
import { grip } from "./grip.ts";
import { protectiveStop } from "./protective-stop.ts";
import { proximity } from "./proximity.ts";
import { rejects } from "./rejects.ts";
import type { JudgeFactory, RuleFactory } from "./rule.ts";
import { safetyMode } from "./safety-mode.ts";
import { selfHealth } from "./self-health.ts";
import { separation } from "./separation.ts";
import { silence } from "./silence.ts";
import { stamps } from "./stamps.ts";
import { zones } from "./zones.ts";

/** Every rule of the reflex. The order means nothing: the worst severity wins. */
export const RULES: readonly RuleFactory[] = [
  contact,
  estop,
  estopDual,
  forbiddenZone,
  force,
  forceSensor,
  foreignPublisher,
  frozen,
  heartbeat,
  joints,
  pfl,
  protectiveStop,
  grip,
  proximity,
  rejects,
  safetyMode,
  selfHealth,
  separation,
  silence,
  zones,
];

/** What decides whether a sample is believed; asked in this order, the first refusal counts. */
export const JUDGES: readonly JudgeFactory[] = [believable, stamps];
