import type { FeatureFamily, FeatureSetting, FeatureSource } from "./feature.ts";

/** A family of features that an extension brings. */
export interface GuestFamily {
  /** name of the extension */
  readonly extension: string;
  readonly family: FeatureFamily;
}
/** Hears what a family did wrong; from then on it counts as missing. */
export type GuestTrouble = (code: "EXTENSION_THREW" | "EXTENSION_NOT_FINITE", detail: string) => void;

/**
 * The family as the bank may hold it: it reads copies, and once it throws or writes what is no finite number it is
 * asked no more and missing for good.
 */
export function guardedFamily(
  { extension, family }: GuestFamily,
  copyOf: (setting: FeatureSetting) => FeatureSetting,
  trouble: GuestTrouble,
): FeatureFamily {
  const name = `${extension}/${family.name}`;
  const build = (setting: FeatureSetting): FeatureSource | null => {
    let failed = false;
    const attempt = <T>(act: () => T, otherwise: T): T => {
      if (failed) return otherwise;
      try {
        return act();
      } catch (cause) {
        failed = true;
        trouble("EXTENSION_THREW", `${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
        return otherwise;
      }
    };
    const source = attempt(() => family.build(copyOf(setting)), null);
    if (source === null) return null;
    const specs = source.specs.map((spec) => ({ ...spec }));
    const row = new Float64Array(specs.length);
    return {
      specs,
      listens: [...source.listens],
      onSample: (sample) =>
        attempt(() => source.onSample?.({ ...sample, values: sample.values.slice() }), undefined),
      onFault: (channel) => attempt(() => source.onFault?.(channel), undefined),
      onProposal: (proposal) => attempt(() => source.onProposal?.(proposal), undefined),
      write(t, out, at) {
        row.fill(Number.NaN);
        if (attempt(() => source.write(t, row, 0), false) !== true) return false;
        const wrong = specs.findIndex((_, i) => !Number.isFinite(row[i]));
        if (wrong >= 0) {
          failed = true;
          trouble("EXTENSION_NOT_FINITE", `${name}: ${specs[wrong]!.name} is ${row[wrong]}`);
          return false;
        }
        out.set(row, at);
        return true;
      },
    };
  };
  return { ...family, build };
}
