import { cos, sin } from "../base/math.ts";
import type { Sample } from "../domain/index.ts";
import type { FeatureChannel, FeatureSetting } from "./feature.ts";
import { JointState } from "./joint-state.ts";

const KEPT = 64;
/** the slope is taken over this long */
const SLOPE_US = 150_000;
const SLOPE_SAMPLES_MIN = 3;

/**
 * How far the nearest obstacle of one distance channel is from the robot, and how fast that shrinks. A
 * range channel is taken at its word. A scan whose place in the cell is known (rules.separation.mount) is
 * measured against the arm's body; another scan gives its shortest ray.
 */
export class ApproachTrack {
  readonly channel: FeatureChannel;
  /** true: it measures from the robot; false: from where the scanner stands */
  readonly fromRobot: boolean;
  readonly #joints: JointState | null;
  readonly #body: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #mount: { readonly x: number; readonly y: number; readonly yaw: number } | null;
  readonly #from: number;
  readonly #to: number;
  readonly #kinematics: FeatureSetting["kinematics"];
  readonly #times = new Float64Array(KEPT);
  readonly #distances = new Float64Array(KEPT);
  #next = 0;
  #held = 0;
  newest = -1;
  trusted = false;
  distanceM = 0;

  constructor(channel: FeatureChannel, setting: FeatureSetting, joints: JointState | null) {
    this.channel = channel;
    this.#kinematics = setting.kinematics;
    this.#joints = joints;
    this.#body = new Float64Array(setting.kinematics.bodyPoints * 3);
    const rule = Object.values(setting.deployment.rules.separation).find((r) => r.channel === channel.name);
    const mount = channel.config.quantity === "scan" && joints !== null ? rule?.mount : undefined;
    this.#mount = mount === undefined ? null : { x: mount.xM, y: mount.yM, yaw: mount.yawRad };
    this.fromRobot = channel.config.quantity === "range" || this.#mount !== null;
    this.#from = rule?.fromRad ?? Number.NEGATIVE_INFINITY;
    this.#to = rule?.toRad ?? Number.POSITIVE_INFINITY;
    const { cosines, sines } = rayTable(channel, this.#mount?.yaw ?? 0);
    this.#cos = cosines;
    this.#sin = sines;
  }

  onSample(sample: Sample): void {
    const { t, values } = sample;
    this.newest = t;
    this.trusted = true;
    this.distanceM = this.#measure(values);
    this.#times[this.#next] = t;
    this.#distances[this.#next] = this.distanceM;
    this.#next = (this.#next + 1) % KEPT;
    if (this.#held < KEPT) this.#held++;
  }
  isFresh(t: number): boolean {
    return this.trusted && t - this.newest <= this.channel.config.maxAgeMs * 1_000;
  }

  #measure(values: Float64Array): number {
    if (this.channel.config.quantity === "range") return values[0] as number;
    const most = this.channel.config.max ?? Number.POSITIVE_INFINITY;
    const mount = this.#mount;
    if (mount !== null && (this.#joints as JointState).seen)
      return this.#fromBody(values, most, mount.x, mount.y);
    let least = most;
    for (let i = 0; i < values.length; i++) {
      const range = values[i] as number;
      if (range < least && this.#inSector(i)) least = range;
    }
    return least;
  }
  #inSector(ray: number): boolean {
    const { angleMinRad = 0, angleStepRad = 0 } = this.channel.config;
    const angle = angleMinRad + ray * angleStepRad;
    return angle >= this.#from && angle <= this.#to;
  }
  /** seen from above: what stands on the floor is as near as its foot */
  #fromBody(values: Float64Array, most: number, x: number, y: number): number {
    const points = this.#body;
    this.#kinematics.body((this.#joints as JointState).position, points);
    let least = most * most;
    const rays = Math.min(values.length, this.#cos.length);
    for (let i = 0; i < rays; i++) {
      const range = values[i] as number;
      if (range >= most || !this.#inSector(i)) continue;
      const hx = x + range * (this.#cos[i] as number);
      const hy = y + range * (this.#sin[i] as number);
      for (let p = 0; p < points.length; p += 3) {
        const dx = hx - (points[p] as number);
        const dy = hy - (points[p + 1] as number);
        const square = dx * dx + dy * dy;
        if (square < least) least = square;
      }
    }
    return Math.sqrt(least);
  }

  /** metres per second by which the distance shrinks, by least squares; 0 while too little was seen */
  closingMPerS(): number {
    let n = 0;
    let sumT = 0;
    let sumD = 0;
    let sumTT = 0;
    let sumTD = 0;
    for (let age = 1; age <= this.#held; age++) {
      const at = (this.#next - age + KEPT) % KEPT;
      const t = (this.newest - (this.#times[at] as number)) / 1e6;
      if (t * 1e6 > SLOPE_US && n >= SLOPE_SAMPLES_MIN) break;
      const d = this.#distances[at] as number;
      n++;
      sumT += t;
      sumD += d;
      sumTT += t * t;
      sumTD += t * d;
    }
    const spread = n * sumTT - sumT * sumT;
    return n < SLOPE_SAMPLES_MIN || spread <= 0 ? 0 : (n * sumTD - sumT * sumD) / spread;
  }
}

function rayTable(channel: FeatureChannel, yaw: number): { cosines: Float64Array; sines: Float64Array } {
  const { quantity, angleMinRad, angleStepRad } = channel.config;
  if (quantity !== "scan" || angleMinRad === undefined || angleStepRad === undefined)
    return { cosines: new Float64Array(0), sines: new Float64Array(0) };
  // a fan never turns more than once round
  const rays = Math.min(8_192, Math.ceil(6.283185307179586 / angleStepRad) + 1);
  const cosines = new Float64Array(rays);
  const sines = new Float64Array(rays);
  for (let i = 0; i < rays; i++) {
    cosines[i] = cos(yaw + angleMinRad + i * angleStepRad);
    sines[i] = sin(yaw + angleMinRad + i * angleStepRad);
  }
  return { cosines, sines };
}
