import { z } from "zod";
import { proximityRule, separationRule, zoneRule } from "./rules/distance.ts";
import { contactRule, forceRule, forceSensorRule, pflRule } from "./rules/force.ts";
import { foreignPublisherRule, heartbeatRule, jointRule, silenceRule, stampsRule } from "./rules/source.ts";
import { estopRule, protectiveStopRule, safetyModeRule } from "./rules/stop.ts";
import { nameText } from "./units.ts";

const named = <S extends z.ZodType>(schema: S) =>
  z
    .record(nameText, schema)
    .default({})
    .refine((r) => Object.keys(r).length <= 32, "at most 32 of one kind");

/**
 * Settings of the reflex, one key per rule. What every cell needs (e-stop, silence, stamps, joint limits) is
 * on without being named; what depends on the cell (force, distance, zones) is listed by a name of your choice.
 */
export const rulesSchema = z.strictObject({
  estop: estopRule.prefault({}),
  protectiveStop: protectiveStopRule.prefault({}),
  safetyMode: safetyModeRule.prefault({}),
  force: named(forceRule),
  contact: named(contactRule),
  forceSensor: forceSensorRule.prefault({}),
  pfl: pflRule.optional(),
  proximity: named(proximityRule),
  zones: named(zoneRule),
  separation: named(separationRule),
  joints: jointRule.prefault({}),
  silence: silenceRule.prefault({}),
  stamps: stampsRule.prefault({}),
  heartbeat: heartbeatRule.prefault({}),
  foreignPublisher: foreignPublisherRule.prefault({}),
});
export type RulesConfig = z.infer<typeof rulesSchema>;
