import { assert } from "../../base/assert.ts";
import { cos, sin } from "../../base/math.ts";
import type { Kinematics } from "../../robot/index.ts";

/**
 * An arm as plain numbers that a thread can be sent: turn about z, fixed turn and lever to the next joint,
 * and so on to the tool. Read off from any kinematics by looking at its zero pose.
 */
export interface ArmChain {
  readonly joints: number;
  /** for each turn from base to tool: its place in the row of joint angles */
  readonly order: readonly number[];
  /** x y z of the first joint */
  readonly origin: readonly number[];
  /** 9 per joint: turn from the frame before to the frame whose z is the joint's axis */
  readonly turns: readonly number[];
  /** 3 per joint: from this joint to the next point of the body, in the joint's own frame */
  readonly levers: readonly number[];
}

const AGREEMENT_M = 1e-9;

export function armChainOf(arm: Kinematics): ArmChain {
  const n = arm.joints;
  assert(arm.bodyPoints === n + 1, "the body's points are the joints and the tool");
  const zero = new Float64Array(n);
  const screws = screwsAt(arm, zero);
  const body = new Float64Array(3 * (n + 1));
  arm.body(zero, body);
  const order = orderOf(arm, screws);
  const frames = order.map((j) => alignedWith(screws.subarray(6 * j, 6 * j + 3)));
  const turns: number[] = [];
  const levers: number[] = [];
  frames.forEach((frame, i) => {
    turns.push(...(i === 0 ? frame : transposedTimes(frames[i - 1]!, frame)));
    const lever = [0, 1, 2].map((k) => body[3 * (i + 1) + k]! - body[3 * i + k]!);
    levers.push(
      ...[0, 1, 2].map((c) => frame[c]! * lever[0]! + frame[3 + c]! * lever[1]! + frame[6 + c]! * lever[2]!),
    );
  });
  const chain = { joints: n, order, origin: Array.from(body.subarray(0, 3)), turns, levers };
  assertAgrees(chain, arm);
  return chain;
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

/** A joint comes after those whose turning moves its axis; joints that do not mind keep their order. */
function orderOf(arm: Kinematics, still: Float64Array): number[] {
  const n = arm.joints;
  const after = new Int32Array(n);
  for (let j = 0; j < n; j++) {
    const q = new Float64Array(n);
    q[j] = 0.7;
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
  readonly turns: Float64Array;
  readonly levers: Float64Array;
}
export const typedChain = (chain: ArmChain): TypedChain => ({
  joints: chain.joints,
  order: Int32Array.from(chain.order),
  origin: Float64Array.from(chain.origin),
  turns: Float64Array.from(chain.turns),
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

/** Points of the body for joint angles given as sines and cosines. */
export function bodyOf(
  chain: TypedChain,
  sines: Float64Array,
  cosines: Float64Array,
  out: Float64Array,
): void {
  const { turns, levers, order } = chain;
  let x = chain.origin[0]!,
    y = chain.origin[1]!,
    z = chain.origin[2]!;
  let a = 1,
    b = 0,
    c = 0,
    d = 0,
    e = 1,
    f = 0,
    g = 0,
    h = 0,
    i = 1;
  out[0] = x;
  out[1] = y;
  out[2] = z;
  for (let n = 0; n < chain.joints; n++) {
    const t = 9 * n;
    const t0 = turns[t]!,
      t1 = turns[t + 1]!,
      t2 = turns[t + 2]!,
      t3 = turns[t + 3]!,
      t4 = turns[t + 4]!;
    const t5 = turns[t + 5]!,
      t6 = turns[t + 6]!,
      t7 = turns[t + 7]!,
      t8 = turns[t + 8]!;
    const s = sines[order[n]!]!,
      k = cosines[order[n]!]!;
    const a0 = a * t0 + b * t3 + c * t6,
      b0 = a * t1 + b * t4 + c * t7;
    const d0 = d * t0 + e * t3 + f * t6,
      e0 = d * t1 + e * t4 + f * t7;
    const g0 = g * t0 + h * t3 + i * t6,
      h0 = g * t1 + h * t4 + i * t7;
    c = a * t2 + b * t5 + c * t8;
    f = d * t2 + e * t5 + f * t8;
    i = g * t2 + h * t5 + i * t8;
    a = a0 * k + b0 * s;
    b = b0 * k - a0 * s;
    d = d0 * k + e0 * s;
    e = e0 * k - d0 * s;
    g = g0 * k + h0 * s;
    h = h0 * k - g0 * s;
    const u = levers[3 * n]!,
      v = levers[3 * n + 1]!,
      w = levers[3 * n + 2]!;
    x += a * u + b * v + c * w;
    y += d * u + e * v + f * w;
    z += g * u + h * v + i * w;
    out[3 * n + 3] = x;
    out[3 * n + 4] = y;
    out[3 * n + 5] = z;
  }
}

/** The reading-off is compared with its source in a pose where every joint is turned. */
function assertAgrees(chain: ArmChain, arm: Kinematics): void {
  const n = chain.joints;
  const q = Float64Array.from({ length: n }, (_, j) => 0.3 + 0.4 * j);
  const theirs = new Float64Array(3 * (n + 1));
  const ours = new Float64Array(3 * (n + 1));
  arm.body(q, theirs);
  bodyOf(
    typedChain(chain),
    q.map((v) => sin(v)),
    q.map((v) => cos(v)),
    ours,
  );
  for (let k = 0; k < ours.length; k++)
    assert(Math.abs(ours[k]! - theirs[k]!) < AGREEMENT_M, "chain and kinematics agree");
}
