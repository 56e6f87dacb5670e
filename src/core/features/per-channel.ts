import type { Quantity, Sample } from "../domain/index.ts";
import type { FeatureChannel, FeatureFamily, FeatureSetting, FeatureSpec } from "./feature.ts";

/** What one channel contributes to a family. */
export interface Track {
  onSample(sample: Sample): void;
  /** writes one number per spec from `at` on; false: too little was seen */
  write(t: number, out: Float64Array, at: number): boolean;
}
interface Follower {
  readonly channel: FeatureChannel;
  readonly track: Track;
  readonly maxAgeUs: number;
  newest: number;
  trusted: boolean;
}

/**
 * A family that looks at each channel of its quantities alone. Several channels are joined to the worst:
 * the largest where more is worse, the smallest where less is; without a direction the first one counts.
 */
export function perChannel(family: {
  readonly name: string;
  readonly needs: string;
  readonly quantities: readonly Quantity[];
  specs(joints: number): readonly FeatureSpec[];
  track(channel: FeatureChannel, setting: FeatureSetting): Track | null;
}): FeatureFamily {
  return {
    name: family.name,
    needs: family.needs,
    quantities: family.quantities,
    specs: family.specs,
    build(setting) {
      const followers: Follower[] = [];
      for (const channel of setting.channels) {
        if (!family.quantities.includes(channel.config.quantity) || !channel.config.monitored) continue;
        const track = family.track(channel, setting);
        const maxAgeUs = channel.config.maxAgeMs * 1_000;
        if (track !== null) followers.push({ channel, track, maxAgeUs, newest: -1, trusted: false });
      }
      if (followers.length === 0) return null;
      return joined(family.specs(setting.kinematics.joints), followers);
    },
  };
}

function joined(
  specs: readonly FeatureSpec[],
  followers: readonly Follower[],
): ReturnType<FeatureFamily["build"]> {
  const scratch = new Float64Array(specs.length);
  const directions = Int8Array.from(specs, (spec) => spec.direction);
  const byIndex: Follower[] = [];
  for (const follower of followers) byIndex[follower.channel.index] = follower;
  const merge = (out: Float64Array, at: number): void => {
    for (let i = 0; i < directions.length; i++) {
      const value = scratch[i] as number;
      const held = out[at + i] as number;
      if ((directions[i] === 1 && value > held) || (directions[i] === -1 && value < held))
        out[at + i] = value;
    }
  };
  return {
    specs,
    listens: followers.map((f) => f.channel.index),
    onSample(sample) {
      const follower = byIndex[sample.channel] as Follower;
      follower.newest = sample.t;
      follower.trusted = true;
      follower.track.onSample(sample);
    },
    onFault(channel) {
      (byIndex[channel] as Follower).trusted = false;
    },
    write(t, out, at) {
      let found = false;
      for (let i = 0; i < followers.length; i++) {
        const follower = followers[i] as Follower;
        if (!follower.trusted || t - follower.newest > follower.maxAgeUs) continue;
        if (!found) found = follower.track.write(t, out, at);
        else if (follower.track.write(t, scratch, 0)) merge(out, at);
      }
      return found;
    },
  };
}
