import { cos, sin } from "../base/math.ts";
import type { BoxDescription, CellDescription } from "./cell.ts";

/** Ranges of the floor scanner without noise: what stands still is known beforehand, the person is a circle. */
export interface ScanRays {
  cast(bodyX: number, bodyY: number, out: Float64Array): void;
}

export function createScanRays(cell: CellDescription): ScanRays {
  const { scan } = cell.sensors;
  const [sx, sy, sz] = scan.atM;
  const radius = cell.person.body.radiusM;
  const directionX = new Float64Array(scan.rays);
  const directionY = new Float64Array(scan.rays);
  const still = new Float64Array(scan.rays);
  const boxes = [cell.table, ...cell.fixtures].filter(
    (box) => Math.abs(sz - box.centreM[2]) < box.sizeM[2] / 2,
  );
  for (let i = 0; i < scan.rays; i++) {
    const angle = scan.angleMinRad + i * scan.angleStepRad;
    directionX[i] = cos(angle);
    directionY[i] = sin(angle);
    still[i] = boxes.reduce(
      (near, box) => Math.min(near, toBox(box, sx, sy, directionX[i]!, directionY[i]!)),
      scan.maxM,
    );
  }
  return {
    cast(bodyX, bodyY, out) {
      const x = bodyX - sx,
        y = bodyY - sy;
      const outside = x * x + y * y - radius * radius;
      for (let i = 0; i < scan.rays; i++) {
        const along = x * directionX[i]! + y * directionY[i]!;
        const half = along * along - outside;
        let range = still[i]!;
        if (outside <= 0) range = 0;
        else if (along > 0 && half > 0) range = Math.min(range, along - Math.sqrt(half));
        out[i] = range;
      }
    },
  };
}

/** Distance along a level ray to an upright box, infinite without a hit. */
function toBox(box: BoxDescription, x: number, y: number, dx: number, dy: number): number {
  let enter = 0;
  let leave = Number.POSITIVE_INFINITY;
  for (const [from, direction, centre, size] of [
    [x, dx, box.centreM[0], box.sizeM[0]],
    [y, dy, box.centreM[1], box.sizeM[1]],
  ] as const) {
    const a = (centre - size / 2 - from) / direction;
    const b = (centre + size / 2 - from) / direction;
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
  }
  return enter <= leave ? enter : Number.POSITIVE_INFINITY;
}
