export type {
  Direction,
  FeatureChannel,
  FeatureFamily,
  FeatureSetting,
  FeatureSource,
  FeatureSpec,
} from "./feature.ts";
export { createFeatureBank, type FeatureBank, type Frame, type FrameFeature } from "./bank.ts";
export { type GuestFamily, guardedFamily, type GuestTrouble } from "./guests.ts";
export { FEATURE_FAMILIES } from "./registry.ts";
