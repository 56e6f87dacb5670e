import type { Deployment } from "../../core/domain/index.ts";

/** a bound may move by this share; a larger step is for a person, in the deployment itself */
const LOOSENED_SHARE_MAX = 0.2;
/** Where more of it lets more happen: what must be exceeded before something acts, how old, long or often something may be. */
const HIGHER_LOOSENS = [
  /^rules\..*\.(max(Force|Torque|Drift)\w+|slowForceN|min(Rise|Rate|Rays)\w*|discrepancyMs|saturationShare)$/,
  /^rules\..*\.(positionMarginRad|futureToleranceMs|stuckMs|contactForceN|transientMs|d(ead|rift)WindowMs|fromRad)$/,
  /^gate\.limits\.(horizonMs|maxForceN|gripperMaxN|startToleranceRad|stateMaxAgeMs)$/,
  /^gate\.(stage|energy\.limit|permitMs|snapshotMaxAgeMs|storeTimeoutMs|watcher\.\w+|fairness\.\w+)$/,
  /^gate\.(reasoning\.maxAgeMs|approvals\.expiresMs|deferral\.shiftAlarm|stageEvidence\.max\w+)$/,
];
/** Where less of it does: distances, how long something must be well, how much is assumed of a person. */
const LOWER_LOOSENS = [
  /^rules\..*\.(minM|slowM|withinM|hysteresisM|releaseMs|human\w+|intrusionDistanceM|slowMarginM|windowMs|deadStdN|toRad)$/,
  /^gate\.(person\.\w+|weights\.\w+|limits\.(minSeparationM|steps)|monteCarlo\.(sims|noise|deepSims))$/,
  /^gate\.(reasoning\.missingPenalty|deferral\.minCalibration|loopWindowMs|stageEvidence\.minDecisions)$/,
];
/** Words from the weaker to the stronger. */
const STRONGER: readonly (readonly unknown[])[] = [
  ["slow", "hold", "stop"],
  ["warn", "stop"],
  ["linear", "measured"],
  [false, true],
];
/** Fewer of these is less leave. */
const LEAVE = /^gate\.(targets|proposers)\./;
/** A rule of its own, a further mark of one, or another forbidden zone only adds to what is watched. */
const ADDS_WATCH =
  /^(rules\.((force|contact|proximity|zones|separation|estop\.dual)\.\w+|pfl)|gate\.zones\.\w+)$/;
const FURTHER_MARK = /^rules\..*\.(slowForceN|maxTorqueNm|slowM|slowMarginM)$/;

/**
 * What a candidate loosens, in words; null: nothing. Every setting is looked at, also those that no scenario asks
 * for: numbers may move a little to the weaker side, words only to the stronger one, and leave is not given at all.
 */
export function loosened(before: Deployment, after: Deployment): string | null {
  const was = leaves(before);
  const is = leaves(after);
  for (const [path, value] of was) {
    if (path.endsWith(".because")) continue;
    const found = is.has(path) ? weaker(path, value, is.get(path)) : gone(path);
    if (found !== null) return found;
  }
  for (const [path, value] of is)
    if (!was.has(path) && !path.endsWith(".because") && !onlyAdds(path, was, is))
      return `${path}: ${JSON.stringify(value)} is new; a person writes that into the deployment`;
  return null;
}

function leaves({ rules, gate }: Deployment): Map<string, unknown> {
  const out = new Map<string, unknown>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
    else if (value !== undefined) out.set(path, value);
  };
  visit(rules, "rules");
  visit(gate, "gate");
  return out;
}

const fits = (patterns: readonly RegExp[], path: string): boolean => patterns.some((p) => p.test(path));
const gone = (path: string): string | null =>
  LEAVE.test(path) || /\.(from|to)Rad$/.test(path) ? null : `${path} is gone`;

function weaker(path: string, was: unknown, is: unknown): string | null {
  const words = `${path}: ${JSON.stringify(was)} → ${JSON.stringify(is)}`;
  if (typeof was === "number" && typeof is === "number") {
    const change = (is - was) / Math.max(Math.abs(was), 1e-9);
    const loose = fits(HIGHER_LOOSENS, path)
      ? change
      : fits(LOWER_LOOSENS, path)
        ? -change
        : Math.abs(change);
    return loose > LOOSENED_SHARE_MAX ? words : null;
  }
  if (JSON.stringify(was) === JSON.stringify(is)) return null;
  if (LEAVE.test(path) && Array.isArray(was) && Array.isArray(is))
    return is.every((one) => was.includes(one)) ? null : `${words}: gives more leave`;
  const stronger = STRONGER.some((order) => order.includes(was) && order.indexOf(is) > order.indexOf(was));
  // a check that is switched off has a check of its own
  return stronger || path.endsWith(".monitored")
    ? null
    : `${words}: a person writes that into the deployment`;
}

function onlyAdds(
  path: string,
  was: ReadonlyMap<string, unknown>,
  is: ReadonlyMap<string, unknown>,
): boolean {
  if (FURTHER_MARK.test(path)) return true;
  const entry = path
    .split(".")
    .map((_, i, all) => all.slice(0, i + 1).join("."))
    .find((p) => ADDS_WATCH.test(p));
  if (entry === undefined || [...was.keys()].some((p) => p.startsWith(`${entry}.`))) return false;
  return !entry.startsWith("gate.zones.") || is.get(`${entry}.kind`) === "forbidden";
}
