import { ArmMotion } from "./arm-motion.ts";
import type { ArmSpheres } from "./arm-spheres.ts";
import type { CellDescription } from "./cell.ts";
import {
  type CommandPlaces,
  commandPlaces,
  type EngineRun,
  type EngineStart,
  type FramePlaces,
  framePlaces,
  PERSON_AXES,
  STEP_S,
  WRENCH_AXES,
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
  readonly frame: Float64Array;
  readonly scan: Float64Array;
  readonly #motion: ArmMotion;
  readonly #inertia: JointInertia;
  readonly #joints: number;
  readonly #in: CommandPlaces;
  readonly #out: FramePlaces;
  /** largest torque of each joint; null: none is too large */
  readonly #effort: Float64Array | null;
  readonly #rays: ScanRays;
  readonly #touch: Touch;
  readonly #scanEvery: number;
  readonly #stiffness: Float64Array;
  readonly #damping: Float64Array;
  readonly #last: Float64Array;
  readonly #q: Float64Array;
  readonly #qd: Float64Array;
  readonly #qdd: Float64Array;
  /** torques that the controller did not count on, then the accelerations that they give */
  readonly #unknown: Float64Array;
  readonly #torque: Float64Array;
  readonly #outer = new Float64Array(6);
  readonly #wrench = new Float64Array(6);
  readonly #load = new Float64Array(3);
  #inertiaPayloadKg = Number.NaN;
  #step = 0;

  constructor(cell: CellDescription, start: EngineStart) {
    const { joints, limitsEffort = false } = cell.arm;
    const n = joints.length;
    this.#joints = n;
    this.#in = commandPlaces(n);
    this.#out = framePlaces(n);
    this.frame = new Float64Array(this.#out.width);
    this.#inertia = new JointInertia(n);
    this.#effort = limitsEffort ? Float64Array.from(joints, (joint) => joint.maxEffortNm) : null;
    this.#qd = new Float64Array(n);
    this.#qdd = new Float64Array(n);
    this.#unknown = new Float64Array(n);
    this.#torque = new Float64Array(n);
    this.scan = new Float64Array(cell.sensors.scan.rays);
    this.#motion = new ArmMotion(cell);
    this.#rays = createScanRays(cell);
    this.#scanEvery = start.scanEvery;
    this.#stiffness = Float64Array.from(joints, (joint) => joint.stiffnessNmPerRad);
    this.#damping = Float64Array.from(joints, (joint) => joint.dampingNmSPerRad);
    this.#last = start.command.slice();
    this.#q = start.command.slice(this.#in.q, this.#in.q + n);
    this.#motion.move(this.#q, this.#qd);
    const person = start.command.slice(this.#in.person, this.#in.person + PERSON_AXES);
    this.#touch = new Touch(cell, this.#motion, person, this.#unknown, this.#outer);
  }

  /** spheres of the arm where they are after the newest step */
  get spheres(): ArmSpheres {
    return this.#motion.spheres;
  }
  get tool(): Float64Array {
    return this.#motion.toolAt;
  }

  step(command: Float64Array): void {
    const last = this.#last;
    this.#unknown.fill(0);
    this.#outer.fill(0);
    this.#touch.step(last, this.frame);
    this.#motion.accelerate(last.subarray(this.#in.qdd, this.#in.qdd + this.#joints));
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
    for (let i = 0; i < this.#joints; i++) unknown[i] = unknown[i]! + command[this.#in.disturbance + i]!;
    const surplus = command[this.#in.payloadKg]! - command[this.#in.nominalKg]!;
    if (surplus !== 0) {
      this.#motion.loadPerKg(this.#load);
      this.#pushTool(surplus * this.#load[0]!, surplus * this.#load[1]!, surplus * this.#load[2]!);
    }
    const fx = command[this.#in.pull]!,
      fy = command[this.#in.pull + 1]!,
      fz = command[this.#in.pull + 2]!;
    if (fx === 0 && fy === 0 && fz === 0) return;
    this.#pushTool(fx, fy, fz);
    const at = this.#motion.toolAt;
    addAboutSensor(this.#motion, this.#outer, at[0]!, at[1]!, at[2]!, fx, fy, fz);
  }

  #pushTool(fx: number, fy: number, fz: number): void {
    const at = this.#motion.toolAt;
    this.#motion.addPointForce(this.#joints - 1, at[0]!, at[1]!, at[2]!, fx, fy, fz, this.#unknown);
  }

  /** the servo answers to the error; what it gives in sum is what the joints show as torque */
  #drive(command: Float64Array): void {
    const fresh = this.#step % TORQUE_EVERY === 0;
    if (fresh) this.#motion.torques(command[this.#in.nominalKg]!, this.#torque);
    for (let i = 0; i < this.#joints; i++) {
      const servo =
        this.#stiffness[i]! * (command[this.#in.q + i]! - this.#q[i]!) +
        this.#damping[i]! * (command[this.#in.qd + i]! - this.#qd[i]!);
      this.#unknown[i] = this.#unknown[i]! + (this.#effort === null ? servo : this.#within(i, servo));
      if (fresh) this.frame[this.#out.torque + i] = this.#torque[i]! + servo;
    }
  }

  /** how much of the servo's wish is left of the joint's largest torque */
  #within(i: number, servo: number): number {
    const known = this.#torque[i]!,
      most = this.#effort![i]!;
    return Math.max(-most, Math.min(most, known + servo)) - known;
  }

  #accelerate(command: Float64Array): void {
    const payloadKg = command[this.#in.payloadKg]!;
    if (this.#step % INERTIA_EVERY === 0 || payloadKg !== this.#inertiaPayloadKg) {
      this.#inertia.take(this.#motion, payloadKg);
      this.#inertiaPayloadKg = payloadKg;
    }
    this.#inertia.solve(this.#unknown);
    for (let i = 0; i < this.#joints; i++) this.#qdd[i] = command[this.#in.qdd + i]! + this.#unknown[i]!;
    this.#motion.accelerate(this.#qdd);
    this.#motion.wrench(payloadKg, this.#outer, this.#wrench);
  }

  #move(): void {
    for (let i = 0; i < this.#joints; i++) {
      this.#qd[i] = this.#qd[i]! + this.#qdd[i]! * STEP_S;
      this.#q[i] = this.#q[i]! + this.#qd[i]! * STEP_S;
    }
    this.#motion.move(this.#q, this.#qd);
  }

  #show(): void {
    const { frame } = this;
    const { person, velocity } = this.#touch;
    for (let i = 0; i < this.#joints; i++) {
      frame[this.#out.q + i] = this.#q[i]!;
      frame[this.#out.qd + i] = this.#qd[i]!;
    }
    for (let i = 0; i < WRENCH_AXES; i++) frame[this.#out.wrench + i] = this.#wrench[i]!;
    for (let i = 0; i < PERSON_AXES; i++) {
      frame[this.#out.person + i] = person[i]!;
      frame[this.#out.personVelocity + i] = velocity[i]!;
    }
    const scanned = this.#scanEvery > 0 && this.#step % this.#scanEvery === 0;
    if (scanned) this.#rays.cast(person[0]!, person[1]!, this.scan);
    frame[this.#out.scanned] = scanned ? 1 : 0;
    frame[this.#out.step] = this.#step++;
  }
}
