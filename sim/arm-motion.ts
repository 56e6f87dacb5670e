import { cos, sin } from "../src/base/math.ts";
import type { CellDescription, LinkDescription } from "./cell.ts";

export const GRAVITY_M_PER_S2 = 9.81;

/** A sphere of the arm in the world. */
export interface ArmSpheres {
  readonly count: number;
  /** x y z of each */
  readonly at: Float64Array;
  readonly radius: Float64Array;
  /** which link carries it; the tool counts as part of the last one */
  readonly link: Int32Array;
  /** first sphere beyond the force/torque sensor */
  readonly firstOfTool: number;
}

/**
 * Rigid-body motion of the arm in world coordinates: poses, velocities and accelerations of all links from
 * joint motion, the torques that such a motion needs, and the wrench at the wrist. Allocates nothing.
 */
export interface ArmMotion {
  readonly spheres: ArmSpheres;
  /** 3×3 rotation of each link, row by row */
  readonly rotation: Float64Array;
  /** x y z of each joint */
  readonly origin: Float64Array;
  readonly velocity: Float64Array;
  readonly omega: Float64Array;
  /** sensor origin and tool point */
  readonly sensorAt: Float64Array;
  readonly toolAt: Float64Array;
  readonly toolVelocity: Float64Array;
  update(q: ArrayLike<number>, qd: ArrayLike<number>, qdd: ArrayLike<number>): void;
  /** joint torques for the motion given last, with `payloadKg` in the gripper */
  torques(payloadKg: number, out: Float64Array): void;
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
  ): void;
  /** what the tool side exerts on the sensor, in the sensor's frame: weight, inertia and outer force and moment */
  wrench(payloadKg: number, outer: Float64Array, out: Float64Array): void;
  /** out[0…2] = m (g − a) of a load at the tool point, per kilogram */
  loadPerKg(out: Float64Array): void;
}

interface Mass {
  readonly link: number;
  readonly massKg: number;
  readonly centre: readonly number[];
  readonly inertia: readonly number[];
}

