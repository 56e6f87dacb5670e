import type { FeatureSpec } from "./feature.ts";

/** One spec per joint, counted from 1 as robot makers do. */
export const numbered = (count: number, spec: (i: number) => FeatureSpec): readonly FeatureSpec[] =>
  Array.from({ length: count }, (_, i) => spec(i + 1));
