import type { ArmSpheres } from "./arm-spheres.ts";
import { ArmMotion } from "./arm-motion.ts";
import type { CellDescription } from "./cell.ts";
import { EmbeddedRun } from "./embedded-engine.ts";
import { commandPlaces, type CommandPlaces, framePlaces, STEP_S } from "./engine.ts";
import { type PlanRows, SmoothPath } from "./smooth-path.ts";

export interface RehearsalSetting {
  readonly cell: CellDescription;
  /** rows in the order of the cell's joints */
  readonly plan: PlanRows;
  /** what the controller believes to carry, and what hangs there */
  readonly nominalKg: number;
  readonly actualKg: number;
  readonly frictionFactor: number;
  /** x y of somebody who stands there; null: nobody near */
  readonly person: readonly [number, number] | null;
}
/** Nothing of the arm reaches it. */
const FAR_M = 1_000;
/** Below this speed dry friction fades instead of jumping. */
const CREEP_RAD_PER_S = 0.01;
/** After the plan's end the arm is looked at this long: a load that was misjudged swings. */
const SETTLE_S = 0.5;

/** Tells an engine every millisecond where the arm of a rehearsal shall be. The same for all engines. */
export class RehearsalDirector {
  readonly command: Float64Array;
  readonly lengthS: number;
  readonly #setting: RehearsalSetting;
  readonly #path: SmoothPath;
  readonly #at: CommandPlaces;
  readonly #motion: ArmMotion | null;
  readonly #torque: Float64Array;

  constructor(setting: RehearsalSetting, torques: boolean) {
    const { cell, plan, person } = setting;
    const n = cell.arm.joints.length;
    this.#setting = setting;
    this.#at = commandPlaces(n);
    this.command = new Float64Array(this.#at.width);
    this.#torque = new Float64Array(n);
    this.#path = new SmoothPath(
      plan,
      cell.arm.joints.map((joint) => joint.maxRadPerS2),
    );
    this.lengthS = this.#path.lengthS + SETTLE_S;
    this.#motion = torques ? new ArmMotion(cell) : null;
    this.command[this.#at.nominalKg] = setting.nominalKg;
    this.command[this.#at.payloadKg] = setting.actualKg;
    const [x, y] = person ?? [FAR_M, FAR_M];
    this.command.set([x, y, FAR_M, FAR_M, FAR_M], this.#at.person);
    this.seek(0);
  }

  /** `t` seconds since the start */
  seek(t: number): void {
    const { joints } = this.#setting.cell.arm;
    const path = this.#path;
    const at = this.#at;
    path.seek(t);
    for (const [i, joint] of joints.entries()) {
      const rate = path.qd[i]!;
      this.command[at.q + i] = path.q[i]!;
      this.command[at.qd + i] = rate;
      this.command[at.qdd + i] = path.qdd[i]!;
      const dry = (joint.dryFrictionNm ?? 0) * Math.max(-1, Math.min(1, rate / CREEP_RAD_PER_S));
      this.command[at.disturbance + i] =
        -this.#setting.frictionFactor * (joint.frictionNmSPerRad * rate + dry);
    }
    if (this.#motion === null) return;
    this.#motion.update(path.q, path.qd, path.qdd);
    this.#motion.torques(this.#setting.nominalKg, this.#torque);
    this.command.set(this.#torque, at.torque);
  }
}

/** One run of a whole plan in the embedded engine, millisecond by millisecond. */
export class Rehearsal {
  readonly #director: RehearsalDirector;
  readonly #run: EmbeddedRun;
  readonly #wanted: ArmMotion;
  readonly #still: Float64Array;
  readonly #force: number;
  #steps = 0;

  constructor(setting: RehearsalSetting) {
    const n = setting.cell.arm.joints.length;
    this.#director = new RehearsalDirector(setting, false);
    this.#run = new EmbeddedRun(setting.cell, { command: this.#director.command.slice(), scanEvery: 0 });
    this.#wanted = new ArmMotion(setting.cell);
    this.#still = new Float64Array(n);
    this.#force = framePlaces(n).contactForce;
  }

  get finished(): boolean {
    return this.#steps * STEP_S >= this.#director.lengthS;
  }
  get spheres(): ArmSpheres {
    return this.#run.spheres;
  }
  get tool(): Float64Array {
    return this.#run.tool;
  }
  get contactForceN(): number {
    return this.#run.frame[this.#force]!;
  }

  step(): void {
    this.#steps++;
    this.#director.seek(this.#steps * STEP_S);
    this.#run.step(this.#director.command);
  }

  /** how far the tool is from where the plan wants it now */
  deviationM(): number {
    this.#wanted.move(this.#director.command, this.#still);
    const [a, b] = [this.tool, this.#wanted.toolAt];
    const [x, y, z] = [a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!];
    return Math.sqrt(x * x + y * y + z * z);
  }
}
