import type { Quantity } from "../domain/index.ts";

/** The newest reading of one channel. */
export interface CrossRow {
  readonly name: string;
  readonly quantity: Quantity;
  readonly ageMs: number;
  readonly values: readonly number[];
}
export interface CrossFinding {
  readonly kind: "cross";
  /** pairs of channels that should tell the same and do not */
  readonly conflicts: readonly {
    readonly a: string;
    readonly b: string;
    readonly difference: number;
    readonly allowed: number;
  }[];
  readonly compared: number;
}
/** How far two channels of one quantity may lie apart, in the quantity's unit. */
const ALLOWED: Readonly<Partial<Record<Quantity, number>>> = {
  wrench: 25,
  joints: 0.05,
  estop: 0,
  estopDual: 0,
  protectiveStop: 0,
  grip: 0,
  twist: 0.2,
  currents: 3,
};
/** A scan and a range finder see the nearest thing from different places. */
const NEAREST_ALLOWED_M = 1.5;

/** Compares every two channels that measure the same thing in the same form. */
export function crossCheck(rows: readonly CrossRow[]): CrossFinding {
  const conflicts: CrossFinding["conflicts"][number][] = [];
  let compared = 0;
  for (let i = 0; i < rows.length; i++)
    for (let j = i + 1; j < rows.length; j++) {
      const [a, b] = [rows[i]!, rows[j]!];
      const difference = differenceOf(a, b);
      if (difference === null) continue;
      compared++;
      if (difference.value > difference.allowed)
        conflicts.push({ a: a.name, b: b.name, difference: difference.value, allowed: difference.allowed });
    }
  return { kind: "cross", conflicts, compared };
}

const sees = (row: CrossRow): boolean => row.quantity === "range" || row.quantity === "scan";

function differenceOf(a: CrossRow, b: CrossRow): { value: number; allowed: number } | null {
  if (sees(a) && sees(b) && a.values.length > 0 && b.values.length > 0)
    return { value: Math.abs(Math.min(...a.values) - Math.min(...b.values)), allowed: NEAREST_ALLOWED_M };
  const allowed = ALLOWED[a.quantity];
  if (a.quantity !== b.quantity || allowed === undefined || a.values.length !== b.values.length) return null;
  let most = 0;
  for (let i = 0; i < a.values.length; i++) most = Math.max(most, Math.abs(a.values[i]! - b.values[i]!));
  return { value: most, allowed };
}
