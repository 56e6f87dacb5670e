import type { FrameTable, Head } from "../../core/risk/index.ts";

/** V_s of every row; NaN where it is not known. The head must be bound to the table's own features. */
export function scoreTable(head: Head, table: FrameTable): Float64Array {
  const width = table.features.length;
  const energies = new Float64Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    const from = row * width;
    energies[row] = head.evaluate({
      values: table.values.subarray(from, from + width),
      present: table.present.subarray(from, from + width),
    });
  }
  return energies;
}
/** Places of the rows whose V_s is known. */
export function knownRows(energies: Float64Array): Int32Array {
  return Int32Array.from({ length: energies.length }, (_, i) => i).filter(
    (row) => (energies[row] as number) >= 0,
  );
}
/** For warnings: what is not known has not warned. The cell itself answers an unknown V_s with RED. */
export const silentWhereUnknown = (energies: Float64Array): Float64Array =>
  energies.map((value) => (value >= 0 ? value : 0));
