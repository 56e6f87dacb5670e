import type { CellDescription, Rehearsal } from "../../../sim/index.ts";
import type { TrialProblem } from "../../core/gate/index.ts";

/** Somebody who was reached: where they stand, or from where and to where the part of the arm went. */
export type Hit =
  | { readonly kind: "place"; readonly xM: number; readonly yM: number }
  | {
      readonly kind: "unknown";
      readonly from: readonly number[];
      readonly to: readonly number[];
      readonly distanceM: number;
      readonly radiusM: number;
    };

/** Below this a part of the arm counts as not moved. */
const MOVED_M = 0.005;
/** The plan's own place is computed anew for it: not in every step. */
const DEVIATION_EVERY_STEPS = 8;
/** A servo that gives way a little is no fault, however well the deployment says its arm is known. */
const DEVIATION_MIN_M = 0.02;

/**
 * Looks at a rehearsal after each step: people, forbidden boxes, and whether the arm keeps to its plan. Nobody needs
 * to stand in the way to be looked for: an arm moves the same until it touches, so one run covers everybody sensed
 * and, for those whose direction is unknown, every direction.
 */
export class Watch {
  nearestM = Number.MAX_SAFE_INTEGER;
  deviationM = 0;
  broke: string | null = null;
  hit: Hit | null = null;
  readonly #cell: CellDescription;
  readonly #problem: TrialProblem;
  readonly #rehearsal: Rehearsal;
  readonly #start: Float64Array;
  readonly #deviationMaxM: number;

  constructor(cell: CellDescription, problem: TrialProblem, rehearsal: Rehearsal) {
    this.#cell = cell;
    this.#problem = problem;
    this.#rehearsal = rehearsal;
    this.#start = rehearsal.spheres.at.slice();
    this.#deviationMaxM = Math.max(DEVIATION_MIN_M, problem.uncertaintyM);
  }

  look(step: number): void {
    const { spheres, tool } = this.#rehearsal;
    for (let s = 0; s < spheres.count; s++) this.#meet(s, spheres.at, spheres.radius[s]!);
    for (let s = 0; s < spheres.count; s++) this.#enter(spheres.at, 3 * s);
    this.#enter(tool, 0);
    this.#enterZone(tool);
    if (step % DEVIATION_EVERY_STEPS === 0) this.#follow();
  }

  #meet(s: number, at: Float64Array, radiusM: number): void {
    const { persons } = this.#problem;
    for (let p = 0; p < persons.length; p += 3) {
      const known = persons[p] === 1;
      const clearM = known
        ? this.#clearOfPlace(at, 3 * s, persons[p + 1]!, persons[p + 2]!) - radiusM
        : this.#clearOfUnknown(at, 3 * s, persons[p + 1]!, radiusM);
      if (!(clearM >= this.nearestM)) this.nearestM = clearM;
      if (clearM > 0 || this.broke !== null) continue;
      if (known) this.#reach({ kind: "place", xM: persons[p + 1]!, yM: persons[p + 2]! });
      else {
        const [from, to] = [this.#start, at].map((row) => Array.from(row.subarray(3 * s, 3 * s + 3)));
        this.#reach({ kind: "unknown", from: from!, to: to!, distanceM: persons[p + 1]!, radiusM });
      }
    }
  }

  #clearOfPlace(at: Float64Array, k: number, x: number, y: number): number {
    const dx = at[k]! - x,
      dy = at[k + 1]! - y;
    return Math.sqrt(dx * dx + dy * dy) - this.#cell.person.body.radiusM;
  }

  /** all motion counts as towards somebody whose direction is unknown, as in the trials */
  #clearOfUnknown(at: Float64Array, k: number, distanceM: number, radiusM: number): number {
    const dx = at[k]! - this.#start[k]!,
      dy = at[k + 1]! - this.#start[k + 1]!,
      dz = at[k + 2]! - this.#start[k + 2]!;
    const moved = Math.sqrt(dx * dx + dy * dy + dz * dz);
    return distanceM - moved - (moved > MOVED_M ? radiusM : 0);
  }

  #reach(hit: Hit): void {
    this.hit = hit;
    this.broke =
      hit.kind === "place"
        ? `reaches the person at (${show(hit.xM)}, ${show(hit.yM)}) m`
        : `reaches the person ${show(hit.distanceM)} m away, direction unknown`;
  }

  #enter(at: Float64Array, k: number): void {
    const { forbidden: boxes } = this.#problem;
    for (let b = 0; b < boxes.length; b += 6) {
      const isIn =
        at[k]! >= boxes[b]! &&
        at[k + 1]! >= boxes[b + 1]! &&
        at[k + 2]! >= boxes[b + 2]! &&
        at[k]! <= boxes[b + 3]! &&
        at[k + 1]! <= boxes[b + 4]! &&
        at[k + 2]! <= boxes[b + 5]!;
      if (isIn)
        this.broke ??= `enters the forbidden box at (${boxes
          .slice(b, b + 3)
          .map(show)
          .join(", ")}) m`;
    }
  }

  /** boxes that the modelled cell itself forbids to the tool */
  #enterZone(tool: Float64Array): void {
    for (const { name, minM, maxM } of this.#cell.zones)
      if (minM.every((low, i) => tool[i]! > low && tool[i]! < maxM[i]!)) this.broke ??= `enters zone ${name}`;
  }

  #follow(): void {
    const deviation = this.#rehearsal.deviationM();
    if (!(deviation <= this.deviationM)) this.deviationM = deviation;
    if (deviation > this.#deviationMaxM)
      this.broke ??= `the arm's torques do not keep it to the plan: ${show(deviation)} m off`;
  }
}
const show = (metres: number): string => metres.toFixed(2);

/** Where somebody must stand to be the one who was reached. */
export function standIn({ person }: CellDescription, hit: Hit): readonly [number, number] | null {
  if (hit.kind === "place") return [hit.xM, hit.yM];
  const [dx, dy] = [hit.to[0]! - hit.from[0]!, hit.to[1]! - hit.from[1]!];
  const level = Math.sqrt(dx * dx + dy * dy);
  if (level < MOVED_M) return null;
  const far = hit.distanceM + person.body.radiusM;
  return [hit.from[0]! + (dx / level) * far, hit.from[1]! + (dy / level) * far];
}
