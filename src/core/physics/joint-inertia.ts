import type { ArmMotion } from "./arm-motion.ts";
import type { Mass } from "./arm-parts.ts";

/**
 * Inertia of the whole arm as its joints feel it, M(q), and what accelerations joint torques give:
 * M · acceleration = torque, by Cholesky factors that are kept until the arm has moved on.
 */
export class JointInertia {
  /** lower triangle of M, then of its factor, row by row */
  readonly #matrix: Float64Array;
  /** how each joint moves a mass's centre, and turns the mass about its own axes */
  readonly #shift: Float64Array;
  readonly #turn: Float64Array;
  readonly #centre = new Float64Array(3);
  readonly #joints: number;

  constructor(joints: number) {
    this.#joints = joints;
    this.#matrix = new Float64Array(joints * joints);
    this.#shift = new Float64Array(3 * joints);
    this.#turn = new Float64Array(3 * joints);
  }

  /** takes the arm as it stands, with `payloadKg` in its gripper */
  take(motion: ArmMotion, payloadKg: number): void {
    this.#matrix.fill(0);
    for (let m = 0; m < motion.masses.length; m++) this.#add(motion, motion.masses[m]!, 1);
    if (payloadKg > 0) this.#add(motion, motion.load, payloadKg);
    const { rotors } = motion;
    const n = this.#joints;
    if (rotors !== null) for (let i = 0; i < n; i++) this.#matrix[n * i + i]! += rotors[i]!;
    this.#factor();
  }

  /** torques in, accelerations out, in place */
  solve(row: Float64Array): void {
    const l = this.#matrix,
      N = this.#joints;
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

  #add(motion: ArmMotion, { link, massKg, centre, inertia, products }: Mass, scale: number): void {
    this.#levers(motion, link, centre);
    const shift = this.#shift,
      turn = this.#turn,
      matrix = this.#matrix,
      N = this.#joints;
    const mass = massKg * scale;
    const ix = inertia[0]! * scale,
      iy = inertia[1]! * scale,
      iz = inertia[2]! * scale;
    for (let i = 0; i <= link; i++) {
      const a = 3 * i;
      const mx = mass * shift[a]!,
        my = mass * shift[a + 1]!,
        mz = mass * shift[a + 2]!;
      let tx = ix * turn[a]!,
        ty = iy * turn[a + 1]!,
        tz = iz * turn[a + 2]!;
      if (products !== null) {
        const [xy, xz, yz] = products;
        tx += scale * (xy! * turn[a + 1]! + xz! * turn[a + 2]!);
        ty += scale * (xy! * turn[a]! + yz! * turn[a + 2]!);
        tz += scale * (xz! * turn[a]! + yz! * turn[a + 1]!);
      }
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
    const l = this.#matrix,
      N = this.#joints;
    for (let i = 0; i < N; i++)
      for (let j = 0; j <= i; j++) {
        let sum = l[N * i + j]!;
        for (let k = 0; k < j; k++) sum -= l[N * i + k]! * l[N * j + k]!;
        l[N * i + j] = i === j ? Math.sqrt(sum) : sum / l[N * j + j]!;
      }
  }
}
