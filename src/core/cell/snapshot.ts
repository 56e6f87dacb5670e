import type { ChannelIndex, Micros, Sample } from "../domain/index.ts";
import type { ChannelInfo } from "../reflex/index.ts";
import type { ChannelSnapshot } from "./host.ts";

/** The newest reading of every channel, copied once per sample into rows that are never reallocated. */
export function createSnapshotStore(channels: readonly ChannelInfo[]) {
  const rows = channels.map(() => new Float64Array(0));
  const at = new Float64Array(channels.length).fill(-1);
  let newest = 0;

  return {
    keep(sample: Sample): void {
      let row = rows[sample.channel]!;
      if (row.length !== sample.values.length) {
        row = new Float64Array(sample.values.length);
        rows[sample.channel] = row;
      }
      row.set(sample.values);
      at[sample.channel] = sample.t;
      newest = sample.seq;
    },
    /** a reading that could not be trusted: the channel counts as missing */
    drop(channel: ChannelIndex): void {
      at[channel] = -1;
    },
    lastAt: (channel: number): number => at[channel]!,
    lastRow: (channel: number): Float64Array => rows[channel]!,
    take(t: Micros): { t: Micros; seq: number; channels: ChannelSnapshot[] } {
      const present = channels.filter((c) => at[c.index]! >= 0);
      return {
        t,
        seq: newest,
        channels: present.map((c) => ({
          name: c.name,
          t: at[c.index]! as Micros,
          values: Array.from(rows[c.index]!),
        })),
      };
    },
  };
}
export type SnapshotStore = ReturnType<typeof createSnapshotStore>;
