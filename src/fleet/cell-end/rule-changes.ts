import type { FleetConfig } from "../../core/domain/index.ts";

/** Every leaf of a tree by its path. */
function leaves(value: unknown, path: string, found: Map<string, unknown>): Map<string, unknown> {
  if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) leaves(inner, `${path}.${key}`, found);
  else found.set(path, value);
  return found;
}

/** The first change that the cell's own deployment does not allow, in words; null: all are within bounds. */
export function forbiddenChange(
  before: object,
  after: object,
  mayChange: FleetConfig["mayChange"],
): string | null {
  const [old, next] = [leaves(before, "rules", new Map()), leaves(after, "rules", new Map())];
  for (const path of new Set([...old.keys(), ...next.keys()])) {
    const value = next.get(path);
    if (value === old.get(path)) continue;
    const bounds = mayChange[path];
    if (bounds === undefined) return `${path} may not be changed by an order`;
    // written so that not-a-number fails
    if (typeof value !== "number" || !(value >= bounds.min && value <= bounds.max))
      return `${path}: expected a number in [${bounds.min}, ${bounds.max}], got ${String(value)}`;
  }
  return null;
}
