import type { FeatureFamily, FeatureSource, FeatureSpec } from "./feature.ts";

const AXES = 4;
const PARTS = ["base", "cell"] as const;

/**
 * A policy's hidden vectors h^B and h^C, seen along a few fixed random directions: enough to notice that it
 * has left the region it was trained in, without a weight that depends on its size.
 */
const SPECS: readonly FeatureSpec[] = PARTS.flatMap((part) => [
  {
    name: `hidden_${part}_norm`,
    unit: "1",
    windowMs: 0,
    direction: 0 as const,
    meaning: `root mean square of the policy's hidden ${part} vector`,
  },
  ...Array.from({ length: AXES }, (_, i) => ({
    name: `hidden_${part}_${i + 1}`,
    unit: "1",
    windowMs: 0,
    direction: 0 as const,
    meaning: `the hidden ${part} vector along fixed random direction ${i + 1}`,
  })),
]);
const PER_PART = AXES + 1;

export const hiddenProjection: FeatureFamily = {
  name: "hidden",
  needs: "hidden channels, or hidden_base and hidden_cell in a proposal's evidence",
  quantities: ["hidden"],
  aboutActions: true,
  specs: () => SPECS,
  build(setting): FeatureSource {
    const channels = setting.channels.filter((c) => c.config.quantity === "hidden" && c.config.monitored);
    const live = new Float64Array(SPECS.length);
    const proposed = new Float64Array(SPECS.length);
    const liveAt = new Float64Array(PARTS.length).fill(-1);
    const hasProposed = new Uint8Array(PARTS.length);
    const maxAgeUs = Math.min(...channels.map((c) => c.config.maxAgeMs * 1_000));
    const partOf = new Map(channels.map((c) => [c.index, c.name.includes("cell") ? 1 : 0]));
    return {
      specs: SPECS,
      listens: channels.map((c) => c.index),
      onSample({ channel, t, values }) {
        const part = partOf.get(channel) as number;
        project(values, live, part * PER_PART);
        liveAt[part] = t;
      },
      onFault(channel) {
        liveAt[partOf.get(channel) as number] = -1;
      },
      onProposal(proposal) {
        const { hidden_base, hidden_cell } = proposal?.evidence ?? {};
        [hidden_base, hidden_cell].forEach((vector, part) => {
          hasProposed[part] = vector !== undefined && vector.length > 0 ? 1 : 0;
          if (vector !== undefined && vector.length > 0) project(vector, proposed, part * PER_PART);
        });
      },
      write(t, out, at) {
        let found = false;
        for (let part = 0; part < PARTS.length; part++) {
          const fresh = (liveAt[part] as number) >= 0 && t - (liveAt[part] as number) <= maxAgeUs;
          const from = hasProposed[part] === 1 ? proposed : fresh ? live : null;
          for (let i = part * PER_PART; i < (part + 1) * PER_PART; i++)
            out[at + i] = from === null ? 0 : (from[i] as number);
          if (from !== null) found = true;
        }
        return found;
      },
    };
  },
};

/** Sum over ±1/√d, signs from a hash of place and direction: the same for every policy of any size. */
function project(vector: ArrayLike<number>, out: Float64Array, at: number): void {
  const scale = 1 / Math.sqrt(vector.length);
  let squares = 0;
  for (let axis = 0; axis < AXES; axis++) {
    let sum = 0;
    for (let i = 0; i < vector.length; i++) sum += sign(i, axis) * (vector[i] as number);
    out[at + 1 + axis] = sum * scale;
  }
  for (let i = 0; i < vector.length; i++) squares += (vector[i] as number) * (vector[i] as number);
  out[at] = Math.sqrt(squares) * scale;
}
function sign(i: number, axis: number): number {
  let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(axis + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h ^= h >>> 12;
  return (h & 1) === 0 ? 1 : -1;
}
