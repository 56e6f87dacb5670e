import type { Sample } from "../domain/index.ts";
import type { Kinematics } from "../robot/index.ts";
import type { Motion } from "./rule.ts";

/** The motion measured last. The tool's speed is worked out only when somebody asks for it. */
export class MotionTracker implements Motion {
  at = -1;
  fastestRadPerS = 0;
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly effort: Float64Array;
  readonly #kinematics: Kinematics;
  #toolMPerS = 0;
  #toolKnown = false;

  constructor(kinematics: Kinematics, joints: number) {
    this.#kinematics = kinematics;
    this.position = new Float64Array(joints);
    this.velocity = new Float64Array(joints);
    this.effort = new Float64Array(joints);
  }

  /** Takes one trusted joint sample: n positions, n velocities, n efforts. */
  update(sample: Sample): void {
    const n = this.position.length;
    const values = sample.values;
    let fastest = 0;
    for (let i = 0; i < n; i++) {
      this.position[i] = values[i]!;
      const speed = values[n + i]!;
      this.velocity[i] = speed;
      this.effort[i] = values[2 * n + i]!;
      fastest = Math.max(fastest, Math.abs(speed));
    }
    this.fastestRadPerS = fastest;
    this.at = sample.t;
    this.#toolKnown = false;
  }

  get toolMPerS(): number {
    if (!this.#toolKnown) {
      this.#toolMPerS = this.at < 0 ? 0 : this.#kinematics.toolSpeed(this.position, this.velocity);
      this.#toolKnown = true;
    }
    return this.#toolMPerS;
  }
}