export function createArmMotion(cell: CellDescription): ArmMotion {
  const links = cell.arm.links;
  const n = links.length;
  const flange = cell.arm.joints[n - 1]!.dh.dM;
  const masses = massesOf(links, cell);
  const dh = cell.arm.joints.map((joint) => ({
    ...joint.dh,
    ca: cos(joint.dh.alphaRad),
    sa: sin(joint.dh.alphaRad),
  }));
  const rotation = new Float64Array(9 * n);
  const origin = new Float64Array(3 * n);
  const velocity = new Float64Array(3 * n);
  const acceleration = new Float64Array(3 * n);
  const omega = new Float64Array(3 * n);
  const alpha = new Float64Array(3 * n);
  const axis = new Float64Array(3 * n);
  const frame = new Float64Array(9);
  const sensorAt = new Float64Array(3);
  const toolAt = new Float64Array(3);
  const toolVelocity = new Float64Array(3);
  const spheres = spheresOf(cell, flange);
  const local = new Float64Array(spheres.local);
  const lever = new Float64Array(3);
  const centreAcceleration = new Float64Array(3);
  const force = new Float64Array(3);
  const moment = new Float64Array(3);

  /** world vector of (x y z) given in link i */
  const toWorld = (i: number, x: number, y: number, z: number, out: Float64Array): void => {
    const at = 9 * i;
    out[0] = rotation[at]! * x + rotation[at + 1]! * y + rotation[at + 2]! * z;
    out[1] = rotation[at + 3]! * x + rotation[at + 4]! * y + rotation[at + 5]! * z;
    out[2] = rotation[at + 6]! * x + rotation[at + 7]! * y + rotation[at + 8]! * z;
  };
  /** acceleration of the point at `lever` from joint i */
  const accelerate = (i: number, r: Float64Array, out: Float64Array): void => {
    const k = 3 * i;
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
  };
  /** rotation of link i = frame · Rz(q); frame ← that · Rx(alpha) for the next joint */
  const turn = (i: number, q: number): void => {
    const c = cos(q),
      s = sin(q),
      at = 9 * i,
      { ca, sa } = dh[i]!;
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
  };
  const place = (i: number): void => {
    const k = 3 * i,
      b = k - 3;
    toWorld(i - 1, dh[i - 1]!.aM, 0, dh[i - 1]!.dM, lever);
    accelerate(i - 1, lever, force);
    const x = lever[0]!,
      y = lever[1]!,
      z = lever[2]!;
    origin[k] = origin[b]! + x;
    origin[k + 1] = origin[b + 1]! + y;
    origin[k + 2] = origin[b + 2]! + z;
    velocity[k] = velocity[b]! + omega[b + 1]! * z - omega[b + 2]! * y;
    velocity[k + 1] = velocity[b + 1]! + omega[b + 2]! * x - omega[b]! * z;
    velocity[k + 2] = velocity[b + 2]! + omega[b]! * y - omega[b + 1]! * x;
    for (let j = 0; j < 3; j++) acceleration[k + j] = force[j]!;
  };
  const spin = (i: number, rate: number, rateRate: number): void => {
    const k = 3 * i,
      b = k - 3;
    const px = i > 0 ? omega[b]! : 0,
      py = i > 0 ? omega[b + 1]! : 0,
      pz = i > 0 ? omega[b + 2]! : 0;
    const x = rotation[9 * i + 2]!,
      y = rotation[9 * i + 5]!,
      z = rotation[9 * i + 8]!;
    axis[k] = x;
    axis[k + 1] = y;
    axis[k + 2] = z;
    omega[k] = px + x * rate;
    omega[k + 1] = py + y * rate;
    omega[k + 2] = pz + z * rate;
    alpha[k] = (i > 0 ? alpha[b]! : 0) + x * rateRate + (py * z - pz * y) * rate;
    alpha[k + 1] = (i > 0 ? alpha[b + 1]! : 0) + y * rateRate + (pz * x - px * z) * rate;
    alpha[k + 2] = (i > 0 ? alpha[b + 2]! : 0) + z * rateRate + (px * y - py * x) * rate;
  };
  const placeSpheres = (): void => {
    for (let s = 0; s < spheres.count; s++) {
      const i = spheres.link[s]!;
      toWorld(i, local[3 * s]!, local[3 * s + 1]!, local[3 * s + 2]!, lever);
      for (let j = 0; j < 3; j++) spheres.at[3 * s + j] = origin[3 * i + j]! + lever[j]!;
    }
  };
  const placeTool = (): void => {
    const k = 3 * (n - 1);
    const zx = rotation[9 * n - 7]!,
      zy = rotation[9 * n - 4]!,
      zz = rotation[9 * n - 1]!;
    const reach = flange + cell.tool.lengthM;
    sensorAt[0] = origin[k]! + zx * flange;
    sensorAt[1] = origin[k + 1]! + zy * flange;
    sensorAt[2] = origin[k + 2]! + zz * flange;
    toolAt[0] = origin[k]! + zx * reach;
    toolAt[1] = origin[k + 1]! + zy * reach;
    toolAt[2] = origin[k + 2]! + zz * reach;
    toolVelocity[0] = velocity[k]! + (omega[k + 1]! * zz - omega[k + 2]! * zy) * reach;
    toolVelocity[1] = velocity[k + 1]! + (omega[k + 2]! * zx - omega[k]! * zz) * reach;
    toolVelocity[2] = velocity[k + 2]! + (omega[k]! * zy - omega[k + 1]! * zx) * reach;
  };
  /** force ← m (g − a) of one mass, moment ← −d(angular momentum)/dt about its centre, lever ← centre from its joint */
  const inertial = (mass: Mass): void => {
    const { link, inertia } = mass;
    toWorld(link, mass.centre[0]!, mass.centre[1]!, mass.centre[2]!, lever);
    accelerate(link, lever, centreAcceleration);
    force[0] = -mass.massKg * centreAcceleration[0]!;
    force[1] = -mass.massKg * centreAcceleration[1]!;
    force[2] = -mass.massKg * (centreAcceleration[2]! + GRAVITY_M_PER_S2);
    const k = 3 * link,
      at = 9 * link;
    moment.fill(0);
    const wx = omega[k]!,
      wy = omega[k + 1]!,
      wz = omega[k + 2]!;
    for (let j = 0; j < 3; j++) {
      const ux = rotation[at + j]!,
        uy = rotation[at + 3 + j]!,
        uz = rotation[at + 6 + j]!;
      const spinJ = inertia[j]! * (ux * wx + uy * wy + uz * wz);
      const growth = inertia[j]! * (ux * alpha[k]! + uy * alpha[k + 1]! + uz * alpha[k + 2]!);
      moment[0] = moment[0]! - ux * growth - (wy * uz - wz * uy) * spinJ;
      moment[1] = moment[1]! - uy * growth - (wz * ux - wx * uz) * spinJ;
      moment[2] = moment[2]! - uz * growth - (wx * uy - wy * ux) * spinJ;
    }
  };
  const load: Mass = {
    link: n - 1,
    massKg: 1,
    centre: [0, 0, flange + cell.tool.lengthM],
    inertia: [0, 0, 0],
  };
  const addPointForce: ArmMotion["addPointForce"] = (link, x, y, z, fx, fy, fz, out) => {
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
  };
  const oppose = (mass: Mass, scale: number, out: Float64Array): void => {
    inertial(mass);
    const k = 3 * mass.link;
    const x = origin[k]! + lever[0]!,
      y = origin[k + 1]! + lever[1]!,
      z = origin[k + 2]! + lever[2]!;
    addPointForce(mass.link, x, y, z, -scale * force[0]!, -scale * force[1]!, -scale * force[2]!, out);
    for (let i = 0; i <= mass.link; i++)
      out[i] =
        out[i]! -
        scale * (axis[3 * i]! * moment[0]! + axis[3 * i + 1]! * moment[1]! + axis[3 * i + 2]! * moment[2]!);
  };
  const total = new Float64Array(6);
  const gather = (mass: Mass, scale: number): void => {
    inertial(mass);
    const k = 3 * mass.link;
    for (let j = 0; j < 3; j++) {
      lever[j] = lever[j]! + origin[k + j]! - sensorAt[j]!;
      force[j] = force[j]! * scale;
      total[j] = total[j]! + force[j]!;
    }
    total[3] = total[3]! + scale * moment[0]! + lever[1]! * force[2]! - lever[2]! * force[1]!;
    total[4] = total[4]! + scale * moment[1]! + lever[2]! * force[0]! - lever[0]! * force[2]!;
    total[5] = total[5]! + scale * moment[2]! + lever[0]! * force[1]! - lever[1]! * force[0]!;
  };
  const tool = masses[n]!;
  return {
    spheres,
    rotation,
    origin,
    velocity,
    omega,
    sensorAt,
    toolAt,
    toolVelocity,
    addPointForce,
    update(q, qd, qdd) {
      frame.fill(0);
      frame[0] = frame[4] = frame[8] = 1;
      for (let i = 0; i < n; i++) {
        if (i > 0) place(i);
        turn(i, q[i]!);
        spin(i, qd[i]!, qdd[i]!);
      }
      placeSpheres();
      placeTool();
    },
    torques(payloadKg, out) {
      out.fill(0);
      for (let m = 0; m < masses.length; m++) oppose(masses[m]!, 1, out);
      if (payloadKg !== 0) oppose(load, payloadKg, out);
    },
    wrench(payloadKg, outer, out) {
      total.set(outer);
      gather(tool, 1);
      if (payloadKg > 0) gather(load, payloadKg);
      const at = 9 * (n - 1);
      for (let j = 0; j < 3; j++) {
        const x = rotation[at + j]!,
          y = rotation[at + 3 + j]!,
          z = rotation[at + 6 + j]!;
        out[j] = x * total[0]! + y * total[1]! + z * total[2]!;
        out[3 + j] = x * total[3]! + y * total[4]! + z * total[5]!;
      }
    },
    loadPerKg(out) {
      inertial(load);
      out.set(force);
    },
  };
}

