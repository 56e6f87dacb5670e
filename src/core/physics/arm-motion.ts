import { cos, sin } from "../base/math.ts";
import { type ArmRow, type Mass, massesOf, rotorsOf, rowsOf } from "./arm-parts.ts";
import { type ArmSpheres, armSpheresOf } from "./arm-spheres.ts";
import { type BaseDescription, type CellDescription, flangeOf, type Triple } from "./cell.ts";

export const GRAVITY_M_PER_S2 = 9.81;
const UPRIGHT: BaseDescription = { originM: [0, 0, 0], rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1] };

/**
 * Rigid-body motion of the arm in world coordinates: poses, velocities and accelerations of all links from
 * joint motion, the torques that such a motion needs, and the wrench at the wrist. Allocates nothing after
 * its making.
 */
export class ArmMotion {
  readonly spheres: ArmSpheres;
  /** 3×3 rotation of each link, row by row */
  readonly rotation: Float64Array;
  /** x y z of each joint */
  readonly origin: Float64Array;
  readonly velocity: Float64Array;
  readonly omega: Float64Array;
  /** x y z of each joint's axis */
  readonly axis: Float64Array;
  /** what moves: the links, then the tool; and one kilogram in the gripper */
  readonly masses: readonly Mass[];
  readonly load: Mass;
  /** inertia of the motors as the joints feel it; null: none is described */
  readonly rotors: Float64Array | null;
  /** sensor origin and tool point */
  readonly sensorAt = new Float64Array(3);
  readonly toolAt = new Float64Array(3);
  readonly toolVelocity = new Float64Array(3);
  readonly #links: number;
  /** sensor and tool point in the last link */
  readonly #flange: Triple;
  readonly #reach: Triple;
  readonly #base: BaseDescription;
  readonly #rows: readonly ArmRow[];
  readonly #tool: Mass;
  readonly #rate: Float64Array;
  readonly #jointAcceleration: Float64Array;
  readonly #acceleration: Float64Array;
  readonly #alpha: Float64Array;
  readonly #frame = new Float64Array(9);
  readonly #lever = new Float64Array(3);
  readonly #pointAcceleration = new Float64Array(3);
  readonly #force = new Float64Array(3);
  readonly #moment = new Float64Array(3);
  readonly #total = new Float64Array(6);

