import type { Csv } from "./csv.ts";

/** Which rows of several tables belong together, and how that was decided. */
export interface TableGroups {
  of(file: number, row: number): number;
  readonly count: number;
  /** what a person should know about it; null: as the option says */
  readonly words: string | null;
}

/**
 * Without a column each file is one group: a recording. With one, equal values are one group across all files.
 * The exception is a column that counts from the same number in every file: there the numbers name trials of
 * their own file, and the words say that they were taken so.
 */
export function tableGroups(
  csvs: readonly Csv[],
  columns: readonly number[],
  name: string | null,
): TableGroups {
  if (name === null) return { of: (file) => file, count: csvs.length, words: null };
  const values = csvs.map((csv, file) => [
    ...new Set(csv.rows.map((row) => (row[columns[file] as number] as string).trim())),
  ]);
  const perFile = csvs.length > 1 && restarts(values);
  const places = new Map<string, number>();
  const key = (file: number, value: string): string => (perFile ? `${file}\n${value}` : value);
  values.forEach((own, file) =>
    own.forEach((value) => {
      if (!places.has(key(file, value))) places.set(key(file, value), places.size);
    }),
  );
  const of = (file: number, row: number): number =>
    places.get(key(file, csvs[file]!.rows[row]![columns[file] as number]!.trim()))!;
  return { of, count: places.size, words: perFile ? restartWords(name, csvs.length, places.size) : null };
}
/** Every file holds 0, 1, … n or 1, 2, … n, without a gap. */
function restarts(values: readonly (readonly string[])[]): boolean {
  const starts = values.map((own) => {
    const numbers = own.map(Number).sort((a, b) => a - b);
    const start = numbers[0];
    return own.length > 0 && numbers.every((n, i) => n === (start as number) + i) ? start : Number.NaN;
  });
  return (starts[0] === 0 || starts[0] === 1) && starts.every((start) => start === starts[0]);
}
const restartWords = (name: string, files: number, groups: number): string =>
  `"${name}" counts anew in each of the ${files} files, so equal numbers of different files are taken as different: ${groups} groups. Where they mean the same, put them into one file or name them in words.`;
