/** Puts a value into a row that is sorted from small to large; the largest falls out. */
export function insertSorted(row: Float64Array, value: number): void {
  let at = row.length - 1;
  while (at > 0 && row[at - 1]! > value) {
    row[at] = row[at - 1]!;
    at--;
  }
  row[at] = value;
}
