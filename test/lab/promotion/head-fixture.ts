import { HEAD_SCHEMA, featureListHash, sealHead, type HeadBody } from "../../../src/core/risk/index.ts";

const FEATURES = [
  { name: "scan_nearest_m", unit: "m", group: "scan", direction: -1 },
  { name: "force_n", unit: "N", group: "force", direction: 1 },
] as const;

/** A small hand-made head: near is risky, force is risky. `factor` scales what it says, `force: 0` no longer feels. */
export function headText({
  factor = 1,
  threshold = 1,
  nearM = 0.9,
  missing = 0,
  force = 1,
  near = 2,
} = {}): string {
  const features = FEATURES.map((f) => ({ ...f }));
  const body: HeadBody = {
    schema: HEAD_SCHEMA,
    domain: "robot-factory",
    horizonMs: 600,
    features,
    featuresHash: featureListHash(features),
    model: {
      kind: "additive",
      shapes: [
        { feature: 0, knots: [0, nearM, 2 * nearM], values: [near * factor, 1 * factor, 0], missing },
        { feature: 1, knots: [0, 60, 200], values: [0, 0.1 * factor * force, 2 * factor * force], missing },
      ],
      pairs: [],
    },
    importance: [0.7, 0.3],
    calibration: { kind: "logistic", slope: 1, offset: 0 },
    alarm: { threshold, missRate: 0.03, events: 100, coverageFloor: 0.9, scores: [1] },
    ordinary: { energies: [0, 0.1], spread: 0.1, falseAlarmsPerHour: 1 },
    training: { seed: 1, method: "by hand", setting: {}, data: [] },
    metrics: {},
  };
  return JSON.stringify(sealHead(body));
}
