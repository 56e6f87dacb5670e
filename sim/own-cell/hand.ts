import type { Deployment } from "../../src/core/domain/index.ts";
import type { CellFault, CellFaultKind } from "./faults.ts";
import type { Ailment } from "./readings.ts";
import type { Point } from "./spots.ts";

const WALK_M_PER_S = 1.4;

/** Acts on a simulated cell as people do on a real one: walks, presses, pulls cables, pushes the tool. */
export class Hand {
  /** force on the tool, newton */
  pushN = 0;
  /** where the person is, and where they are going */
  person: Point;
  #goal: Point;
  readonly #deployment: Deployment;
  readonly #planned: readonly CellFault[];
  readonly #now = new Map<string, CellFaultKind>();

  constructor(deployment: Deployment, outside: Point, planned: readonly CellFault[]) {
    this.#deployment = deployment;
    this.#planned = planned;
    this.person = outside;
    this.#goal = outside;
  }

  /** a person goes there; `from`: another person, who comes from elsewhere */
  walk(to: Point, from?: Point): void {
    if (from !== undefined) this.person = from;
    this.#goal = to;
  }
  get arrived(): boolean {
    return this.person[0] === this.#goal[0] && this.person[1] === this.#goal[1];
  }
  /** something is wrong with this part until it is mended */
  break(part: string, kind: CellFaultKind): void {
    this.#now.set(part, kind);
  }
  mend(part: string): void {
    this.#now.delete(part);
  }

  step(dtS: number): void {
    const [dx, dy] = [this.#goal[0] - this.person[0], this.#goal[1] - this.person[1]];
    const left = Math.sqrt(dx * dx + dy * dy);
    const way = WALK_M_PER_S * dtS;
    if (left <= way) this.person = this.#goal;
    else this.person = [this.person[0] + (dx / left) * way, this.person[1] + (dy / left) * way];
  }

  /** what is wrong with a part at this time: by hand, or as it was ordered for the run */
  faultOf(part: string, nowUs: number): CellFaultKind | null {
    const byHand = this.#now.get(part);
    if (byHand !== undefined) return byHand;
    const due = this.#planned.find((f) => f.part === part && nowUs >= f.fromUs && nowUs < f.untilUs);
    return due?.kind ?? null;
  }
  /** a channel suffers with the transport that brings it */
  ofChannel(channel: string, nowUs: number): CellFaultKind | null {
    const own = this.faultOf(channel, nowUs);
    const transport = this.#deployment.channels[channel]?.transport ?? "";
    return own ?? (this.faultOf(transport, nowUs) === "lost" ? "lost" : null);
  }
}

const NOISE_FACTOR = 20;
export const ailmentOf = (kind: CellFaultKind | null): Ailment => ({
  noiseFactor: kind === "noisy" ? NOISE_FACTOR : 1,
  blind: kind === "blind",
  pressed: kind === "pressed" ? "both" : kind === "one-contact" ? "one" : "no",
});
