import type { MassPoint } from "./dynamics.ts";
import type { Pose } from "./pose.ts";

/** Tables are rounded: a moment may be too large by this share of all three. */
const ROUNDING = 1e-3;

/** Why no real body can have this mass and inertia (xx yy zz xy xz yz about its centre); null: it can. */
export function impossibleBody(massKg: number, inertia: readonly number[]): string | null {
  if (!Number.isFinite(massKg) || massKg <= 0) return `mass ${massKg} kg is not positive`;
  if (!inertia.every(Number.isFinite)) return "inertia is not finite";
  if (!isPositive(inertia, 0)) return "inertia is not positive definite";
  const [xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0] = inertia;
  const half = (xx + yy + zz) / 2;
  // where the mass lies, axis by axis: no direction can hold less than none of it
  const spread = [half - xx, half - yy, half - zz, -xy, -xz, -yz];
  return isPositive(spread, 2 * half * ROUNDING)
    ? null
    : "inertia breaks the triangle rule: one moment is larger than the two others together";
}

/** All three leading minors, with `room` added along the diagonal. */
function isPositive(
  [xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0]: readonly number[],
  room: number,
): boolean {
  const [a, b, c] = [xx + room, yy + room, zz + room];
  const second = a * b - xy * xy;
  const third = a * (b * c - yz * yz) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz);
  return a > 0 && second > 0 && third > 0;
}

/** A body given in a frame, said in the frame that holds it. */
export function bodyIn(pose: Pose, { massKg, centreM, inertiaKgM2 }: MassPoint): MassPoint {
  return { massKg, centreM: pointIn(pose, centreM), inertiaKgM2: turned(pose, inertiaKgM2) };
}
export const pointIn = (p: Pose, [x = 0, y = 0, z = 0]: readonly number[]): number[] =>
  [0, 4, 8].map((r) => p[r]! * x + p[r + 1]! * y + p[r + 2]! * z + p[r + 3]!);

/** R · I · Rᵀ */
function turned(pose: Pose, [xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0]: readonly number[]): number[] {
  const half = [0, 4, 8].map((r) => {
    const [a, b, c] = [pose[r]!, pose[r + 1]!, pose[r + 2]!];
    return [a * xx + b * xy + c * xz, a * xy + b * yy + c * yz, a * xz + b * yz + c * zz];
  });
  const at = (i: number, j: number): number =>
    [0, 1, 2].reduce((sum, k) => sum + half[i]![k]! * pose[4 * j + k]!, 0);
  return [at(0, 0), at(1, 1), at(2, 2), at(0, 1), at(0, 2), at(1, 2)];
}

/** Several bodies that move as one. */
export function merged(parts: readonly MassPoint[]): MassPoint {
  const massKg = parts.reduce((sum, part) => sum + part.massKg, 0);
  const centreM = [0, 1, 2].map((k) => parts.reduce((sum, p) => sum + p.massKg * p.centreM[k]!, 0) / massKg);
  const inertiaKgM2 = [0, 1, 2, 3, 4, 5].map((k) =>
    parts.reduce((sum, p) => sum + shifted(p, centreM)[k]!, 0),
  );
  return { massKg, centreM, inertiaKgM2 };
}
/** Inertia about another point than the centre. */
function shifted({ massKg, centreM, inertiaKgM2 }: MassPoint, to: readonly number[]): number[] {
  const [x, y, z] = [0, 1, 2].map((k) => centreM[k]! - to[k]!) as [number, number, number];
  const own = [y * y + z * z, x * x + z * z, x * x + y * y, -x * y, -x * z, -y * z];
  return own.map((value, k) => inertiaKgM2[k]! + massKg * value);
}
