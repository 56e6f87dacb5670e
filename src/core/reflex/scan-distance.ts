import type { Kinematics } from "../robot/index.ts";
import { raysOf, type Sector } from "./distance-reading.ts";
import { insertSorted } from "./insert-sorted.ts";
import type { ChannelInfo, Surroundings } from "./rule.ts";
import { RayDirections } from "./ray-directions.ts";

interface Mount {
  readonly xM: number;
  readonly yM: number;
  readonly yawRad: number;
}

/**
 * Smallest distance, seen from above, between anything the scanner sees and the robot's links. Before the
 * first joint reading nobody knows where the robot is: the answer is then NaN, and the missing joints block.
 */
export function createScanDistance(
  channel: ChannelInfo,
  sector: Sector,
  mount: Mount,
  kinematics: Kinematics,
) {
  const { first, last } = raysOf(channel, sector);
  const rays = new RayDirections(channel, mount.yawRad);
  const links = new Links(kinematics);
  const nearest = new Float64Array(sector.minRays);
  return (values: Float64Array, around: Surroundings): number => {
    if (around.motion.at < 0) return Number.NaN;
    const end = Math.min(last, values.length - 1);
    if (end - first + 1 < sector.minRays) return 0;
    rays.reach(values.length);
    links.place(around.motion.position);
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let i = first; i <= end; i++) {
      const x = mount.xM + values[i]! * rays.x(i);
      const y = mount.yM + values[i]! * rays.y(i);
      const worst = nearest[sector.minRays - 1]!;
      if (links.atLeast(x, y) >= worst) continue;
      const distance = links.distance(x, y);
      if (distance < worst) insertSorted(nearest, distance);
    }
    return nearest[sector.minRays - 1]!;
  };
}

/** The arm from above: straight links between its body points, and a circle around them all. */
class Links {
  readonly #kinematics: Kinematics;
  readonly #points: Float64Array;
  #x = 0;
  #y = 0;
  #radius = 0;

  constructor(kinematics: Kinematics) {
    this.#kinematics = kinematics;
    this.#points = new Float64Array(3 * kinematics.bodyPoints);
  }

  place(position: Float64Array): void {
    this.#kinematics.body(position, this.#points);
    this.#x = this.#points[0]!;
    this.#y = this.#points[1]!;
    this.#radius = 0;
    for (let i = 3; i < this.#points.length; i += 3)
      this.#radius = Math.max(
        this.#radius,
        length(this.#points[i]! - this.#x, this.#points[i + 1]! - this.#y),
      );
  }

  /** a cheap bound: no link is nearer than the circle */
  atLeast(x: number, y: number): number {
    return length(x - this.#x, y - this.#y) - this.#radius;
  }

  distance(x: number, y: number): number {
    let least = length(x - this.#x, y - this.#y);
    for (let i = 3; i < this.#points.length; i += 3) least = Math.min(least, this.#toLink(i, x, y));
    return least;
  }

  #toLink(i: number, x: number, y: number): number {
    const ax = this.#points[i - 3]!;
    const ay = this.#points[i - 2]!;
    const dx = this.#points[i]! - ax;
    const dy = this.#points[i + 1]! - ay;
    const square = dx * dx + dy * dy;
    const along = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / square));
    return length(x - ax - along * dx, y - ay - along * dy);
  }
}

const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);
