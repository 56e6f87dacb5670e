import type { MainModule, MjData, MjModel } from "mujoco-js";
import { assert } from "../../src/core/base/assert.ts";
import { err, ok, type Result } from "../../src/core/base/result.ts";
import {
  type CellDescription,
  type ContactDescription,
  type CommandPlaces,
  commandPlaces,
  type EngineRun,
  type EngineStart,
  type FramePlaces,
  framePlaces,
  PERSON_AXES,
  STEP_S,
  WRENCH_AXES,
  createScanRays,
  type ScanRays,
} from "../../src/core/physics/index.ts";
import type { SyncEngine } from "../create-sim.ts";
import { mjcfOf, PAYLOAD_MIN_KG } from "../worlds/mjcf.ts";

export interface MujocoEngine extends SyncEngine {
  readonly version: string;
  close(): void;
}

/** MuJoCo from its WebAssembly package. The package is optional: the words say what is missing. */
export async function openMujoco(cell: CellDescription): Promise<Result<MujocoEngine, string>> {
  let module: MainModule;
  try {
    const { default: load } = (await import("mujoco-js")) as unknown as {
      default: () => Promise<MainModule>;
    };
    module = await load();
  } catch (cause) {
    return err(`the optional package mujoco-js cannot be loaded: ${(cause as Error).message}`);
  }
  const files = (module as unknown as { FS: { writeFile(path: string, text: string): void } }).FS;
  const path = `/${cell.name}.xml`;
  files.writeFile(path, mjcfOf(cell));
  try {
    const model = module.MjModel.loadFromXML(path);
    if (model === null) return err("MuJoCo refuses the model of the cell");
    const version = `${module.mj_versionString()} (mujoco-js)`;
    return ok({
      torques: true,
      version,
      start: (start) => new MujocoRun(module, model, cell, start),
      close: () => model.delete(),
    });
  } catch (cause) {
    return err(`MuJoCo refuses the model of the cell: ${String((cause as Error).message ?? cause)}`);
  }
}

const MJ_OBJ_BODY = 1;
const MJ_OBJ_GEOM = 5;
const MJ_OBJ_SITE = 6;
const MAX_GEOMS = 1_000;
const NO_DEPTHS: ReadonlyMap<number, number> = new Map();

interface ContactView {
  readonly geom1: number;
  readonly geom2: number;
  readonly dist: number;
  readonly pos: ArrayLike<number>;
  readonly frame: ArrayLike<number>;
  delete(): void;
}

/**
 * Steps the model. The servo works on the command of the step before, so that the frame after a step
 * belongs to the command that was given with it, as in the other engines.
 */
class MujocoRun implements EngineRun {
  readonly frame: Float64Array;
  readonly scan: Float64Array;
  readonly #joints: number;
  readonly #in: CommandPlaces;
  readonly #out: FramePlaces;
  readonly #effort: Float64Array;
  readonly #module: MainModule;
  readonly #model: MjModel;
  readonly #data: MjData;
  readonly #rays: ScanRays;
  readonly #scanEvery: number;
  readonly #last: Float64Array;
  readonly #stiffness: Float64Array;
  readonly #damping: Float64Array;
  readonly #payload: number;
  readonly #tool: number;
  readonly #toolPoint: number;
  /** geom of the person → its body and skin; geom of the arm → its body */
  readonly #person: ReadonlyMap<number, { readonly body: number; readonly contact: ContactDescription }>;
  readonly #arm: ReadonlyMap<number, number>;
  /** depth of each contact in the step before, for its damper */
  #depths: ReadonlyMap<number, number> = NO_DEPTHS;
  #step = 0;

