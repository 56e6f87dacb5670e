import { assert } from "../../base/assert.ts";
import { atan2, cos, PI, sin } from "../../base/math.ts";
import type { ArmChain, Kinematics } from "../../robot/index.ts";

const AGREEMENT_M = 1e-9;

export function armChainOf(arm: Kinematics): ArmChain {
  const n = arm.joints;
  assert(arm.bodyPoints === n + 1, "the body's points are the joints and the tool");
  const zero = new Float64Array(n);
  const screws = screwsAt(arm, zero);
  const body = new Float64Array(3 * (n + 1));
  arm.body(zero, body);
  const order = orderOf(arm);
  const frames = order.map((j) => alignedWith(screws.subarray(6 * j, 6 * j + 3)));
  const splits = frames.map((frame, i) =>
    splitTurn(i === 0 ? frame : transposedTimes(frames[i - 1]!, frame)),
  );
  const levers = frames.flatMap((frame, i) => {
    const lever = [0, 1, 2].map((k) => body[3 * (i + 1) + k]! - body[3 * i + k]!);
    const own = [0, 1, 2].map(
      (c) => frame[c]! * lever[0]! + frame[3 + c]! * lever[1]! + frame[6 + c]! * lever[2]!,
    );
    return turnedBack(own as [number, number, number], splits[i + 1]?.before ?? 0);
  });
  const chain: ArmChain = {
    joints: n,
    order,
    origin: Array.from(body.subarray(0, 3)),
    root: frames[0]!,
    tilts: splits.flatMap(({ tilt }, i) => (i === 0 ? [1, 0] : [cos(tilt), sin(tilt)])),
    phases: splits.map(({ after }, i) => (i === 0 ? 0 : after) + (splits[i + 1]?.before ?? 0)),
    levers,
  };
  assertAgrees(chain, arm);
  return chain;
}

/** A rotation as turn about z, tilt about x, turn about z. Without a tilt one turn is enough. */
function splitTurn(r: readonly number[]): { before: number; tilt: number; after: number } {
  const lean = Math.sqrt(r[2]! * r[2]! + r[5]! * r[5]!);
  if (lean < UPRIGHT) return { before: atan2(r[3]!, r[0]!), tilt: r[8]! > 0 ? 0 : PI, after: 0 };
  return { before: atan2(r[2]!, -r[5]!), tilt: atan2(lean, r[8]!), after: atan2(r[6]!, r[7]!) };
}
const UPRIGHT = 1e-12;

function turnedBack([x, y, z]: [number, number, number], angle: number): number[] {
  const [c, s] = [cos(angle), sin(angle)];
  return [c * x + s * y, c * y - s * x, z];
}

/** Axis and moment (axis × place) of every joint: 6 numbers each, which only joints before it can change. */
function screwsAt(arm: Kinematics, q: Float64Array): Float64Array {
  const n = arm.joints;
  const jacobian = new Float64Array(6 * n);
  const tool = new Float64Array(3);
  arm.jacobian(q, jacobian);
  arm.tool(q, tool);
  const screws = new Float64Array(6 * n);
  for (let j = 0; j < n; j++) {
    const [x, y, z] = [3, 4, 5].map((k) => jacobian[k * n + j]!) as [number, number, number];
    screws.set([x, y, z], 6 * j);
    screws[6 * j + 3] = y * tool[2]! - z * tool[1]! - jacobian[j]!;
    screws[6 * j + 4] = z * tool[0]! - x * tool[2]! - jacobian[n + j]!;
    screws[6 * j + 5] = x * tool[1]! - y * tool[0]! - jacobian[2 * n + j]!;
  }
  return screws;
}

const MOVED = 1e-9;

/**
 * A joint comes after those whose turning moves its axis; joints that do not mind keep their order. Looked at with every
 * joint turned: at zero, axes of an arm with seven joints lie on one line, and turning about it moves none of them.
 */
