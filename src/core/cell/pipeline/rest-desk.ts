import { type Micros, msToMicros } from "../../domain/index.ts";
import { personRows, poseTime, RestOfWay } from "../../gate/index.ts";
import type { Desk } from "./desk.ts";
import type { OpenAction, RestWatch } from "./open-action.ts";

/** Nearer people again and again would make it slow and fast by turns. */
const CLEAR_FOR_MS = 500;

/** A motion whose rest is looked at while it runs; null: the deployment asks for none, or nothing moves. */
export function watchRest(action: OpenAction, desk: Desk): RestWatch | null {
  const { action: checked, problem } = action.judged;
  if (desk.gate.rest === undefined || !checked.moves || checked.retreat) return null;
  return {
    way: new RestOfWay(problem),
    persons: problem.persons,
    dueAt: desk.now(),
    slowed: false,
    clearSince: -1 as Micros,
  };
}

/**
 * At every tick of a running motion. When what is seen of people has changed by more than the stated bound, the rest is
 * judged again: at full speed, and if that may not be, slower; if neither may be, the words say why.
 */
export function lookAtRest(action: OpenAction, desk: Desk): string | null {
  const { rest } = action;
  const setting = desk.gate.rest;
  if (rest === null || setting === undefined || desk.now() < rest.dueAt) return null;
  rest.dueAt = (desk.now() + msToMicros(setting.everyMs)) as Micros;
  const sight = desk.host.snapshot();
  // a pose that is not known is the business of the rules for silent sources
  if (poseTime(sight, desk.host.deployment.channels) < 0) return null;
  rest.way.at(sight.position);
  const persons = personRows(sight, desk.host.deployment);
  if (!rest.slowed && !changed(rest.persons, persons, setting.changeM)) return null;
  rest.persons = persons;
  const fast = rest.way.against(persons, 1);
  if (fast === null) return clear(action, rest, desk);
  rest.clearSince = -1 as Micros;
  const slow = rest.way.against(persons, desk.host.deployment.self.slowRatio);
  if (slow !== null) return `even slowly: ${slow}`;
  if (!rest.slowed) desk.host.lasting("REST_OF_PATH_NEAR", action.id, fast);
  rest.slowed = true;
  return null;
}

/** Nothing of the action is left behind when it ends. */
export function endRest(action: OpenAction, desk: Desk): void {
  if (action.rest?.slowed === true) desk.host.lasting("REST_OF_PATH_NEAR", action.id, null);
}

function clear(action: OpenAction, rest: RestWatch, desk: Desk): null {
  if (!rest.slowed) return null;
  if (rest.clearSince < 0) rest.clearSince = desk.now();
  if (desk.now() - rest.clearSince < msToMicros(CLEAR_FOR_MS)) return null;
  desk.host.lasting("REST_OF_PATH_NEAR", action.id, null);
  rest.slowed = false;
  return null;
}

function changed(before: readonly number[], now: readonly number[], boundM: number): boolean {
  if (before.length !== now.length) return true;
  for (let i = 0; i < now.length; i++) if (!(Math.abs(now[i]! - before[i]!) <= boundM)) return true;
  return false;
}