  constructor(module: MainModule, model: MjModel, cell: CellDescription, start: EngineStart) {
    const { joints, limitsEffort = false } = cell.arm;
    this.#joints = joints.length;
    this.#in = commandPlaces(joints.length);
    this.#out = framePlaces(joints.length);
    this.frame = new Float64Array(this.#out.width);
    this.#effort = Float64Array.from(joints, (j) =>
      limitsEffort ? j.maxEffortNm : Number.POSITIVE_INFINITY,
    );
    this.#module = module;
    this.#model = model;
    this.#data = new module.MjData(model);
    this.#scanEvery = start.scanEvery;
    this.scan = new Float64Array(cell.sensors.scan.rays);
    this.#rays = createScanRays(cell);
    this.#last = start.command.slice();
    const { body, hand } = cell.person;
    const five = (of: (part: typeof body | typeof hand) => number) => [
      of(body),
      of(body),
      of(hand),
      of(hand),
      of(hand),
    ];
    this.#stiffness = Float64Array.of(
      ...cell.arm.joints.map((j) => j.stiffnessNmPerRad),
      ...five((p) => p.stiffnessNPerM),
    );
    this.#damping = Float64Array.of(
      ...cell.arm.joints.map((j) => j.dampingNmSPerRad),
      ...five((p) => p.dampingNSPerM),
    );
    this.#payload = module.mj_name2id(model, MJ_OBJ_BODY, "payload");
    this.#tool = module.mj_name2id(model, MJ_OBJ_BODY, "tool");
    const geom = (name: string): number => module.mj_name2id(model, MJ_OBJ_GEOM, name);
    const bodyOf = (name: string): number => module.mj_name2id(model, MJ_OBJ_BODY, name);
    this.#person = new Map([
      [geom("person_body"), { body: bodyOf("person_body"), contact: body.contact }],
      [geom("person_hand"), { body: bodyOf("person_hand"), contact: hand.contact }],
    ]);
    this.#arm = new Map(
      [...cell.arm.links, { ...cell.tool, name: "tool" }].flatMap(({ name, spheres }) =>
        spheres.map((_, k): [number, number] => [geom(`${name}_${k}`), bodyOf(name)]),
      ),
    );
    assert(
      !this.#person.has(-1) && !this.#arm.has(-1) && this.#payload > 0,
      "the model has the parts that it was made with",
    );
    assert(model.ngeom < MAX_GEOMS, "pairs of geoms have one number each");
    this.#toolPoint = 3 * module.mj_name2id(model, MJ_OBJ_SITE, "tool_point");
    this.#begin(start.command);
  }

  #begin(command: Float64Array): void {
    assert(command.length === this.#in.width, "a command row");
    const qpos = this.#data.qpos as Float64Array;
    for (let i = 0; i < this.#joints; i++) qpos[i] = command[this.#in.q + i]!;
    for (let i = 0; i < PERSON_AXES; i++) qpos[this.#joints + i] = command[this.#in.person + i]!;
    this.#module.mj_forward(this.#model, this.#data);
  }

  step(command: Float64Array): void {
    (this.#model.body_mass as Float64Array)[this.#payload] = Math.max(
      PAYLOAD_MIN_KG,
      this.#last[this.#in.payloadKg]!,
    );
    this.#module.mj_step1(this.#model, this.#data);
    this.#touch();
    this.#pull(this.#last);
    this.#drive(this.#last);
    this.#module.mj_step2(this.#model, this.#data);
    this.#last.set(command);
    this.#show();
  }

  #drive(c: Float64Array): void {
    const qpos = this.#data.qpos as Float64Array,
      qvel = this.#data.qvel as Float64Array;
    const applied = this.#data.qfrc_applied as Float64Array;
    for (let i = 0; i < this.#joints; i++) {
      const servo =
        this.#stiffness[i]! * (c[this.#in.q + i]! - qpos[i]!) +
        this.#damping[i]! * (c[this.#in.qd + i]! - qvel[i]!);
      this.frame[this.#out.torque + i] = c[this.#in.torque + i]! + servo;
      const most = this.#effort[i]!;
      const given = Math.max(-most, Math.min(most, c[this.#in.torque + i]! + servo));
      applied[i] = given + c[this.#in.disturbance + i]!;
    }
    for (let i = 0; i < PERSON_AXES; i++) {
      const k = this.#joints + i;
      const spring = this.#stiffness[k]! * (c[this.#in.person + i]! - qpos[k]!);
      applied[k] =
        c[this.#in.personForce + i]! +
        spring +
        this.#damping[k]! * (c[this.#in.personVelocity + i]! - qvel[k]!);
    }
  }

  #pull(c: Float64Array): void {
    const fx = c[this.#in.pull]!,
      fy = c[this.#in.pull + 1]!,
      fz = c[this.#in.pull + 2]!;
    if (fx !== 0 || fy !== 0 || fz !== 0)
      this.#pushAt(
        this.#tool,
        (this.#data.site_xpos as Float64Array).subarray(this.#toolPoint, this.#toolPoint + 3),
        fx,
        fy,
        fz,
      );
  }

  #show(): void {
    const { frame } = this;
    const qpos = this.#data.qpos as Float64Array,
      qvel = this.#data.qvel as Float64Array,
      felt = this.#data.sensordata as Float64Array;
    for (let i = 0; i < this.#joints; i++) {
      frame[this.#out.q + i] = qpos[i]!;
      frame[this.#out.qd + i] = qvel[i]!;
    }
    for (let i = 0; i < WRENCH_AXES; i++) frame[this.#out.wrench + i] = -felt[i]!;
    for (let i = 0; i < PERSON_AXES; i++) {
      frame[this.#out.person + i] = qpos[this.#joints + i]!;
      frame[this.#out.personVelocity + i] = qvel[this.#joints + i]!;
    }
    const scanned = this.#scanEvery > 0 && this.#step % this.#scanEvery === 0;
    if (scanned) this.#rays.cast(qpos[this.#joints]!, qpos[this.#joints + 1]!, this.scan);
    frame[this.#out.scanned] = scanned ? 1 : 0;
    frame[this.#out.step] = this.#step++;
  }

  /** spring and damper for every contact of arm and person that MuJoCo found at this position */
  #touch(): void {
    const outer = this.#data.xfrc_applied as Float64Array;
    outer.fill(0);
    let sum = 0;
    let contacts = 0;
    const { ncon } = this.#data as unknown as { ncon: number };
    const found = this.#data.contact as { get(i: number): ContactView };
    const depths = this.#depths;
    this.#depths = ncon === 0 ? NO_DEPTHS : new Map();
    for (let i = 0; i < ncon; i++) {
      const contact = found.get(i);
      const force = this.#press(contact, depths);
      contact.delete();
      sum += force;
      if (force > 0) contacts++;
    }
    this.frame[this.#out.contactForce] = sum;
    this.frame[this.#out.contacts] = contacts;
  }

  #press({ geom1, geom2, dist, frame, pos }: ContactView, before: ReadonlyMap<number, number>): number {
    const person = this.#person.get(geom1) ?? this.#person.get(geom2);
    const arm = this.#arm.get(geom1) ?? this.#arm.get(geom2);
    if (person === undefined || arm === undefined || dist >= 0) return 0;
    const pair = geom1 * MAX_GEOMS + geom2;
    (this.#depths as Map<number, number>).set(pair, -dist);
    const rate = (-dist - (before.get(pair) ?? -dist)) / STEP_S;
    const force = person.contact.stiffnessNPerM * -dist + person.contact.dampingNSPerM * rate;
    if (force <= 0) return 0;
    // the normal of a contact points from its first geom to its second
    const away = this.#person.has(geom1) ? force : -force;
    this.#pushAt(arm, pos, frame[0]! * away, frame[1]! * away, frame[2]! * away);
    this.#pushAt(person.body, pos, -frame[0]! * away, -frame[1]! * away, -frame[2]! * away);
    return force;
  }

  /** adds a force at a world point to what pushes a body */
  #pushAt(body: number, at: ArrayLike<number>, fx: number, fy: number, fz: number): void {
    const outer = this.#data.xfrc_applied as Float64Array,
      centre = this.#data.xipos as Float64Array;
    const x = at[0]! - centre[3 * body]!,
      y = at[1]! - centre[3 * body + 1]!,
      z = at[2]! - centre[3 * body + 2]!;
    const k = 6 * body;
    outer[k] = outer[k]! + fx;
    outer[k + 1] = outer[k + 1]! + fy;
    outer[k + 2] = outer[k + 2]! + fz;
    outer[k + 3] = outer[k + 3]! + y * fz - z * fy;
    outer[k + 4] = outer[k + 4]! + z * fx - x * fz;
    outer[k + 5] = outer[k + 5]! + x * fy - y * fx;
  }

  close(): void {
    this.#data.delete();
  }
}
