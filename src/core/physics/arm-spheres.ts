import { type CellDescription, flangeOf } from "./cell.ts";

/** A sphere of the arm in the world. */
export interface ArmSpheres {
  readonly count: number;
  /** x y z of each */
  readonly at: Float64Array;
  readonly radius: Float64Array;
  /** which link carries it; the tool counts as part of the last one */
  readonly link: Int32Array;
  /** first sphere beyond the force/torque sensor */
  readonly firstOfTool: number;
  /** x y z of each in its link */
  readonly local: Float64Array;
}

export function armSpheresOf(cell: CellDescription): ArmSpheres {
  const last = cell.arm.links.length - 1;
  const [fx, fy, fz] = flangeOf(cell);
  const all = cell.arm.links.flatMap((link, i) =>
    link.spheres.map((s) => ({ link: i, at: [...s.atM], radius: s.radiusM })),
  );
  const firstOfTool = all.length;
  for (const s of cell.tool.spheres)
    all.push({ link: last, at: [s.atM[0] + fx, s.atM[1] + fy, s.atM[2] + fz], radius: s.radiusM });
  return {
    count: all.length,
    at: new Float64Array(3 * all.length),
    radius: Float64Array.from(all, (s) => s.radius),
    link: Int32Array.from(all, (s) => s.link),
    firstOfTool,
    local: Float64Array.from(all.flatMap((s) => s.at)),
  };
}