function massesOf(links: readonly LinkDescription[], cell: CellDescription): Mass[] {
  const last = links.length - 1;
  const flange = cell.arm.joints[last]!.dh.dM;
  const { tool } = cell;
  const [x, y, z] = tool.centreM;
  return [
    ...links.map((link, i) => ({
      link: i,
      massKg: link.massKg,
      centre: link.centreM,
      inertia: link.inertiaKgM2,
    })),
    { link: last, massKg: tool.massKg, centre: [x, y, z + flange], inertia: tool.inertiaKgM2 },
  ];
}

function spheresOf(
  cell: CellDescription,
  flange: number,
): ArmSpheres & { readonly local: readonly number[] } {
  const all = cell.arm.links.flatMap((link, i) =>
    link.spheres.map((s) => ({ link: i, at: [...s.atM], radius: s.radiusM })),
  );
  const firstOfTool = all.length;
  for (const s of cell.tool.spheres)
    all.push({
      link: cell.arm.links.length - 1,
      at: [s.atM[0], s.atM[1], s.atM[2] + flange],
      radius: s.radiusM,
    });
  return {
    count: all.length,
    at: new Float64Array(3 * all.length),
    radius: Float64Array.from(all, (s) => s.radius),
    link: Int32Array.from(all, (s) => s.link),
    firstOfTool,
    local: all.flatMap((s) => s.at),
  };
}
