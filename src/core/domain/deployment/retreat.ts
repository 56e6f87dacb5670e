import { z } from "zod";
import { RETREAT_MAX_MS, RETREAT_TOOL_MAX_M_PER_S } from "../limits.ts";
import { metre, mPerS, ms } from "./units.ts";

/** Stops that the arm may back away from; each of them says that somebody is near, and none that something failed. */
export const RETREATABLE_CODES = ["PROXIMITY_MIN", "SEPARATION_LOST", "ZONE_HOLD", "ZONE_STOP"] as const;
/**
 * Motion out of a block. Stating it says that the receiving side runs a permit marked as a retreat, and
 * nothing else, while it is stopped.
 */
export const retreatSchema = z.strictObject({
  codes: z
    .array(z.enum(RETREATABLE_CODES))
    .min(1)
    .describe("causes of a block that the arm may back away from; with any other cause nothing moves"),
  maxToolMPerS: mPerS(0.01, RETREAT_TOOL_MAX_M_PER_S)
    .default(RETREAT_TOOL_MAX_M_PER_S)
    .describe("fastest that any part of the arm may move"),
  maxMs: ms(100, RETREAT_MAX_MS).default(5_000).describe("longest retreat"),
  minGainM: metre(0.01, 2).default(0.05).describe("least distance that it must gain from the nearest person"),
  approval: z
    .boolean()
    .default(true)
    .describe("true: a person approves each retreat; false: the gate alone decides, and watches"),
});
export type RetreatConfig = z.infer<typeof retreatSchema>;

/** What the check reads of a deployment. */
interface Equipped {
  readonly channels: Readonly<Record<string, { readonly quantity: string; readonly monitored: boolean }>>;
  readonly gate: { readonly retreat?: unknown; readonly person: { readonly channels: readonly string[] } };
}
/** Backing away needs to know where the arm is and where people are; a deployment without either is refused. */
export function checkRetreat({ channels, gate }: Equipped): string[] {
  if (gate.retreat === undefined) return [];
  const watched = Object.entries(channels).filter(([, c]) => c.monitored);
  const sees = (name: string): boolean =>
    gate.person.channels.length === 0 || gate.person.channels.includes(name);
  const missing: string[] = [];
  if (!watched.some(([, c]) => c.quantity === "joints"))
    missing.push("needs a monitored joints channel: nothing else shows that the arm stands and where");
  if (!watched.some(([name, c]) => c.quantity === "scan" && sees(name)))
    missing.push("needs a monitored scan channel that sees people: a distance alone has no direction");
  return missing;
}