  constructor(cell: CellDescription) {
    const n = cell.arm.links.length;
    this.#links = n;
    this.#base = cell.arm.base ?? UPRIGHT;
    this.#flange = flangeOf(cell);
    const [fx, fy, fz] = this.#flange;
    this.#reach = [fx, fy, fz + cell.tool.lengthM];
    this.#rows = rowsOf(cell);
    this.masses = massesOf(cell);
    this.#tool = this.masses[n]!;
    this.load = { link: n - 1, massKg: 1, centre: this.#reach, inertia: [0, 0, 0], products: null };
    this.rotors = rotorsOf(cell);
    this.spheres = armSpheresOf(cell);
    this.rotation = new Float64Array(9 * n);
    this.origin = new Float64Array(3 * n);
    this.velocity = new Float64Array(3 * n);
    this.omega = new Float64Array(3 * n);
    this.#acceleration = new Float64Array(3 * n);
    this.#alpha = new Float64Array(3 * n);
    this.#rate = new Float64Array(n);
    this.#jointAcceleration = new Float64Array(n);
    this.axis = new Float64Array(3 * n);
    this.origin.set(this.#base.originM);
  }

  update(q: ArrayLike<number>, qd: ArrayLike<number>, qdd: ArrayLike<number>): void {
    this.move(q, qd);
    this.accelerate(qdd);
  }

  /** poses and velocities; accelerations are those of before until `accelerate` */
  move(q: ArrayLike<number>, qd: ArrayLike<number>): void {
    for (let k = 0; k < 9; k++) this.#frame[k] = this.#base.rotation[k]!;
    for (let i = 0; i < this.#links; i++) {
      if (i > 0) this.#place(i);
      this.#turn(i, q[i]!);
      this.#spin(i, qd[i]!);
    }
    this.#placeSpheres();
    this.#placeTool();
  }

  /** accelerations of all links where the arm is now */
  accelerate(qdd: ArrayLike<number>): void {
    for (let i = 0; i < this.#links; i++) {
      if (i > 0) this.#carry(i);
      this.#turnFaster(i, qdd[i]!);
    }
    if (this.rotors !== null) for (let i = 0; i < this.#links; i++) this.#jointAcceleration[i] = qdd[i]!;
  }

  /** joint torques for the motion given last, with `payloadKg` in the gripper */
  torques(payloadKg: number, out: Float64Array): void {
    out.fill(0);
    for (let m = 0; m < this.masses.length; m++) this.#oppose(this.masses[m]!, 1, out);
    if (payloadKg !== 0) this.#oppose(this.load, payloadKg, out);
    const { rotors } = this;
    if (rotors === null) return;
    for (let i = 0; i < this.#links; i++) out[i] = out[i]! + rotors[i]! * this.#jointAcceleration[i]!;
  }

  /** out[i] += torque that a force at a point of link `link` puts on joint i */
  addPointForce(
    link: number,
    x: number,
    y: number,
    z: number,
    fx: number,
    fy: number,
    fz: number,
    out: Float64Array,
  ): void {
    const { origin } = this;
    const axis = this.axis;
    for (let i = 0; i <= link; i++) {
      const k = 3 * i;
      const rx = x - origin[k]!,
        ry = y - origin[k + 1]!,
        rz = z - origin[k + 2]!;
      out[i] =
        out[i]! +
        axis[k]! * (ry * fz - rz * fy) +
        axis[k + 1]! * (rz * fx - rx * fz) +
        axis[k + 2]! * (rx * fy - ry * fx);
    }
  }

  /** what the tool side exerts on the sensor, in the sensor's frame: weight, inertia, outer force and moment */
  wrench(payloadKg: number, outer: Float64Array, out: Float64Array): void {
    const total = this.#total;
    for (let i = 0; i < 6; i++) total[i] = outer[i]!;
    this.#gather(this.#tool, 1);
    if (payloadKg > 0) this.#gather(this.load, payloadKg);
    const { rotation } = this;
    const at = 9 * (this.#links - 1);
    for (let j = 0; j < 3; j++) {
      const x = rotation[at + j]!,
        y = rotation[at + 3 + j]!,
        z = rotation[at + 6 + j]!;
      out[j] = x * total[0]! + y * total[1]! + z * total[2]!;
      out[3 + j] = x * total[3]! + y * total[4]! + z * total[5]!;
    }
  }

  /** out[0…2] = m (g − a) of a load at the tool point, per kilogram */
  loadPerKg(out: Float64Array): void {
    this.#inertial(this.load);
    for (let j = 0; j < 3; j++) out[j] = this.#force[j]!;
  }

  /** world vector of (x y z) given in link i */
  #toWorld(i: number, x: number, y: number, z: number, out: Float64Array): void {
    const { rotation } = this;
    const at = 9 * i;
    out[0] = rotation[at]! * x + rotation[at + 1]! * y + rotation[at + 2]! * z;
    out[1] = rotation[at + 3]! * x + rotation[at + 4]! * y + rotation[at + 5]! * z;
    out[2] = rotation[at + 6]! * x + rotation[at + 7]! * y + rotation[at + 8]! * z;
  }

  /** acceleration of the point at `r` from joint i */
  #accelerate(i: number, r: Float64Array, out: Float64Array): void {
    const k = 3 * i;
    const { omega } = this;
    const acceleration = this.#acceleration,
      alpha = this.#alpha;
    const x = r[0]!,
      y = r[1]!,
      z = r[2]!;
    const wx = omega[k]!,
      wy = omega[k + 1]!,
      wz = omega[k + 2]!;
    const vx = wy * z - wz * y,
      vy = wz * x - wx * z,
      vz = wx * y - wy * x;
    out[0] = acceleration[k]! + alpha[k + 1]! * z - alpha[k + 2]! * y + wy * vz - wz * vy;
    out[1] = acceleration[k + 1]! + alpha[k + 2]! * x - alpha[k]! * z + wz * vx - wx * vz;
    out[2] = acceleration[k + 2]! + alpha[k]! * y - alpha[k + 1]! * x + wx * vy - wy * vx;
  }

  /** rotation of link i = frame · Rz(q); then frame ← that · Rx(alpha) for the next joint */
  #turn(i: number, q: number): void {
    const c = cos(q),
      s = sin(q),
      at = 9 * i;
    const { ca, sa } = this.#rows[i]!;
    const frame = this.#frame,
      { rotation } = this;
    for (let row = 0; row < 9; row += 3) {
      const x = frame[row]!,
        y = frame[row + 1]!,
        z = frame[row + 2]!;
      const rx = x * c + y * s,
        ry = y * c - x * s;
      rotation[at + row] = rx;
      rotation[at + row + 1] = ry;
      rotation[at + row + 2] = z;
      frame[row] = rx;
      frame[row + 1] = ry * ca + z * sa;
      frame[row + 2] = z * ca - ry * sa;
    }
  }

  #place(i: number): void {
    const k = 3 * i,
      b = k - 3;
    const { aM, bM, dM } = this.#rows[i - 1]!;
    const { origin, velocity, omega } = this;
    const lever = this.#lever;
    this.#toWorld(i - 1, aM, bM, dM, lever);
    const x = lever[0]!,
      y = lever[1]!,
      z = lever[2]!;
    origin[k] = origin[b]! + x;
    origin[k + 1] = origin[b + 1]! + y;
    origin[k + 2] = origin[b + 2]! + z;
    velocity[k] = velocity[b]! + omega[b + 1]! * z - omega[b + 2]! * y;
    velocity[k + 1] = velocity[b + 1]! + omega[b + 2]! * x - omega[b]! * z;
    velocity[k + 2] = velocity[b + 2]! + omega[b]! * y - omega[b + 1]! * x;
  }

  #spin(i: number, rate: number): void {
    const k = 3 * i,
      b = k - 3,
      moving = i > 0;
    const { omega, rotation, axis } = this;
    this.#rate[i] = rate;
    axis[k] = rotation[9 * i + 2]!;
    axis[k + 1] = rotation[9 * i + 5]!;
    axis[k + 2] = rotation[9 * i + 8]!;
    for (let j = 0; j < 3; j++) omega[k + j] = (moving ? omega[b + j]! : 0) + axis[k + j]! * rate;
  }

