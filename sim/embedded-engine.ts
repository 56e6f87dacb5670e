import { type ArmMotion, createArmMotion } from "./arm-motion.ts";
import type { CellDescription } from "./cell.ts";
import {
  ARM_JOINTS,
  COMMAND,
  type EngineRun,
  type EngineStart,
  FRAME,
  FRAME_WIDTH,
  PERSON_AXES,
  STEP_S,
} from "./engine.ts";
import { createScanRays } from "./scan-rays.ts";

/** Torques are read at this step only: the joint channel is slower than the wrench. */
const TORQUE_EVERY = 4;
/** The table under a pressed hand. */
const TABLE_STIFFNESS_N_PER_M = 200_000;
const TABLE_DAMPING_NS_PER_M = 200;

/**
 * A small honest model without a solver: each joint's servo error is a damped spring that feels the torques
 * the controller did not count on; person and hand are masses on springs towards where they want to be;
 * contact is spring and damper between spheres and a cylinder or a sphere.
 */
export function createEmbeddedRun(
  cell: CellDescription,
  start: EngineStart,
): EngineRun & { readonly motion: ArmMotion } {
  const motion = createArmMotion(cell);
  const rays = createScanRays(cell);
  const joints = cell.arm.joints;
  const stiffness = Float64Array.from(joints, (joint) => joint.stiffnessNmPerRad);
  const damping = Float64Array.from(joints, (joint) => joint.dampingNmSPerRad);
  const inertia = Float64Array.from(joints, (joint) => joint.apparentInertiaKgM2);
  const frame = new Float64Array(FRAME_WIDTH);
  const scan = new Float64Array(cell.sensors.scan.rays);
  const error = new Float64Array(ARM_JOINTS);
  const errorRate = new Float64Array(ARM_JOINTS);
  const q = new Float64Array(ARM_JOINTS);
  const qd = new Float64Array(ARM_JOINTS);
  const qdd = new Float64Array(ARM_JOINTS);
  const unknown = new Float64Array(ARM_JOINTS);
  const torque = new Float64Array(ARM_JOINTS);
  const person = start.command.slice(COMMAND.person, COMMAND.person + PERSON_AXES);
  const personVelocity = new Float64Array(PERSON_AXES);
  const outer = new Float64Array(6);
  const wrench = new Float64Array(6);
  const load = new Float64Array(3);
  const touch = createTouch(cell, motion, person, personVelocity, unknown, outer);
  let step = 0;

  const moveJoints = (command: Float64Array): void => {
    for (let i = 0; i < ARM_JOINTS; i++) {
      const push = unknown[i]! - stiffness[i]! * error[i]! - damping[i]! * errorRate[i]!;
      const accelerated = push / inertia[i]!;
      errorRate[i] = errorRate[i]! + accelerated * STEP_S;
      error[i] = error[i]! + errorRate[i]! * STEP_S;
      q[i] = command[COMMAND.q + i]! + error[i]!;
      qd[i] = command[COMMAND.qd + i]! + errorRate[i]!;
      qdd[i] = command[COMMAND.qdd + i]! + accelerated;
    }
    motion.update(q, qd, qdd);
  };
  /** torques of this step that the next one answers to */
  const collect = (command: Float64Array): void => {
    for (let i = 0; i < ARM_JOINTS; i++) unknown[i] = command[COMMAND.disturbance + i]!;
    outer.fill(0);
    const surplus = command[COMMAND.payloadKg]! - command[COMMAND.nominalKg]!;
    if (surplus !== 0) {
      motion.loadPerKg(load);
      pushTool(surplus * load[0]!, surplus * load[1]!, surplus * load[2]!);
    }
    const fx = command[COMMAND.pull]!,
      fy = command[COMMAND.pull + 1]!,
      fz = command[COMMAND.pull + 2]!;
    if (fx !== 0 || fy !== 0 || fz !== 0) {
      pushTool(fx, fy, fz);
      addAbout(motion, outer, motion.toolAt[0]!, motion.toolAt[1]!, motion.toolAt[2]!, fx, fy, fz);
    }
  };
  const pushTool = (fx: number, fy: number, fz: number): void =>
    motion.addPointForce(
      ARM_JOINTS - 1,
      motion.toolAt[0]!,
      motion.toolAt[1]!,
      motion.toolAt[2]!,
      fx,
      fy,
      fz,
      unknown,
    );
  const show = (command: Float64Array): void => {
    motion.wrench(command[COMMAND.payloadKg]!, outer, wrench);
    for (let i = 0; i < ARM_JOINTS; i++) {
      frame[FRAME.q + i] = q[i]!;
      frame[FRAME.qd + i] = qd[i]!;
      frame[FRAME.wrench + i] = wrench[i]!;
    }
    if (step % TORQUE_EVERY === 0) {
      motion.torques(command[COMMAND.nominalKg]!, torque);
      for (let i = 0; i < ARM_JOINTS; i++) frame[FRAME.torque + i] = torque[i]! - unknown[i]!;
    }
    for (let i = 0; i < PERSON_AXES; i++) {
      frame[FRAME.person + i] = person[i]!;
      frame[FRAME.personVelocity + i] = personVelocity[i]!;
    }
  };
  return {
    frame,
    scan,
    motion,
    step(command) {
      moveJoints(command);
      collect(command);
      touch.step(command, frame);
      show(command);
      const scanned = start.scanEvery > 0 && step % start.scanEvery === 0;
      if (scanned) rays.cast(person[0]!, person[1]!, scan);
      frame[FRAME.scanned] = scanned ? 1 : 0;
      frame[FRAME.step] = step++;
    },
  };
}

