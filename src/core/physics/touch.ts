import type { ArmMotion } from "./arm-motion.ts";
import type { CellDescription } from "./cell.ts";
import {
  type CommandPlaces,
  commandPlaces,
  type FramePlaces,
  framePlaces,
  PERSON_AXES,
  STEP_S,
} from "./engine.ts";

/** The table under a pressed hand. */
const TABLE_STIFFNESS_N_PER_M = 200_000;
const TABLE_DAMPING_NS_PER_M = 200;
/** axis of the person's row at which body and hand begin */
const BODY = 0;
const HAND = 2;

/** Contact of the arm with body and hand, and how both of them move under it. */
export class Touch {
  /** body x y, hand x y z */
  readonly person: Float64Array;
  readonly velocity = new Float64Array(PERSON_AXES);
  readonly #cell: CellDescription;
  readonly #in: CommandPlaces;
  readonly #out: FramePlaces;
  readonly #motion: ArmMotion;
  readonly #torques: Float64Array;
  readonly #outer: Float64Array;
  readonly #push = new Float64Array(PERSON_AXES);
  readonly #mass: Float64Array;
  readonly #spring: Float64Array;
  readonly #damp: Float64Array;
  readonly #top: number;
  readonly #tableTop: number;
  #sum = 0;
  #contacts = 0;

  /** adds what the arm feels to `torques` (per joint) and `outer` (force and moment about the sensor) */
  constructor(
    cell: CellDescription,
    motion: ArmMotion,
    start: Float64Array,
    torques: Float64Array,
    outer: Float64Array,
  ) {
    const { body, hand } = cell.person;
    const both = (of: (part: typeof body | typeof hand) => number): Float64Array =>
      Float64Array.of(of(body), of(body), of(hand), of(hand), of(hand));
    this.#cell = cell;
    this.#in = commandPlaces(cell.arm.joints.length);
    this.#out = framePlaces(cell.arm.joints.length);
    this.#motion = motion;
    this.#torques = torques;
    this.#outer = outer;
    this.person = start;
    this.#mass = both((part) => part.massKg);
    this.#spring = both((part) => part.stiffnessNPerM);
    this.#damp = both((part) => part.dampingNSPerM);
    this.#top = cell.floorZM + body.heightM;
    this.#tableTop = cell.table.centreM[2] + cell.table.sizeM[2] / 2;
  }

  step(command: Float64Array, frame: Float64Array): void {
    this.#push.fill(0);
    this.#sum = 0;
    this.#contacts = 0;
    const { spheres } = this.#motion;
    for (let s = 0; s < spheres.count; s++) {
      this.#meetBody(s, spheres.radius[s]!);
      this.#meetHand(s, spheres.radius[s]!);
    }
    this.#onTable();
    this.#movePerson(command);
    frame[this.#out.contactForce] = this.#sum;
    frame[this.#out.contacts] = this.#contacts;
  }

  #movePerson(command: Float64Array): void {
    const { person, velocity } = this;
    for (let i = 0; i < PERSON_AXES; i++) {
      const wish =
        this.#spring[i]! * (command[this.#in.person + i]! - person[i]!) +
        this.#damp[i]! * (command[this.#in.personVelocity + i]! - velocity[i]!) +
        command[this.#in.personForce + i]!;
      velocity[i] = velocity[i]! + ((wish + this.#push[i]!) / this.#mass[i]!) * STEP_S;
      person[i] = person[i]! + velocity[i]! * STEP_S;
    }
  }

  #meetBody(s: number, r: number): void {
    const { at } = this.#motion.spheres;
    const z = at[3 * s + 2]!;
    const dx = at[3 * s]! - this.person[0]!,
      dy = at[3 * s + 1]! - this.person[1]!;
    const radius = this.#cell.person.body.radiusM;
    const reach = radius + r;
    const square = dx * dx + dy * dy;
    if (square >= reach * reach || z - r > this.#top || square === 0) return;
    const rho = Math.sqrt(square);
    if (z <= this.#top) return this.#meet(s, reach - rho, dx / rho, dy / rho, 0, BODY);
    const lateral = Math.max(0, rho - radius),
      above = z - this.#top;
    const distance = Math.sqrt(lateral * lateral + above * above);
    const level = lateral / distance / rho;
    if (distance < r) this.#meet(s, r - distance, dx * level, dy * level, above / distance, BODY);
  }

  #meetHand(s: number, r: number): void {
    const { at } = this.#motion.spheres;
    const dx = at[3 * s]! - this.person[2]!,
      dy = at[3 * s + 1]! - this.person[3]!,
      dz = at[3 * s + 2]! - this.person[4]!;
    const reach = this.#cell.person.hand.radiusM + r;
    const square = dx * dx + dy * dy + dz * dz;
    if (square >= reach * reach || square === 0) return;
    const distance = Math.sqrt(square);
    this.#meet(s, reach - distance, dx / distance, dy / distance, dz / distance, HAND);
  }

  /** one contact: the normal points from the person to the sphere */
  #meet(s: number, depth: number, nx: number, ny: number, nz: number, part: typeof BODY | typeof HAND): void {
    const { spheres, origin, omega, velocity: joints } = this.#motion;
    const link = spheres.link[s]!,
      k = 3 * link;
    const x = spheres.at[3 * s]!,
      y = spheres.at[3 * s + 1]!,
      z = spheres.at[3 * s + 2]!;
    const rx = x - origin[k]!,
      ry = y - origin[k + 1]!,
      rz = z - origin[k + 2]!;
    const wx = omega[k]!,
      wy = omega[k + 1]!,
      wz = omega[k + 2]!;
    const vx = joints[k]! + wy * rz - wz * ry - this.velocity[part]!;
    const vy = joints[k + 1]! + wz * rx - wx * rz - this.velocity[part + 1]!;
    const vz = joints[k + 2]! + wx * ry - wy * rx - (part === HAND ? this.velocity[4]! : 0);
    const skin = part === HAND ? this.#cell.person.hand.contact : this.#cell.person.body.contact;
    const force = skin.stiffnessNPerM * depth - skin.dampingNSPerM * (vx * nx + vy * ny + vz * nz);
    if (force <= 0) return;
    this.#sum += force;
    this.#contacts++;
    const fx = force * nx,
      fy = force * ny,
      fz = force * nz;
    this.#motion.addPointForce(link, x, y, z, fx, fy, fz, this.#torques);
    if (s >= spheres.firstOfTool) addAboutSensor(this.#motion, this.#outer, x, y, z, fx, fy, fz);
    this.#push[part] = this.#push[part]! - fx;
    this.#push[part + 1] = this.#push[part + 1]! - fy;
    if (part === HAND) this.#push[4] = this.#push[4]! - fz;
  }

  #onTable(): void {
    const { table, person } = this.#cell;
    const depth = this.#tableTop + person.hand.radiusM - this.person[4]!;
    if (depth <= 0) return;
    const inside =
      Math.abs(this.person[2]! - table.centreM[0]) < table.sizeM[0] / 2 &&
      Math.abs(this.person[3]! - table.centreM[1]) < table.sizeM[1] / 2;
    const force = TABLE_STIFFNESS_N_PER_M * depth - TABLE_DAMPING_NS_PER_M * this.velocity[4]!;
    if (inside && force > 0) this.#push[4] = this.#push[4]! + force;
  }
}

/** Adds a force at a point, and its moment about the sensor, to the outer wrench. */
export function addAboutSensor(
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
