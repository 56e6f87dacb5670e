import { canonicalBytes } from "../base/canonical.ts";
import { dualHash } from "../base/hash.ts";

/** What a head knows of one feature: enough to find it in a frame and to check its promise. */
export interface HeadFeature {
  readonly name: string;
  readonly unit: string;
  readonly group: string;
  /** 1: a larger value can never lower V_s; -1: a smaller one cannot; 0: no promise */
  readonly direction: 1 | -1 | 0;
}
/** Name of a feature list: two heads with the same one read the same frames. */
export const featureListHash = (features: readonly HeadFeature[]): string =>
  dualHash(
    canonicalBytes(features.map(({ name, unit, group, direction }) => ({ name, unit, group, direction }))),
  );

/** What a head reads: a value and whether it counts, in the order of the bank's features. */
export interface FrameView {
  readonly values: Float64Array;
  readonly present: Uint8Array;
}
