import type { ArmSpheres, CellDescription } from "../src/core/physics/index.ts";

/** Distance between the arm's spheres and a person, negative when they overlap. Results of the last call stay here. */
export interface Clearance {
  /** distance of the nearest pair */
  readonly nearestM: number;
  /** sphere of the nearest pair, and whether it meets the hand */
  readonly sphere: number;
  readonly atHand: boolean;
  /** smallest distance of a sphere of the tool */
  readonly toolM: number;
}
export interface ClearanceMeter extends Clearance {
  measure(spheres: ArmSpheres, person: ArrayLike<number>): void;
}

export function createClearanceMeter(cell: CellDescription): ClearanceMeter {
  const { body, hand } = cell.person;
  const top = cell.floorZM + body.heightM;
  const found = { nearestM: Number.MAX_VALUE, sphere: 0, atHand: false, toolM: Number.MAX_VALUE };
  const take = (distance: number, sphere: number, atHand: boolean, ofTool: boolean): void => {
    if (ofTool && distance < found.toolM) found.toolM = distance;
    if (distance >= found.nearestM) return;
    found.nearestM = distance;
    found.sphere = sphere;
    found.atHand = atHand;
  };
  return Object.assign(found, {
    measure(spheres: ArmSpheres, person: ArrayLike<number>): void {
      const bx = person[0]!,
        by = person[1]!,
        hx = person[2]!,
        hy = person[3]!,
        hz = person[4]!;
      found.nearestM = Number.MAX_VALUE;
      found.toolM = Number.MAX_VALUE;
      for (let s = 0; s < spheres.count; s++) {
        const x = spheres.at[3 * s]!,
          y = spheres.at[3 * s + 1]!,
          z = spheres.at[3 * s + 2]!;
        const r = spheres.radius[s]!;
        const ofTool = s >= spheres.firstOfTool;
        const lateral = Math.sqrt((x - bx) * (x - bx) + (y - by) * (y - by)) - body.radiusM;
        const above = z - top;
        const toBody =
          above <= 0 ? lateral : lateral <= 0 ? above : Math.sqrt(lateral * lateral + above * above);
        take(toBody - r, s, false, ofTool);
        const dx = x - hx,
          dy = y - hy,
          dz = z - hz;
        take(Math.sqrt(dx * dx + dy * dy + dz * dz) - r - hand.radiusM, s, true, ofTool);
      }
    },
  });
}
