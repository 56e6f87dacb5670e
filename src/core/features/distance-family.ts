import type { Quantity } from "../domain/index.ts";
import { ApproachTrack } from "./approach.ts";
import type { FeatureFamily, FeatureSetting, FeatureSource, FeatureSpec } from "./feature.ts";
import { type JointState, jointStateOf } from "./joint-state.ts";

const QUANTITIES: readonly Quantity[] = ["range", "scan"];

/**
 * A family over all distance channels of a cell, with the joints beside them. Each channel's numbers are
 * taken for themselves; the most dangerous channel counts.
 */
export function distanceFamily(family: {
  readonly name: string;
  readonly needs: string;
  readonly specs: readonly FeatureSpec[];
  /** true: distances from the robot; false: scans whose place in the cell is not known */
  readonly fromRobot: boolean;
  /** true: without fresh joints the numbers are missing */
  readonly needsJoints: boolean;
  prepare(
    setting: FeatureSetting,
  ): (track: ApproachTrack, joints: JointState | null, out: Float64Array, at: number) => void;
}): FeatureFamily {
  const { specs } = family;
  const scratch = new Float64Array(specs.length);
  const join = (out: Float64Array, at: number, first: boolean): void => {
    for (let i = 0; i < specs.length; i++) {
      const value = scratch[i] as number;
      const held = out[at + i] as number;
      const worse = (specs[i] as FeatureSpec).direction === 1 ? value > held : value < held;
      if (first || worse) out[at + i] = value;
    }
  };
  return {
    name: family.name,
    needs: family.needs,
    quantities: QUANTITIES,
    specs: () => specs,
    build(setting): FeatureSource | null {
      const joints = jointStateOf(setting);
      const tracks = setting.channels
        .filter((c) => QUANTITIES.includes(c.config.quantity) && c.config.monitored)
        .map((c) => new ApproachTrack(c, setting, joints))
        .filter((track) => track.fromRobot === family.fromRobot);
      if (tracks.length === 0 || (family.needsJoints && joints === null)) return null;
      const byIndex = new Map(tracks.map((track) => [track.channel.index, track]));
      const write = family.prepare(setting);
      return {
        specs,
        listens: [...tracks.map((t) => t.channel.index), ...(joints === null ? [] : [joints.channel.index])],
        onSample(sample) {
          const track = byIndex.get(sample.channel);
          if (track !== undefined) track.onSample(sample);
          else joints?.onSample(sample);
        },
        onFault(channel) {
          const track = byIndex.get(channel);
          if (track !== undefined) track.trusted = false;
          else if (joints !== null) joints.trusted = false;
        },
        write(t, out, at) {
          if (family.needsJoints && !(joints as JointState).isFresh(t)) return false;
          let found = false;
          for (let i = 0; i < tracks.length; i++) {
            const track = tracks[i] as ApproachTrack;
            if (!track.isFresh(t)) continue;
            write(track, joints, scratch, 0);
            join(out, at, !found);
            found = true;
          }
          return found;
        },
      };
    },
  };
}
