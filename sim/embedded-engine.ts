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
import { JointInertia } from "./joint-inertia.ts";
import { createScanRays, type ScanRays } from "./scan-rays.ts";
import { addAboutSensor, Touch } from "./touch.ts";

/** The joint channel is slower than the wrench: torques are made at this step only. */
const TORQUE_EVERY = 4;
/** The arm's inertia changes little from one millisecond to the next. */
const INERTIA_EVERY = 4;

/**
 * A small honest model without a solver: what the controller's torques are not made for (servo error, friction,
 * another payload, contact) accelerates the joints through the inertia of the whole arm; person and hand are
 * masses on springs towards where they want to be; contact is spring and damper between spheres and a cylinder
 * or a sphere. As in the other engines, forces belong to the state before a step and to the command given with
 * it, places to the state after it.
 */
export class EmbeddedRun implements EngineRun {
  readonly frame = new Float64Array(FRAME_WIDTH);
  readonly scan: Float64Array;
  readonly #motion: ArmMotion;
  readonly #inertia = new JointInertia();
  readonly #rays: ScanRays;
  readonly #touch: Touch;
  readonly #scanEvery: number;
  readonly #stiffness: Float64Array;
  readonly #damping: Float64Array;
  readonly #last: Float64Array;
  readonly #q: Float64Array;
  readonly #qd = new Float64Array(ARM_JOINTS);
  readonly #qdd = new Float64Array(ARM_JOINTS);
  /** torques that the controller did not count on, then the accelerations that they give */
  readonly #unknown = new Float64Array(ARM_JOINTS);
  readonly #torque = new Float64Array(ARM_JOINTS);
  readonly #outer = new Float64Array(6);
  readonly #wrench = new Float64Array(6);
  readonly #load = new Float64Array(3);
  #inertiaPayloadKg = Number.NaN;
  #step = 0;

  constructor(cell: CellDescription, start: EngineStart) {
    const { joints } = cell.arm;
    this.scan = new Float64Array(cell.sensors.scan.rays);
    this.#motion = new ArmMotion(cell);
    this.#rays = createScanRays(cell);
    this.#scanEvery = start.scanEvery;
    this.#stiffness = Float64Array.from(joints, (joint) => joint.stiffnessNmPerRad);
    this.#damping = Float64Array.from(joints, (joint) => joint.dampingNmSPerRad);
    this.#last = start.command.slice();
    this.#q = start.command.slice(COMMAND.q, COMMAND.q + ARM_JOINTS);
    this.#motion.move(this.#q, this.#qd);
    const person = start.command.slice(COMMAND.person, COMMAND.person + PERSON_AXES);
    this.#touch = new Touch(cell, this.#motion, person, this.#unknown, this.#outer);
  }

  step(command: Float64Array): void {
    const last = this.#last;
    this.#unknown.fill(0);
    this.#outer.fill(0);
    this.#touch.step(last, this.frame);
    this.#motion.accelerate(last.subarray(COMMAND.qdd, COMMAND.qdd + ARM_JOINTS));
    this.#collect(last);
    this.#drive(last);
    this.#accelerate(last);
    this.#move();
    this.#last.set(command);
    this.#show();
  }

  /** what nobody counted on: friction, another payload than the controller believes, a pull at the tool */
  #collect(command: Float64Array): void {
    const unknown = this.#unknown;
    for (let i = 0; i < ARM_JOINTS; i++) unknown[i] = unknown[i]! + command[COMMAND.disturbance + i]!;
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

  /** the servo answers to the error; what it gives in sum is what the joints show as torque */
  #drive(command: Float64Array): void {
    const fresh = this.#step % TORQUE_EVERY === 0;
    if (fresh) this.#motion.torques(command[COMMAND.nominalKg]!, this.#torque);
    for (let i = 0; i < ARM_JOINTS; i++) {
      const servo =
        this.#stiffness[i]! * (command[COMMAND.q + i]! - this.#q[i]!) +
        this.#damping[i]! * (command[COMMAND.qd + i]! - this.#qd[i]!);
      this.#unknown[i] = this.#unknown[i]! + servo;
      if (fresh) this.frame[FRAME.torque + i] = this.#torque[i]! + servo;
    }
  }

  #accelerate(command: Float64Array): void {
    const payloadKg = command[COMMAND.payloadKg]!;
    if (this.#step % INERTIA_EVERY === 0 || payloadKg !== this.#inertiaPayloadKg) {
      this.#inertia.take(this.#motion, payloadKg);
      this.#inertiaPayloadKg = payloadKg;
    }
    this.#inertia.solve(this.#unknown);
    for (let i = 0; i < ARM_JOINTS; i++) this.#qdd[i] = command[COMMAND.qdd + i]! + this.#unknown[i]!;
    this.#motion.accelerate(this.#qdd);
    this.#motion.wrench(payloadKg, this.#outer, this.#wrench);
  }

  #move(): void {
    for (let i = 0; i < ARM_JOINTS; i++) {
      this.#qd[i] = this.#qd[i]! + this.#qdd[i]! * STEP_S;
      this.#q[i] = this.#q[i]! + this.#qd[i]! * STEP_S;
    }
    this.#motion.move(this.#q, this.#qd);
  }

  #show(): void {
    const { frame } = this;
    const { person, velocity } = this.#touch;
    for (let i = 0; i < ARM_JOINTS; i++) {
      frame[FRAME.q + i] = this.#q[i]!;
      frame[FRAME.qd + i] = this.#qd[i]!;
      frame[FRAME.wrench + i] = this.#wrench[i]!;
    }
    for (let i = 0; i < PERSON_AXES; i++) {
      frame[FRAME.person + i] = person[i]!;
      frame[FRAME.personVelocity + i] = velocity[i]!;
    }
    const scanned = this.#scanEvery > 0 && this.#step % this.#scanEvery === 0;
    if (scanned) this.#rays.cast(person[0]!, person[1]!, this.scan);
    frame[FRAME.scanned] = scanned ? 1 : 0;
    frame[FRAME.step] = this.#step++;
  }
}
