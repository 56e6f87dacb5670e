import { clearanceM, FAR_M } from "../../robot/index.ts";
import { type MovingBody, movingBody } from "./arm-chain.ts";

/** Nearer to a box than this, the distance is followed until it is known this well. */
const NEAR_M = 0.15;
const KNOWN_M = 0.002;
/** Farther away than this, only how far the arm has moved since is counted. */
const SKIP_M = 0.5;

interface BoxSetting {
  readonly linkRadiiM: readonly number[];
  readonly forbidden: readonly number[];
}
type Pose = (piece: number, at: number, into: MovingBody) => boolean;

/** How near the links' surfaces come to the forbidden boxes while the arm moves, as a bound from below. */
export class BoxesAround {
  /** at the pose at hand; a lower bound while everything is far away */
  clear = FAR_M;
  readonly #radii: Float64Array;
  readonly #boxes: Float64Array;
  readonly #pose: Pose;
  readonly #side: MovingBody;

  /** `pose` puts the arm where it is at a time of a piece; false: no more work is allowed */
  constructor({ linkRadiiM, forbidden }: BoxSetting, joints: number, pose: Pose) {
    this.#radii = Float64Array.from(linkRadiiM);
    this.#boxes = Float64Array.from(forbidden);
    this.#pose = pose;
    this.#side = movingBody(joints);
  }

  begin(body: Float64Array): number {
    this.clear = clearanceM(this.#boxes, body, this.#radii);
    return this.clear;
  }

  /** The arm has gone to `body` meanwhile, no part of it faster than `speed`: smallest distance on the way. */
  move(body: Float64Array, piece: number, from: number, to: number, speed: number): number {
    if (this.#boxes.length === 0) return FAR_M;
    const before = this.clear;
    const moved = before - speed * (to - from);
    this.clear = moved > SKIP_M ? moved : clearanceM(this.#boxes, body, this.#radii);
    return this.#least({ piece, speed }, from, to, before, this.clear);
  }

  /** Halves a stretch until the distance is far or known. */
  #least(
    way: { readonly piece: number; readonly speed: number },
    from: number,
    to: number,
    clearFrom: number,
    clearTo: number,
  ): number {
    const nearer = Math.min(clearFrom, clearTo);
    const least = Math.min(nearer, (clearFrom + clearTo - way.speed * (to - from)) / 2);
    if (nearer <= 0 || least >= NEAR_M || nearer - least <= KNOWN_M) return least;
    const middle = (from + to) / 2;
    if (!this.#pose(way.piece, middle, this.#side)) return least;
    const clear = clearanceM(this.#boxes, this.#side.body, this.#radii);
    return Math.min(
      this.#least(way, from, middle, clearFrom, clear),
      this.#least(way, middle, to, clear, clearTo),
    );
  }
}
