import type { ArmMotion, Mass } from "./arm-motion.ts";
import { ARM_JOINTS } from "./engine.ts";

const N = ARM_JOINTS;

/**
 * Inertia of the whole arm as its joints feel it, M(q), and what accelerations joint torques give:
 * M · acceleration = torque, by Cholesky factors that are kept until the arm has moved on.
 */
export class JointInertia {
  /** lower triangle of M, then of its factor, row by row */
  readonly #matrix = new Float64Array(N * N);
  /** how each joint moves a mass's centre, and turns the mass about its own axes */
  readonly #shift = new Float64Array(3 * N);
  readonly #turn = new Float64Array(3 * N);
  readonly #centre = new Float64Array(3);

  /** takes the arm as it stands, with `payloadKg` in its gripper */
  take(motion: ArmMotion, payloadKg: number): void {
    this.#matrix.fill(0);
    for (let m = 0; m < motion.masses.length; m++) this.#add(motion, motion.masses[m]!, 1);
    if (payloadKg > 0) this.#add(motion, motion.load, payloadKg);
    this.#factor();
  }

  /** torques in, accelerations out, in place */
  solve(row: Float64Array): void {
    const l = this.#matrix;
    for (let i = 0; i < N; i++) {
      let sum = row[i]!;
      for (let k = 0; k < i; k++) sum -= l[N * i + k]! * row[k]!;
      row[i] = sum / l[N * i + i]!;
    }
    for (let i = N - 1; i >= 0; i--) {
      let sum = row[i]!;
      for (let k = i + 1; k < N; k++) sum -= l[N * k + i]! * row[k]!;
      row[i] = sum / l[N * i + i]!;
    }
  }

  #add(motion: ArmMotion, { link, massKg, centre, inertia }: Mass, scale: number): void {
    this.#levers(motion, link, centre);
    const shift = this.#shift,
      turn = this.#turn,
      matrix = this.#matrix;
    const mass = massKg * scale;
    const ix = inertia[0]! * scale,
      iy = inertia[1]! * scale,
      iz = inertia[2]! * scale;
    for (let i = 0; i <= link; i++) {
      const a = 3 * i;
      const mx = mass * shift[a]!,
        my = mass * shift[a + 1]!,
        mz = mass * shift[a + 2]!;
      const tx = ix * turn[a]!,
        ty = iy * turn[a + 1]!,
        tz = iz * turn[a + 2]!;
      for (let j = 0; j <= i; j++) {
        const b = 3 * j;
        const moved = mx * shift[b]! + my * shift[b + 1]! + mz * shift[b + 2]!;
        const turned = tx * turn[b]! + ty * turn[b + 1]! + tz * turn[b + 2]!;
        matrix[N * i + j] = matrix[N * i + j]! + moved + turned;
      }
    }
  }

  #levers({ origin, rotation, axis }: ArmMotion, link: number, centre: readonly number[]): void {
    const at = this.#centre;
    const r = 9 * link;
    for (let j = 0; j < 3; j++) {
      const k = r + 3 * j;
      at[j] =
        origin[3 * link + j]! +
        rotation[k]! * centre[0]! +
        rotation[k + 1]! * centre[1]! +
        rotation[k + 2]! * centre[2]!;
    }
    for (let i = 0; i <= link; i++) {
      const k = 3 * i;
      const ax = axis[k]!,
        ay = axis[k + 1]!,
        az = axis[k + 2]!;
      const x = at[0]! - origin[k]!,
        y = at[1]! - origin[k + 1]!,
        z = at[2]! - origin[k + 2]!;
      this.#shift[k] = ay * z - az * y;
      this.#shift[k + 1] = az * x - ax * z;
      this.#shift[k + 2] = ax * y - ay * x;
      for (let j = 0; j < 3; j++)
        this.#turn[k + j] = rotation[r + j]! * ax + rotation[r + 3 + j]! * ay + rotation[r + 6 + j]! * az;
    }
  }

  #factor(): void {
    const l = this.#matrix;
    for (let i = 0; i < N; i++)
      for (let j = 0; j <= i; j++) {
        let sum = l[N * i + j]!;
        for (let k = 0; k < j; k++) sum -= l[N * i + k]! * l[N * j + k]!;
        l[N * i + j] = i === j ? Math.sqrt(sum) : sum / l[N * j + j]!;
      }
  }
}
