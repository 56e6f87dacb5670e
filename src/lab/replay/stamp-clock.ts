import type { Bag } from "../../edge/recordings/index.ts";
import type { TopicMap } from "./topic-map.ts";

/** Source stamps further than this from the log time belong to another clock (simulation, unsynchronised host). */
const OTHER_CLOCK_US = 2_000_000;
const LOOKED_AT = 400;

/**
 * How far the stamps of the sources lie from the recorder's clock. Within two seconds: 0, they are compared
 * as they are. Beyond: the smallest distance seen at the beginning, so that the freshest sample counts as
 * fresh and every later one is judged against it.
 */
export function stampOffsetOf(bag: Bag, map: TopicMap): number {
  const topics = new Set(map.feeds.flatMap((feeds, index) => (feeds.length > 0 ? [index] : [])));
  if (topics.size === 0) return 0;
  const cursor = bag.read({ topics });
  let smallest = Infinity;
  for (let seen = 0; seen < LOOKED_AT && cursor.next(); seen++) {
    for (const { decoder, row } of map.feeds[cursor.channel] ?? []) {
      if (decoder.decode(cursor.view, cursor.offset, cursor.length, row) !== null || row.stampMicros < 0)
        continue;
      const distance = cursor.micros - row.stampMicros;
      if (Math.abs(distance) < Math.abs(smallest)) smallest = distance;
    }
  }
  cursor.close();
  return Number.isFinite(smallest) && Math.abs(smallest) > OTHER_CLOCK_US ? smallest : 0;
}
