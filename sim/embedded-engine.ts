import { ArmMotion } from "./arm-motion.ts";
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
import { createScanRays, type ScanRays } from "./scan-rays.ts";
import { addAboutSensor, Touch } from "./touch.ts";

/** Torques are read at this step only: the joint channel is slower than the wrench. */
const TORQUE_EVERY = 4;

/**
 * A small honest model without a solver: each joint's servo error is a damped spring that feels the torques
 * the controller did not count on; person and hand are masses on springs towards where they want to be;
 * contact is spring and damper between spheres and a cylinder or a sphere.
 */
export class EmbeddedRun implements EngineRun {
  readonly frame = new Float64Array(FRAME_WIDTH);
  readonly scan: Float64Array;
  readonly #motion: ArmMotion;
  readonly #rays: ScanRays;
  readonly #touch: Touch;
  readonly #scanEvery: number;
  readonly #stiffness: Float64Array;
  readonly #damping: Float64Array;
  readonly #inertia: Float64Array;
  readonly #error = new Float64Array(ARM_JOINTS);
  readonly #errorRate = new Float64Array(ARM_JOINTS);
  readonly #q = new Float64Array(ARM_JOINTS);
  readonly #qd = new Float64Array(ARM_JOINTS);
  readonly #qdd = new Float64Array(ARM_JOINTS);
  /** torques that the controller did not count on; the next step answers to them */
  readonly #unknown = new Float64Array(ARM_JOINTS);
  readonly #torque = new Float64Array(ARM_JOINTS);
  readonly #outer = new Float64Array(6);
  readonly #wrench = new Float64Array(6);
  readonly #load = new Float64Array(3);
  #step = 0;

  constructor(cell: CellDescription, start: EngineStart) {
    const { joints } = cell.arm;
    this.scan = new Float64Array(cell.sensors.scan.rays);
    this.#motion = new ArmMotion(cell);
    this.#rays = createScanRays(cell);
    this.#scanEvery = start.scanEvery;
    this.#stiffness = Float64Array.from(joints, (joint) => joint.stiffnessNmPerRad);
    this.#damping = Float64Array.from(joints, (joint) => joint.dampingNmSPerRad);
    this.#inertia = Float64Array.from(joints, (joint) => joint.apparentInertiaKgM2);
    const person = start.command.slice(COMMAND.person, COMMAND.person + PERSON_AXES);
    this.#touch = new Touch(cell, this.#motion, person, this.#unknown, this.#outer);
  }

  step(command: Float64Array): void {
    this.#moveJoints(command);
    this.#collect(command);
    this.#touch.step(command, this.frame);
    this.#show(command);
    const scanned = this.#scanEvery > 0 && this.#step % this.#scanEvery === 0;
    if (scanned) this.#rays.cast(this.#touch.person[0]!, this.#touch.person[1]!, this.scan);
    this.frame[FRAME.scanned] = scanned ? 1 : 0;
    this.frame[FRAME.step] = this.#step++;
  }

  #moveJoints(command: Float64Array): void {
    const error = this.#error,
      errorRate = this.#errorRate;
    for (let i = 0; i < ARM_JOINTS; i++) {
      const push = this.#unknown[i]! - this.#stiffness[i]! * error[i]! - this.#damping[i]! * errorRate[i]!;
      const accelerated = push / this.#inertia[i]!;
      errorRate[i] = errorRate[i]! + accelerated * STEP_S;
      error[i] = error[i]! + errorRate[i]! * STEP_S;
      this.#q[i] = command[COMMAND.q + i]! + error[i]!;
      this.#qd[i] = command[COMMAND.qd + i]! + errorRate[i]!;
      this.#qdd[i] = command[COMMAND.qdd + i]! + accelerated;
    }
    this.#motion.update(this.#q, this.#qd, this.#qdd);
  }

  #collect(command: Float64Array): void {
    for (let i = 0; i < ARM_JOINTS; i++) this.#unknown[i] = command[COMMAND.disturbance + i]!;
    this.#outer.fill(0);
    const surplus = command[COMMAND.payloadKg]! - command[COMMAND.nominalKg]!;
    if (surplus !== 0) {
      this.#motion.loadPerKg(this.#load);
      this.#pushTool(surplus * this.#load[0]!, surplus * this.#load[1]!, surplus * this.#load[2]!);
    }
    const fx = command[COMMAND.pull]!,
      fy = command[COMMAND.pull + 1]!,
      fz = command[COMMAND.pull + 2]!;
    if (fx === 0 && fy === 0 && fz === 0) return;
    this.#pushTool(fx, fy, fz);
    const at = this.#motion.toolAt;
    addAboutSensor(this.#motion, this.#outer, at[0]!, at[1]!, at[2]!, fx, fy, fz);
  }

  #pushTool(fx: number, fy: number, fz: number): void {
    const at = this.#motion.toolAt;
    this.#motion.addPointForce(ARM_JOINTS - 1, at[0]!, at[1]!, at[2]!, fx, fy, fz, this.#unknown);
  }

  #show(command: Float64Array): void {
    const { frame } = this;
    this.#motion.wrench(command[COMMAND.payloadKg]!, this.#outer, this.#wrench);
    const fresh = this.#step % TORQUE_EVERY === 0;
    if (fresh) this.#motion.torques(command[COMMAND.nominalKg]!, this.#torque);
    for (let i = 0; i < ARM_JOINTS; i++) {
      frame[FRAME.q + i] = this.#q[i]!;
      frame[FRAME.qd + i] = this.#qd[i]!;
      frame[FRAME.wrench + i] = this.#wrench[i]!;
      if (fresh) frame[FRAME.torque + i] = this.#torque[i]! - this.#unknown[i]!;
    }
    for (let i = 0; i < PERSON_AXES; i++) {
      frame[FRAME.person + i] = this.#touch.person[i]!;
      frame[FRAME.personVelocity + i] = this.#touch.velocity[i]!;
    }
  }
}
