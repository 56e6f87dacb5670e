/** Where messages start in an unpacked stretch, in the order in which they are delivered. */
export interface MessageOrder {
  count: number;
  /** nanoseconds after the origin */
  times: Float64Array;
  offsets: Uint32Array;
}
const FIRST_CAPACITY = 1_024;
export const createOrder = (): MessageOrder => ({
  count: 0,
  times: new Float64Array(FIRST_CAPACITY),
  offsets: new Uint32Array(FIRST_CAPACITY),
});

export function noteMessage(order: MessageOrder, time: number, offset: number): void {
  const i = order.count++;
  if (i === order.offsets.length) widen(order);
  order.times[i] = time;
  order.offsets[i] = offset;
}
function widen(order: MessageOrder): void {
  const capacity = order.times.length * 2 + 64;
  const times = new Float64Array(capacity);
  times.set(order.times);
  const offsets = new Uint32Array(capacity);
  offsets.set(order.offsets);
  order.times = times;
  order.offsets = offsets;
}
/** By time; equal times keep their order in the file. */
export function sortOrder(order: MessageOrder): void {
  const { times, offsets, count } = order;
  const places = Uint32Array.from({ length: count }, (_, i) => i);
  places.sort((a, b) => times[a]! - times[b]! || a - b);
  const sortedTimes = Float64Array.from(places, (place) => times[place]!);
  const sortedOffsets = Uint32Array.from(places, (place) => offsets[place]!);
  times.set(sortedTimes);
  offsets.set(sortedOffsets);
}
