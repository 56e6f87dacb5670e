import { cos, sin } from "../base/math.ts";
import { type CellDescription, flangeOf } from "./cell.ts";

/** One body of the arm, given in the link that carries it. */
export interface Mass {
  readonly link: number;
  readonly massKg: number;
  readonly centre: readonly number[];
  readonly inertia: readonly number[];
  /** xy, xz, yz; null: none */
  readonly products: readonly number[] | null;
}
/** From one joint to the next: a lever, then a tilt about x. */
export interface ArmRow {
  readonly aM: number;
  readonly bM: number;
  readonly dM: number;
  readonly ca: number;
  readonly sa: number;
}

export const rowsOf = ({ arm }: CellDescription): readonly ArmRow[] =>
  arm.joints.map(({ dh: { aM, bM = 0, dM, alphaRad } }) => ({
    aM,
    bM,
    dM,
    ca: cos(alphaRad),
    sa: sin(alphaRad),
  }));

/** The links, then the tool. */
export function massesOf(cell: CellDescription): readonly Mass[] {
  const { arm, tool } = cell;
  const [x, y, z] = tool.centreM;
  const [fx, fy, fz] = flangeOf(cell);
  return [
    ...arm.links.map((link, i) => ({
      link: i,
      massKg: link.massKg,
      centre: link.centreM,
      inertia: link.inertiaKgM2,
      products: link.productsKgM2 ?? null,
    })),
    {
      link: arm.links.length - 1,
      massKg: tool.massKg,
      centre: [x + fx, y + fy, z + fz],
      inertia: tool.inertiaKgM2,
      products: null,
    },
  ];
}

export function rotorsOf({ arm }: CellDescription): Float64Array | null {
  const rotors = arm.joints.map((joint) => joint.rotorInertiaKgM2 ?? 0);
  return rotors.some((rotor) => rotor > 0) ? Float64Array.from(rotors) : null;
}
