import { featureListHash, HEAD_SCHEMA, type HeadBody, type Trained } from "../../../src/core/risk/index.ts";
import { FEATURES, table, train } from "./tables.ts";

export function bodyOf(trained: Trained, change: Partial<HeadBody> = {}): HeadBody {
  return {
    schema: HEAD_SCHEMA,
    domain: "robot-factory",
    horizonMs: 600,
    features: FEATURES,
    featuresHash: featureListHash(FEATURES),
    model: trained.model,
    importance: Array.from(trained.importance, (x) => Math.min(1, x)),
    calibration: { kind: "logistic", slope: 1, offset: trained.bias },
    alarm: {
      threshold: 5,
      missRate: 0.05,
      events: 100,
      coverageFloor: 0.9,
      scores: Array.from({ length: 100 }, (_, i) => 4.8 + i * 0.05),
    },
    ordinary: {
      energies: Array.from({ length: 200 }, (_, i) => i / 100),
      spread: 0.5,
      falseAlarmsPerHour: 1,
    },
    training: { seed: 1, method: "additive", setting: {}, data: [] },
    metrics: {},
    ...change,
  };
}
let made: Trained | null = null;
/** one trained model for all tests that only need some head */
export const trainedOnce = (): Trained => (made ??= train(table(3_000)));
