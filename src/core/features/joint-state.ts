import type { Sample } from "../domain/index.ts";
import type { FeatureChannel, FeatureSetting } from "./feature.ts";

/** The newest joint reading, for families that need it beside their own channel. */
export class JointState {
  readonly channel: FeatureChannel;
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly effort: Float64Array;
  seen = false;
  newest = -1;
  trusted = false;

  constructor(channel: FeatureChannel, joints: number) {
    this.channel = channel;
    this.position = new Float64Array(joints);
    this.velocity = new Float64Array(joints);
    this.effort = new Float64Array(joints);
  }
  onSample({ t, values }: Sample): void {
    const n = this.position.length;
    for (let i = 0; i < n; i++) {
      this.position[i] = values[i] as number;
      this.velocity[i] = values[n + i] as number;
      this.effort[i] = values[2 * n + i] as number;
    }
    this.newest = t;
    this.seen = true;
    this.trusted = true;
  }
  isFresh(t: number): boolean {
    return this.trusted && t - this.newest <= this.channel.config.maxAgeMs * 1_000;
  }
}

/** The first monitored joint channel of the cell, or null. */
export function jointStateOf(setting: FeatureSetting): JointState | null {
  const channel = setting.channels.find((c) => c.config.quantity === "joints" && c.config.monitored);
  return channel === undefined ? null : new JointState(channel, setting.kinematics.joints);
}