  /** acceleration of joint i by the link before it */
  #carry(i: number): void {
    const k = 3 * i;
    const { origin } = this;
    const lever = this.#lever;
    for (let j = 0; j < 3; j++) lever[j] = origin[k + j]! - origin[k - 3 + j]!;
    this.#accelerate(i - 1, lever, this.#pointAcceleration);
    for (let j = 0; j < 3; j++) this.#acceleration[k + j] = this.#pointAcceleration[j]!;
  }

  #turnFaster(i: number, rateRate: number): void {
    const k = 3 * i,
      b = k - 3,
      moving = i > 0;
    const { omega, axis } = this;
    const alpha = this.#alpha,
      rate = this.#rate[i]!;
    const px = moving ? omega[b]! : 0,
      py = moving ? omega[b + 1]! : 0,
      pz = moving ? omega[b + 2]! : 0;
    const x = axis[k]!,
      y = axis[k + 1]!,
      z = axis[k + 2]!;
    alpha[k] = (moving ? alpha[b]! : 0) + x * rateRate + (py * z - pz * y) * rate;
    alpha[k + 1] = (moving ? alpha[b + 1]! : 0) + y * rateRate + (pz * x - px * z) * rate;
    alpha[k + 2] = (moving ? alpha[b + 2]! : 0) + z * rateRate + (px * y - py * x) * rate;
  }

  #placeSpheres(): void {
    const { spheres, origin } = this;
    const lever = this.#lever;
    for (let s = 0; s < spheres.count; s++) {
      const i = spheres.link[s]!;
      this.#toWorld(i, spheres.local[3 * s]!, spheres.local[3 * s + 1]!, spheres.local[3 * s + 2]!, lever);
      for (let j = 0; j < 3; j++) spheres.at[3 * s + j] = origin[3 * i + j]! + lever[j]!;
    }
  }

  #placeTool(): void {
    const { origin, velocity, omega, axis, sensorAt, toolAt, toolVelocity } = this;
    const last = this.#links - 1,
      k = 3 * last,
      lever = this.#lever;
    const [x, y, z] = this.#reach;
    this.#toWorld(last, this.#flange[0], this.#flange[1], this.#flange[2], lever);
    for (let j = 0; j < 3; j++) sensorAt[j] = origin[k + j]! + lever[j]!;
    this.#toWorld(last, x, y, z, lever);
    for (let j = 0; j < 3; j++) toolAt[j] = origin[k + j]! + lever[j]!;
    // the part along the link's axis by itself: simulated readings are kept bit for bit
    this.#toWorld(last, x, y, 0, lever);
    const wx = omega[k]!,
      wy = omega[k + 1]!,
      wz = omega[k + 2]!;
    const ax = axis[k]!,
      ay = axis[k + 1]!,
      az = axis[k + 2]!;
    toolVelocity[0] = velocity[k]! + (wy * az - wz * ay) * z + (wy * lever[2]! - wz * lever[1]!);
    toolVelocity[1] = velocity[k + 1]! + (wz * ax - wx * az) * z + (wz * lever[0]! - wx * lever[2]!);
    toolVelocity[2] = velocity[k + 2]! + (wx * ay - wy * ax) * z + (wx * lever[1]! - wy * lever[0]!);
  }

  /** force ← m (g − a) of one mass, moment ← −d(spin)/dt about its centre, lever ← centre from its joint */
  #inertial({ link, massKg, centre, inertia, products }: Mass): void {
    const { rotation, omega } = this;
    const alpha = this.#alpha,
      moment = this.#moment,
      force = this.#force,
      a = this.#pointAcceleration;
    this.#toWorld(link, centre[0]!, centre[1]!, centre[2]!, this.#lever);
    this.#accelerate(link, this.#lever, a);
    force[0] = -massKg * a[0]!;
    force[1] = -massKg * a[1]!;
    force[2] = -massKg * (a[2]! + GRAVITY_M_PER_S2);
    const k = 3 * link,
      at = 9 * link;
    moment[0] = moment[1] = moment[2] = 0;
    const wx = omega[k]!,
      wy = omega[k + 1]!,
      wz = omega[k + 2]!;
    for (let j = 0; j < 3; j++) {
      const ux = rotation[at + j]!,
        uy = rotation[at + 3 + j]!,
        uz = rotation[at + 6 + j]!;
      const spin = inertia[j]! * (ux * wx + uy * wy + uz * wz);
      const growth = inertia[j]! * (ux * alpha[k]! + uy * alpha[k + 1]! + uz * alpha[k + 2]!);
      moment[0] = moment[0]! - ux * growth - (wy * uz - wz * uy) * spin;
      moment[1] = moment[1]! - uy * growth - (wz * ux - wx * uz) * spin;
      moment[2] = moment[2]! - uz * growth - (wx * uy - wy * ux) * spin;
    }
    if (products !== null) this.#skew(link, products);
  }

  /** what is added to the moment when the link's axes are not its principal ones */
  #skew(link: number, [xy, xz, yz]: readonly number[]): void {
    const { rotation, omega } = this;
    const alpha = this.#alpha,
      moment = this.#moment;
    const k = 3 * link,
      at = 9 * link;
    const along = (v: Float64Array, j: number): number =>
      rotation[at + j]! * v[k]! + rotation[at + 3 + j]! * v[k + 1]! + rotation[at + 6 + j]! * v[k + 2]!;
    const [wx, wy, wz] = [along(omega, 0), along(omega, 1), along(omega, 2)];
    const [gx, gy, gz] = [along(alpha, 0), along(alpha, 1), along(alpha, 2)];
    const hx = xy! * wy + xz! * wz,
      hy = xy! * wx + yz! * wz,
      hz = xz! * wx + yz! * wy;
    const mx = xy! * gy + xz! * gz + wy * hz - wz * hy,
      my = xy! * gx + yz! * gz + wz * hx - wx * hz,
      mz = xz! * gx + yz! * gy + wx * hy - wy * hx;
    this.#toWorld(link, mx, my, mz, this.#pointAcceleration);
    for (let j = 0; j < 3; j++) moment[j] = moment[j]! - this.#pointAcceleration[j]!;
  }

  /** torques that hold one mass against its weight and inertia */
  #oppose(mass: Mass, scale: number, out: Float64Array): void {
    this.#inertial(mass);
    const { origin } = this;
    const force = this.#force,
      lever = this.#lever,
      moment = this.#moment,
      axis = this.axis;
    const k = 3 * mass.link;
    const x = origin[k]! + lever[0]!,
      y = origin[k + 1]! + lever[1]!,
      z = origin[k + 2]! + lever[2]!;
    this.addPointForce(mass.link, x, y, z, -scale * force[0]!, -scale * force[1]!, -scale * force[2]!, out);
    for (let i = 0; i <= mass.link; i++) {
      const turned =
        axis[3 * i]! * moment[0]! + axis[3 * i + 1]! * moment[1]! + axis[3 * i + 2]! * moment[2]!;
      out[i] = out[i]! - scale * turned;
    }
  }

  /** adds one mass to the wrench about the sensor */
  #gather(mass: Mass, scale: number): void {
    this.#inertial(mass);
    const total = this.#total,
      lever = this.#lever,
      moment = this.#moment;
    const k = 3 * mass.link;
    const x = lever[0]! + this.origin[k]! - this.sensorAt[0]!;
    const y = lever[1]! + this.origin[k + 1]! - this.sensorAt[1]!;
    const z = lever[2]! + this.origin[k + 2]! - this.sensorAt[2]!;
    const fx = this.#force[0]! * scale,
      fy = this.#force[1]! * scale,
      fz = this.#force[2]! * scale;
    total[0] = total[0]! + fx;
    total[1] = total[1]! + fy;
    total[2] = total[2]! + fz;
    total[3] = total[3]! + scale * moment[0]! + y * fz - z * fy;
    total[4] = total[4]! + scale * moment[1]! + z * fx - x * fz;
    total[5] = total[5]! + scale * moment[2]! + x * fy - y * fx;
  }
}