/** Contact of the arm with body and hand, and how both of them move under it. */
function createTouch(
  cell: CellDescription,
  motion: ArmMotion,
  person: Float64Array,
  velocity: Float64Array,
  torques: Float64Array,
  outer: Float64Array,
): { step(command: Float64Array, frame: Float64Array): void } {
  const { body, hand } = cell.person;
  const { spheres } = motion;
  const top = cell.floorZM + body.heightM;
  const table = cell.table;
  const tableTop = table.centreM[2] + table.sizeM[2] / 2;
  const mass = [body.massKg, body.massKg, hand.massKg, hand.massKg, hand.massKg];
  const spring = [
    body.stiffnessNPerM,
    body.stiffnessNPerM,
    hand.stiffnessNPerM,
    hand.stiffnessNPerM,
    hand.stiffnessNPerM,
  ];
  const damp = [
    body.dampingNSPerM,
    body.dampingNSPerM,
    hand.dampingNSPerM,
    hand.dampingNSPerM,
    hand.dampingNSPerM,
  ];
  const push = new Float64Array(PERSON_AXES);
  let sum = 0;
  let contacts = 0;

  /** one contact: normal (nx ny nz) points from the person to the sphere */
  const meet = (s: number, depth: number, nx: number, ny: number, nz: number, first: number): void => {
    const link = spheres.link[s]!,
      k = 3 * link;
    const x = spheres.at[3 * s]!,
      y = spheres.at[3 * s + 1]!,
      z = spheres.at[3 * s + 2]!;
    const rx = x - motion.origin[k]!,
      ry = y - motion.origin[k + 1]!,
      rz = z - motion.origin[k + 2]!;
    const wx = motion.omega[k]!,
      wy = motion.omega[k + 1]!,
      wz = motion.omega[k + 2]!;
    const vx = motion.velocity[k]! + wy * rz - wz * ry - velocity[first]!;
    const vy = motion.velocity[k + 1]! + wz * rx - wx * rz - velocity[first + 1]!;
    const vz = motion.velocity[k + 2]! + wx * ry - wy * rx - (first === 2 ? velocity[4]! : 0);
    const skin = first === 2 ? hand.contact : body.contact;
    const force = Math.max(
      0,
      skin.stiffnessNPerM * depth - skin.dampingNSPerM * (vx * nx + vy * ny + vz * nz),
    );
    if (force === 0) return;
    sum += force;
    contacts++;
    const fx = force * nx,
      fy = force * ny,
      fz = force * nz;
    motion.addPointForce(link, x, y, z, fx, fy, fz, torques);
    if (s >= spheres.firstOfTool) addAbout(motion, outer, x, y, z, fx, fy, fz);
    push[first] = push[first]! - fx;
    push[first + 1] = push[first + 1]! - fy;
    if (first === 2) push[4] = push[4]! - fz;
  };
  const meetBody = (s: number, x: number, y: number, z: number, r: number): void => {
    const dx = x - person[0]!,
      dy = y - person[1]!;
    const reach = body.radiusM + r;
    const square = dx * dx + dy * dy;
    if (square >= reach * reach || z - r > top) return;
    const rho = Math.sqrt(square);
    if (z <= top) return rho > 0 ? meet(s, reach - rho, dx / rho, dy / rho, 0, 0) : undefined;
    const lateral = Math.max(0, rho - body.radiusM),
      above = z - top;
    const distance = Math.sqrt(lateral * lateral + above * above);
    if (distance < r && rho > 0)
      meet(
        s,
        r - distance,
        (dx / rho) * (lateral / distance),
        (dy / rho) * (lateral / distance),
        above / distance,
        0,
      );
  };
  const meetHand = (s: number, x: number, y: number, z: number, r: number): void => {
    const dx = x - person[2]!,
      dy = y - person[3]!,
      dz = z - person[4]!;
    const reach = hand.radiusM + r;
    const square = dx * dx + dy * dy + dz * dz;
    if (square >= reach * reach || square === 0) return;
    const distance = Math.sqrt(square);
    meet(s, reach - distance, dx / distance, dy / distance, dz / distance, 2);
  };
  const onTable = (): void => {
    const depth = tableTop + hand.radiusM - person[4]!;
    const inside =
      Math.abs(person[2]! - table.centreM[0]) < table.sizeM[0] / 2 &&
      Math.abs(person[3]! - table.centreM[1]) < table.sizeM[1] / 2;
    if (depth <= 0 || !inside) return;
    push[4] = push[4]! + Math.max(0, TABLE_STIFFNESS_N_PER_M * depth - TABLE_DAMPING_NS_PER_M * velocity[4]!);
  };
  return {
    step(command, frame) {
      push.fill(0);
      sum = 0;
      contacts = 0;
      for (let s = 0; s < spheres.count; s++) {
        const x = spheres.at[3 * s]!,
          y = spheres.at[3 * s + 1]!,
          z = spheres.at[3 * s + 2]!,
          r = spheres.radius[s]!;
        meetBody(s, x, y, z, r);
        meetHand(s, x, y, z, r);
      }
      onTable();
      for (let i = 0; i < PERSON_AXES; i++) {
        const wish =
          spring[i]! * (command[COMMAND.person + i]! - person[i]!) +
          damp[i]! * (command[COMMAND.personVelocity + i]! - velocity[i]!);
        velocity[i] =
          velocity[i]! + ((wish + command[COMMAND.personForce + i]! + push[i]!) / mass[i]!) * STEP_S;
        person[i] = person[i]! + velocity[i]! * STEP_S;
      }
      frame[FRAME.contactForce] = sum;
      frame[FRAME.contacts] = contacts;
    },
  };
}

/** Adds a force at a point, and its moment about the sensor, to the outer wrench. */
function addAbout(
  motion: ArmMotion,
  outer: Float64Array,
  x: number,
  y: number,
  z: number,
  fx: number,
  fy: number,
  fz: number,
): void {
  const rx = x - motion.sensorAt[0]!,
    ry = y - motion.sensorAt[1]!,
    rz = z - motion.sensorAt[2]!;
  outer[0] = outer[0]! + fx;
  outer[1] = outer[1]! + fy;
  outer[2] = outer[2]! + fz;
  outer[3] = outer[3]! + ry * fz - rz * fy;
  outer[4] = outer[4]! + rz * fx - rx * fz;
  outer[5] = outer[5]! + rx * fy - ry * fx;
}
