import { cos, PI, sin } from "../base/math.ts";

/** A rigid pose as a 3×4 matrix, row by row: r00 r01 r02 x, r10 r11 r12 y, r20 r21 r22 z. */
export type Pose = Float64Array;
export const POSE_SIZE = 12;

export const identityPose = (): Pose => Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0);
export const translation = (x: number, y: number, z: number): Pose =>
  Float64Array.of(1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, z);

export function rotationZ(angle: number): Pose {
  const c = cos(angle);
  const s = sin(angle);
  return Float64Array.of(c, -s, 0, 0, s, c, 0, 0, 0, 0, 1, 0);
}
export function rotationX(angle: number): Pose {
  const c = cos(angle);
  const s = sin(angle);
  return Float64Array.of(1, 0, 0, 0, 0, c, -s, 0, 0, s, c, 0);
}
function rotationY(angle: number): Pose {
  const c = cos(angle);
  const s = sin(angle);
  return Float64Array.of(c, 0, s, 0, 0, 1, 0, 0, -s, 0, c, 0);
}
/** The fixed-axis angles that URDF and SDF use: first about x, then y, then z. */
export const rollPitchYaw = (roll: number, pitch: number, yaw: number): Pose =>
  compose(rotationZ(yaw), rotationY(pitch), rotationX(roll));

/** A rotation by a quaternion of length one. */
export function quaternion(x: number, y: number, z: number, w: number): Pose {
  return Float64Array.of(
    1 - 2 * (y * y + z * z),
    2 * (x * y - z * w),
    2 * (x * z + y * w),
    0,
    2 * (x * y + z * w),
    1 - 2 * (x * x + z * z),
    2 * (y * z - x * w),
    0,
    2 * (x * z - y * w),
    2 * (y * z + x * w),
    1 - 2 * (x * x + y * y),
    0,
  );
}

export const compose = (...poses: readonly Pose[]): Pose =>
  poses.reduce((left, right) => {
    const out = new Float64Array(POSE_SIZE);
    multiplyPose(left, 0, right, 0, out, 0);
    return out;
  }, identityPose());

/** out[o…] = a[i…] · b[j…]; `out` must not overlap its inputs. */
export function multiplyPose(a: Pose, i: number, b: Pose, j: number, out: Pose, o: number): void {
  for (let row = 0; row < 12; row += 4) {
    const x = a[i + row]!;
    const y = a[i + row + 1]!;
    const z = a[i + row + 2]!;
    out[o + row] = x * b[j]! + y * b[j + 4]! + z * b[j + 8]!;
    out[o + row + 1] = x * b[j + 1]! + y * b[j + 5]! + z * b[j + 9]!;
    out[o + row + 2] = x * b[j + 2]! + y * b[j + 6]! + z * b[j + 10]!;
    out[o + row + 3] = x * b[j + 3]! + y * b[j + 7]! + z * b[j + 11]! + a[i + row + 3]!;
  }
}

/** out = pose · Rz(angle), in place allowed: only the first two columns mix. */
export function turnZ(pose: Pose, at: number, angle: number): void {
  const c = cos(angle);
  const s = sin(angle);
  for (let row = at; row < at + 12; row += 4) {
    const x = pose[row]!;
    const y = pose[row + 1]!;
    pose[row] = x * c + y * s;
    pose[row + 1] = y * c - x * s;
  }
}

/** A rotation that takes the z axis to `axis` (unit length). */
export function alignZ(x: number, y: number, z: number): Pose {
  if (z < -1 + 1e-12) return rotationX(PI);
  const k = 1 / (1 + z);
  return Float64Array.of(
    1 - k * x * x,
    -k * x * y,
    x,
    0,
    -k * x * y,
    1 - k * y * y,
    y,
    0,
    -x,
    -y,
    1 - k * (x * x + y * y),
    0,
  );
}

export const inverseRotation = (r: Pose): Pose =>
  Float64Array.of(r[0]!, r[4]!, r[8]!, 0, r[1]!, r[5]!, r[9]!, 0, r[2]!, r[6]!, r[10]!, 0);