function orderOf(arm: Kinematics): number[] {
  const n = arm.joints;
  const after = new Int32Array(n);
  const bent = (): Float64Array => Float64Array.from({ length: n }, (_, j) => 0.3 + 0.37 * j);
  const still = screwsAt(arm, bent());
  for (let j = 0; j < n; j++) {
    const q = bent();
    q[j] = q[j]! + 0.7;
    const moved = screwsAt(arm, q);
    for (let other = 0; other < n; other++)
      if (
        other !== j &&
        [0, 1, 2, 3, 4, 5].some((k) => Math.abs(moved[6 * other + k]! - still[6 * other + k]!) > MOVED)
      )
        after[other]!++;
  }
  return Array.from({ length: n }, (_, j) => j).sort((a, b) => after[a]! - after[b]! || a - b);
}

/** A rotation, row by row, whose third column is the axis. The first is square to it and to the axis it leans on least. */
function alignedWith(axis: ArrayLike<number>): number[] {
  const [x, y, z] = [axis[0]!, axis[1]!, axis[2]!];
  const flat = Math.abs(z) < 0.7;
  const [ux, uy, uz] = flat ? [y, -x, 0] : [0, z, -y];
  const length = Math.sqrt(ux * ux + uy * uy + uz * uz);
  const [a, b, c] = [ux / length, uy / length, uz / length];
  return [a, y * c - z * b, x, b, z * a - x * c, y, c, x * b - y * a, z];
}

function transposedTimes(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  for (let r = 0; r < 3; r++)
    for (let c = 0; c < 3; c++) out.push(a[r]! * b[c]! + a[3 + r]! * b[3 + c]! + a[6 + r]! * b[6 + c]!);
  return out;
}

/** The same in the form that is fast to read. */
export interface TypedChain {
  readonly joints: number;
  readonly order: Int32Array;
  readonly origin: Float64Array;
  readonly root: Float64Array;
  readonly tilts: Float64Array;
  readonly levers: Float64Array;
}
export const typedChain = (chain: ArmChain): TypedChain => ({
  joints: chain.joints,
  order: Int32Array.from(chain.order),
  origin: Float64Array.from(chain.origin),
  root: Float64Array.from(chain.root),
  tilts: Float64Array.from(chain.tilts),
  levers: Float64Array.from(chain.levers),
});
/** No turn of one radian moves a point of the body farther than this. */
export function reachOf(chain: ArmChain): number {
  let reach = 0;
  for (let i = 0; i < chain.joints; i++) {
    const [x, y, z] = chain.levers.slice(3 * i, 3 * i + 3) as [number, number, number];
    reach += Math.sqrt(x * x + y * y + z * z);
  }
  return reach;
}

/** Points of the body for joint angles, phases included, given as sines and cosines. */
export function bodyOf(
  chain: TypedChain,
  sines: Float64Array,
  cosines: Float64Array,
  out: Float64Array,
): void {
  const { root, tilts, levers, order, joints } = chain;
  let x = chain.origin[0]!,
    y = chain.origin[1]!,
    z = chain.origin[2]!;
  let a = root[0]!,
    b = root[1]!,
    c = root[2]!,
    d = root[3]!,
    e = root[4]!,
    f = root[5]!,
    g = root[6]!,
    h = root[7]!,
    i = root[8]!;
  out[0] = x;
  out[1] = y;
  out[2] = z;
  for (let n = 0; n < joints; n++) {
    if (n > 0) {
      const p = tilts[2 * n]!,
        q = tilts[2 * n + 1]!;
      const b0 = b * p + c * q,
        e0 = e * p + f * q,
        h0 = h * p + i * q;
      c = c * p - b * q;
      f = f * p - e * q;
      i = i * p - h * q;
      b = b0;
      e = e0;
      h = h0;
    }
    const j = order[n]!;
    const s = sines[j]!,
      k = cosines[j]!;
    const a0 = a,
      d0 = d,
      g0 = g;
    a = a0 * k + b * s;
    b = b * k - a0 * s;
    d = d0 * k + e * s;
    e = e * k - d0 * s;
    g = g0 * k + h * s;
    h = h * k - g0 * s;
    const at = 3 * n;
    const u = levers[at]!,
      v = levers[at + 1]!,
      w = levers[at + 2]!;
    x += a * u + b * v + c * w;
    y += d * u + e * v + f * w;
    z += g * u + h * v + i * w;
    out[at + 3] = x;
    out[at + 4] = y;
    out[at + 5] = z;
  }
}

