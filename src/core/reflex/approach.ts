import { cos, hypot, sin } from "../base/math.ts";
import type { RulesConfig } from "../domain/index.ts";
import { raysOf } from "./distance-reading.ts";
import { RayDirections } from "./ray-directions.ts";
import type { ChannelInfo } from "./rule.ts";
import { type Corners, isInside } from "./seen-point.ts";
import { cornersInCell, mountOf } from "./zone-shape.ts";

type Setting = RulesConfig["zones"][string];

/** How far any part of the outline moves between two looks. */
const STEP_M = 0.02;
/** Farther than this is not looked ahead: a faster command is slowed first. */
const REACH_M = 20;

/**
 * How much of an asked velocity may go out, so that what a scanner sees is met no sooner than the stated time: the
 * robot's outline is driven along the asked arc, and the share is the time until it meets something, over the time
 * that must be left.
 */
export class Approach {
  readonly channel: number;
  readonly #own: Setting;
  readonly #outline: Corners;
  readonly #reachM: number;
  readonly #rays: RayDirections;
  readonly #mount: ReturnType<typeof mountOf>;
  readonly #first: number;
  readonly #last: number;
  #ranges = new Float64Array(0);
  #count = -1;
  /** points that the arc can meet, x and y by turns */
  #near = new Float64Array(0);
  #nearCount = 0;

  constructor(own: Setting, channel: ChannelInfo) {
    this.#own = own;
    this.channel = channel.index;
    this.#outline = cornersInCell(own, channel)!;
    this.#reachM = this.#outline.reduce((most, [x, y]) => Math.max(most, hypot(x, y)), 0);
    this.#mount = mountOf(channel);
    this.#rays = new RayDirections(channel, this.#mount.yawRad);
    ({ first: this.#first, last: this.#last } = raysOf(channel, own));
  }
  /** null: the scan could not be believed, and until the next one nothing may move */
  see(ranges: Float64Array | null): void {
    if (ranges === null) {
      this.#count = -1;
      return;
    }
    if (this.#ranges.length < ranges.length) {
      this.#ranges = new Float64Array(ranges.length);
      this.#near = new Float64Array(2 * ranges.length);
    }
    this.#ranges.set(ranges);
    this.#count = ranges.length;
    this.#rays.reach(ranges.length);
  }
  /** between 0 and 1 */
  share(vx: number, vy: number, turn: number): number {
    if (this.#count < 0) return 0;
    const horizonS = this.#own.beforeMs! / 1_000;
    const speed = hypot(vx, vy) + Math.abs(turn) * this.#reachM;
    if (speed === 0) return 1;
    const most = Math.min(1, REACH_M / (speed * horizonS));
    if (!this.#gather(hypot(vx, vy) * most * horizonS)) return 0;
    if (this.#nearCount < this.#own.minRays) return most;
    const steps = Math.ceil((speed * most * horizonS) / STEP_M);
    for (let k = 0; k <= steps; k++)
      if (this.#meets(vx * most, vy * most, turn * most, (k / steps) * horizonS))
        return most * (Math.max(0, k - 1) / steps);
    return most;
  }
  /** false: fewer rays than must agree, so nothing is known */
  #gather(travelM: number): boolean {
    const end = Math.min(this.#last, this.#count - 1);
    if (end - this.#first + 1 < this.#own.minRays) return false;
    const within = this.#reachM + travelM;
    const { xM, yM } = this.#mount;
    let n = 0;
    for (let i = this.#first; i <= end; i++) {
      const range = this.#ranges[i]!;
      const x = xM + range * this.#rays.x(i);
      const y = yM + range * this.#rays.y(i);
      if (x * x + y * y > within * within) continue;
      this.#near[2 * n] = x;
      this.#near[2 * n + 1] = y;
      n++;
    }
    this.#nearCount = n;
    return true;
  }
  /** the outline at a time on the arc, held against every point that it can reach */
  #meets(vx: number, vy: number, turn: number, t: number): boolean {
    const angle = turn * t;
    const [c, s] = [cos(angle), sin(angle)];
    const straight = Math.abs(angle) < 1e-6;
    const x = straight ? vx * t : (vx * s - vy * (1 - c)) / turn;
    const y = straight ? vy * t : (vx * (1 - c) + vy * s) / turn;
    let inside = 0;
    for (let i = 0; i < this.#nearCount; i++) {
      const dx = this.#near[2 * i]! - x;
      const dy = this.#near[2 * i + 1]! - y;
      if (!isInside(this.#outline, c * dx + s * dy, c * dy - s * dx)) continue;
      if (++inside >= this.#own.minRays) return true;
    }
    return false;
  }
}
