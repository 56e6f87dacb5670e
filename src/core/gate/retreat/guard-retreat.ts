import { RETREAT_TRACKING_M } from "../../domain/index.ts";
import { show } from "../check-motion.ts";
import type { Sight } from "../sight.ts";
import { createArmParts, floorDistance, placesWithin, separationOf } from "./arm-parts.ts";
import { lookAround } from "./around.ts";
import { badSight, placeRadiusM, protectiveM, type RetreatSetting } from "./prove-retreat.ts";

/** Looks at the measured arm and the sensed people with every reading, for as long as the arm backs away. */
export interface RetreatGuard {
  /** what is wrong, in words, or null */
  check(sight: Sight): string | null;
}
/** A measured speed is a little above the asked one at times. */
const SPEED_ROOM = 1.1;

/**
 * Two promises. Against the people as they stood when the leave was given, no measured part of the arm may
 * ever come back nearer than it has been: the arm keeps to its proof. Against the people as they are seen
 * now, the separation may not shrink either: whoever walks up to the arm stops it.
 */
export function createRetreatGuard(begin: Sight, setting: RetreatSetting): RetreatGuard {
  const { deployment, kinematics } = setting;
  const retreat = deployment.gate.retreat!;
  const radiusM = placeRadiusM(deployment);
  const clearM = protectiveM(deployment, retreat);
  const parts = createArmParts(kinematics);
  // what the arm cannot come near to within one retreat needs no looking at
  const reachM = clearM + (retreat.maxToolMPerS * SPEED_ROOM * retreat.maxMs) / 1_000;
  const places = placesWithin(parts.at(begin.position), lookAround(begin, deployment).places, reachM);
  const best = new Float64Array(parts.count * (places.length / 2));
  let bestSeen = 0;

  const leftItsWay = (rows: Float64Array): string | null => {
    let at = 0;
    for (let part = 0; part < parts.count; part++)
      for (let place = 0; 2 * place < places.length; place++, at++) {
        const distance = floorDistance(rows, part, places, place);
        if (!(distance >= Math.min(best[at]!, clearM) - RETREAT_TRACKING_M))
          return `the arm came back to ${show(distance)} m, had been at ${show(best[at]!)} m`;
        best[at] = Math.max(best[at]!, distance);
      }
    return null;
  };
  const somebodyCame = (rows: Float64Array, sight: Sight): string | null => {
    const now = lookAround(sight, deployment);
    const unseen = badSight(now, clearM);
    if (unseen !== null) return unseen.detail;
    const separation = separationOf(rows, now.places);
    if (!(separation >= Math.min(bestSeen, clearM) - radiusM))
      return `somebody came to ${show(separation)} m, had been at ${show(bestSeen)} m`;
    bestSeen = Math.max(bestSeen, separation);
    return null;
  };

  return {
    check(sight) {
      const speed = kinematics.toolSpeed(sight.position, sight.velocity);
      if (!(speed <= retreat.maxToolMPerS * SPEED_ROOM)) return `the tool moves at ${show(speed)} m/s`;
      const rows = parts.at(sight.position);
      return leftItsWay(rows) ?? somebodyCame(rows, sight);
    },
  };
}