/**
 * The body for sines and cosines as above, and the velocity of each of its points for these joint speeds.
 */
export function movingBodyOf(
  chain: TypedChain,
  { sines, cosines, rates, frame, body, speeds }: MovingBody,
): void {
  const { root, tilts, levers, order, joints } = chain;
  frame.set(root);
  frame.fill(0, 9);
  for (let k = 0; k < 3; k++) {
    body[k] = chain.origin[k]!;
    speeds[k] = 0;
  }
  for (let n = 0; n < joints; n++) {
    const j = order[n]!;
    const p = tilts[2 * n]!,
      q = tilts[2 * n + 1]!;
    const s = sines[j]!,
      k = cosines[j]!;
    for (let row = 0; row < 3; row++) {
      const at = 3 * row;
      const a = frame[at]!,
        b = frame[at + 1]!,
        c = frame[at + 2]!;
      const tilted = b * p + c * q;
      const axis = c * p - b * q;
      frame[at] = a * k + tilted * s;
      frame[at + 1] = tilted * k - a * s;
      frame[at + 2] = axis;
      frame[SPIN + row] = frame[SPIN + row]! + axis * rates[j]!;
      frame[LEVER + row] =
        frame[at]! * levers[3 * n]! + frame[at + 1]! * levers[3 * n + 1]! + axis * levers[3 * n + 2]!;
    }
    const at = 3 * n;
    const wx = frame[SPIN]!,
      wy = frame[SPIN + 1]!,
      wz = frame[SPIN + 2]!;
    const lx = frame[LEVER]!,
      ly = frame[LEVER + 1]!,
      lz = frame[LEVER + 2]!;
    body[at + 3] = body[at]! + lx;
    body[at + 4] = body[at + 1]! + ly;
    body[at + 5] = body[at + 2]! + lz;
    speeds[at + 3] = speeds[at]! + wy * lz - wz * ly;
    speeds[at + 4] = speeds[at + 1]! + wz * lx - wx * lz;
    speeds[at + 5] = speeds[at + 2]! + wx * ly - wy * lx;
  }
}
const SPIN = 9;
const LEVER = 12;

/** What `movingBodyOf` reads and writes, made once. */
export interface MovingBody {
  readonly sines: Float64Array;
  readonly cosines: Float64Array;
  readonly rates: Float64Array;
  /** the frame of the link at hand, its turning and its lever */
  readonly frame: Float64Array;
  readonly body: Float64Array;
  readonly speeds: Float64Array;
}
export const movingBody = (joints: number): MovingBody => ({
  sines: new Float64Array(joints),
  cosines: new Float64Array(joints),
  rates: new Float64Array(joints),
  frame: new Float64Array(15),
  body: new Float64Array(3 * joints + 3),
  speeds: new Float64Array(3 * joints + 3),
});

/** Angle that is added to each joint, in the order of the joints. */
export function phasesOf(chain: ArmChain): Float64Array {
  const phases = new Float64Array(chain.joints);
  chain.order.forEach((joint, n) => (phases[joint] = chain.phases[n]!));
  return phases;
}

/** The reading-off is compared with its source in a pose where every joint is turned. */
function assertAgrees(chain: ArmChain, arm: Kinematics): void {
  const n = chain.joints;
  const q = Float64Array.from({ length: n }, (_, j) => 0.3 + 0.4 * j);
  const theirs = new Float64Array(3 * (n + 1));
  const ours = new Float64Array(3 * (n + 1));
  arm.body(q, theirs);
  const phases = phasesOf(chain);
  bodyOf(
    typedChain(chain),
    q.map((v, j) => sin(v + phases[j]!)),
    q.map((v, j) => cos(v + phases[j]!)),
    ours,
  );
  for (let k = 0; k < ours.length; k++)
    assert(Math.abs(ours[k]! - theirs[k]!) < AGREEMENT_M, "chain and kinematics agree");
}
