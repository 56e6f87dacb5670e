import { err, ok, type Result } from "../../core/base/result.ts";

/** One value of a deployment that is put in the place of its own. */
export interface Change {
  /** keys from the top: rules, zones, danger, withinM */
  readonly path: readonly string[];
  readonly value: unknown;
}
type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** "rules.zones.danger.withinM=0.7"; the value is JSON, or text where it is none. */
export function parseChange(text: string): Result<Change, string> {
  const at = text.indexOf("=");
  const path = text.slice(0, Math.max(0, at)).trim().split(".");
  const value = text.slice(at + 1).trim();
  if (at < 0 || value === "" || path.some((key) => key === "")) return err("is no KEY=VALUE");
  try {
    return ok({ path, value: JSON.parse(value) as unknown });
  } catch {
    return ok({ path, value });
  }
}

export interface Sweep {
  readonly path: readonly string[];
  readonly values: readonly number[];
}
const MAX_POINTS = 200;
const SWEEP = /^([^=]+)=([^=:]+?)\.\.([^=:]+):(\d+)$/;
/** "rules.zones.danger.withinM=0.4..1.2:9": so many values, evenly from the first to the last. */
export function parseSweep(text: string): Result<Sweep, string> {
  const found = SWEEP.exec(text.trim());
  const [from, to, n] = [found?.[2], found?.[3], found?.[4]].map(Number) as [number, number, number];
  const path = (found?.[1] ?? "").trim().split(".");
  if (found === null || !Number.isFinite(from) || !Number.isFinite(to) || path.some((key) => key === ""))
    return err("is no KEY=FROM..TO:POINTS");
  if (n < 2 || n > MAX_POINTS) return err(`has ${n} points; 2 to ${MAX_POINTS} are possible`);
  const values = Array.from({ length: n }, (_, i) =>
    Number((from + ((to - from) * i) / (n - 1)).toPrecision(12)),
  );
  return ok({ path, values });
}

/** The deployment's text with the changes; what stands there must exist, or its section must. */
export function withChanges(text: string, changes: readonly Change[]): Result<string, string> {
  if (changes.length === 0) return ok(text);
  const deployment: unknown = JSON.parse(text);
  for (const { path, value } of changes) {
    let place: unknown = deployment;
    for (const [i, key] of path.slice(0, -1).entries()) {
      if (!isObject(place) || !Object.hasOwn(place, key)) return err(missing(path.slice(0, i + 1), place));
      place = place[key];
    }
    if (!isObject(place)) return err(missing(path.slice(0, -1), place));
    place[path.at(-1)!] = value;
  }
  return ok(JSON.stringify(deployment));
}
function missing(path: readonly string[], place: unknown): string {
  const there = isObject(place) ? Object.keys(place) : [];
  return `the deployment has no ${path.join(".")}${there.length > 0 ? `; there are ${there.join(", ")}` : ""}`;
}
export const changeText = ({ path, value }: Change): string => `${path.join(".")}=${String(value)}`;
