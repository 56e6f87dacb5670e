import { cos, sin } from "../base/math.ts";
import type { ChannelInfo } from "./rule.ts";

/** Directions of a scanner's rays, worked out once. */
export class RayDirections {
  readonly #start: number;
  readonly #step: number;
  #x = new Float64Array(0);
  #y = new Float64Array(0);

  constructor({ config }: ChannelInfo, yawRad = 0) {
    this.#start = (config.angleMinRad ?? 0) + yawRad;
    this.#step = config.angleStepRad ?? 0;
  }
  reach(count: number): void {
    if (this.#x.length >= count) return;
    this.#x = Float64Array.from({ length: count }, (_, i) => cos(this.#start + i * this.#step));
    this.#y = Float64Array.from({ length: count }, (_, i) => sin(this.#start + i * this.#step));
  }
  x(i: number): number {
    return this.#x[i]!;
  }
  y(i: number): number {
    return this.#y[i]!;
  }
}
