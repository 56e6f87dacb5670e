/** Parameters of a ROS node, as its file has them. */
export type Parameters = Readonly<Record<string, unknown>>;
export type Corner = readonly [x: number, y: number];

export const isMapping = (value: unknown): value is Parameters =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const numberIn = (of: Parameters, key: string): number | undefined =>
  typeof of[key] === "number" && Number.isFinite(of[key]) ? (of[key] as number) : undefined;
export const textIn = (of: Parameters, key: string): string | undefined =>
  typeof of[key] === "string" && of[key] !== "" ? (of[key] as string) : undefined;
export const textsIn = (of: Parameters, key: string): readonly string[] =>
  Array.isArray(of[key]) ? of[key].filter((one): one is string => typeof one === "string") : [];

/** Corners as newer files write them, "[[x, y], …]", or as a flat list; null: neither. */
export function cornersOf(value: unknown): readonly Corner[] | null {
  const list = typeof value === "string" ? parsed(value) : value;
  if (!Array.isArray(list)) return null;
  const flat = list.flat() as unknown[];
  if (flat.length < 6 || flat.length % 2 !== 0) return null;
  if (!flat.every((v): v is number => typeof v === "number" && Number.isFinite(v))) return null;
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);
}
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A name that a deployment takes, made of one that ROS takes. */
export function nameOf(text: string, taken: ReadonlySet<string>): string {
  const bare = text
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "")
    .slice(0, 56);
  const stem = bare === "" ? "zone" : bare;
  let name = stem;
  for (let i = 2; taken.has(name); i++) name = `${stem}_${i}`;
  return name;
}
