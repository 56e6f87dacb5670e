import { describe, expect, it } from "vitest";
import { ArmMotion, GRAVITY_M_PER_S2 } from "../../src/core/physics/arm-motion.ts";
import { createCursor, createPlanner, workPlan } from "../../sim/arm-path.ts";
import { ROBOT_FACTORY, robotConfigOf } from "../../src/core/physics/cell.ts";
import { JointInertia } from "../../src/core/physics/joint-inertia.ts";
import { createKinematics } from "../../src/core/robot/index.ts";

const cell = ROBOT_FACTORY;
const planner = createPlanner(cell);
const cursor = createCursor(workPlan(cell, planner));
const motion = new ArmMotion(cell);
const none = new Float64Array(6);
const heldKg = cell.tool.massKg + cell.tool.payloadKg;

/** kinetic and potential energy of the arm by its own sums, from two poses a moment apart */
function energyAt(s: number): number {
  const step = 1e-5;
  const parts = [...cell.arm.links, cell.tool];
  const flange = cell.arm.joints[5]!.dh.dM;
  const read = (at: number) => {
    cursor.seek(at);
    motion.update(cursor.q, cursor.dq, cursor.ddq);
    return { rotation: motion.rotation.slice(), origin: motion.origin.slice(), omega: motion.omega.slice() };
  };
  const [before, now, after] = [read(s - step), read(s), read(s + step)];
  let energy = 0;
  parts.forEach((part, m) => {
    const i = Math.min(m, 5);
    const local = m === 6 ? [0, 0, part.centreM[2] + flange] : part.centreM;
    const place = (pose: typeof now) =>
      [0, 1, 2].map(
        (r) =>
          pose.origin[3 * i + r]! +
          [0, 1, 2].reduce((sum, c) => sum + pose.rotation[9 * i + 3 * r + c]! * local[c]!, 0),
      );
    const [a, p, b] = [place(before), place(now), place(after)];
    const v = a.map((x, k) => (b[k]! - x) / (2 * step));
    energy +=
      0.5 * part.massKg * v.reduce((sum, x) => sum + x * x, 0) + part.massKg * GRAVITY_M_PER_S2 * p[2]!;
    for (let j = 0; j < 3; j++) {
      const spin = [0, 1, 2].reduce(
        (sum, r) => sum + now.rotation[9 * i + 3 * r + j]! * now.omega[3 * i + r]!,
        0,
      );
      energy += 0.5 * part.inertiaKgM2[j]! * spin * spin;
    }
  });
  return energy;
}

describe("motion of the arm", () => {
  it("agrees with the kinematics of a deployment that states the same arm", () => {
    const kinematics = createKinematics(robotConfigOf(cell));
    const tool = new Float64Array(3);
    for (let s = 0; s < cursor.lengthS; s += 0.1) {
      cursor.seek(s);
      motion.update(cursor.q, cursor.dq, cursor.ddq);
      kinematics.tool(cursor.q, tool);
      for (let k = 0; k < 3; k++) expect(motion.toolAt[k]).toBeCloseTo(tool[k]!, 12);
      expect(Math.hypot(...motion.toolVelocity)).toBeCloseTo(kinematics.toolSpeed(cursor.q, cursor.dq), 9);
    }
  });
  it("torques times joint speeds are the growth of energy", () => {
    const torques = new Float64Array(6);
    for (const s of [0.3, 0.5, 1.8, 2.4, 2.9, 4.6]) {
      const growth = (energyAt(s + 1e-3) - energyAt(s - 1e-3)) / 2e-3;
      cursor.seek(s);
      motion.update(cursor.q, cursor.dq, cursor.ddq);
      motion.torques(0, torques);
      const power = torques.reduce((sum, torque, i) => sum + torque * cursor.dq[i]!, 0);
      expect(power, `at ${s} s`).toBeCloseTo(growth, 2);
    }
  });
  it("joint accelerations from torques are those that need the torques", () => {
    const inertia = new JointInertia(6);
    const [rest, pushed] = [new Float64Array(6), new Float64Array(6)];
    for (const s of [0.3, 1.8, 2.9, 4.6]) {
      cursor.seek(s);
      const qdd = Float64Array.from({ length: 6 }, (_, i) => 1.5 - 0.7 * i);
      motion.update(cursor.q, cursor.dq, none);
      motion.torques(2, rest);
      motion.accelerate(qdd);
      motion.torques(2, pushed);
      inertia.take(motion, 2);
      const found = pushed.map((torque, i) => torque - rest[i]!);
      inertia.solve(found);
      found.forEach((x, i) => expect(x, `joint ${i + 1} at ${s} s`).toBeCloseTo(qdd[i]!, 9));
    }
  });
  it("the standing sensor carries tool and payload, nothing else", () => {
    cursor.seek(0);
    motion.update(cursor.q, none, none);
    const wrench = new Float64Array(6);
    motion.wrench(cell.tool.payloadKg, none, wrench);
    expect([...wrench].map((x) => Math.round(x * 1e6) / 1e6 + 0)).toEqual([
      0,
      0,
      heldKg * GRAVITY_M_PER_S2,
      0,
      0,
      0,
    ]);
  });
  it("an outer force appears in the wrench turned into the sensor's frame", () => {
    const wrench = new Float64Array(6);
    motion.wrench(0, Float64Array.of(0, 0, 7, 0, 0, 0), wrench);
    expect(wrench[2]).toBeCloseTo(cell.tool.massKg * GRAVITY_M_PER_S2 - 7, 9);
  });
});

describe("plans", () => {
  it("keep every joint limit and the cell's tool speed", () => {
    const step = 0.002;
    for (let s = 0; s < cursor.lengthS; s += step) {
      cursor.seek(s);
      motion.update(cursor.q, cursor.dq, cursor.ddq);
      cell.arm.joints.forEach((joint, i) => {
        expect(cursor.q[i]).toBeGreaterThan(joint.minRad);
        expect(cursor.q[i]).toBeLessThan(joint.maxRad);
        expect(Math.abs(cursor.dq[i]!)).toBeLessThanOrEqual(joint.maxRadPerS);
        expect(Math.abs(cursor.ddq[i]!)).toBeLessThanOrEqual(joint.maxRadPerS2);
      });
      expect(Math.hypot(...motion.toolVelocity)).toBeLessThanOrEqual(cell.arm.maxToolSpeedMPerS);
    }
  });
  it("have no jumps in angle or speed", () => {
    let q = cursor.q.slice();
    let dq = cursor.dq.slice();
    cursor.seek(0);
    q.set(cursor.q);
    dq.set(cursor.dq);
    for (let s = 0.001; s < 2 * cursor.lengthS; s += 0.001) {
      cursor.seek(s);
      for (let i = 0; i < 6; i++) {
        expect(Math.abs(cursor.q[i]! - q[i]!)).toBeLessThan(0.004);
        expect(Math.abs(cursor.dq[i]! - dq[i]!)).toBeLessThan(0.03);
      }
      q = cursor.q.slice();
      dq = cursor.dq.slice();
    }
  });
});
