/** Who comes before whom in a graph, as one row of bits per node. */
export interface Precedence {
  /** node numbers, each after all that must come before it; ties by number */
  readonly order: readonly number[];
  before(a: number, b: number): boolean;
}

/** null with the members of a circle when the graph has one. */
export function precedenceOf(
  count: number,
  edges: readonly (readonly [number, number])[],
):
  | { readonly ok: true; readonly value: Precedence }
  | { readonly ok: false; readonly circle: readonly number[] } {
  const next: number[][] = Array.from({ length: count }, () => []);
  const waiting = new Int32Array(count);
  for (const [from, to] of edges) {
    next[from]!.push(to);
    waiting[to]!++;
  }
  const words = (count + 31) >>> 5;
  const rows = new Uint32Array(count * words);
  const order: number[] = [];
  const ready: number[] = [];
  for (let i = 0; i < count; i++) if (waiting[i] === 0) ready.push(i);
  for (let head = 0; head < ready.length; head++) {
    const node = ready[head]!;
    order.push(node);
    for (const to of next[node]!) {
      inherit(rows, words, node, to);
      if (--waiting[to]! === 0) ready.push(to);
    }
  }
  if (order.length < count) return { ok: false, circle: circleIn(next, waiting) };
  const before = (a: number, b: number): boolean => ((rows[b * words + (a >>> 5)]! >>> (a & 31)) & 1) === 1;
  return { ok: true, value: { order, before } };
}

function inherit(rows: Uint32Array, words: number, from: number, to: number): void {
  for (let w = 0; w < words; w++) rows[to * words + w]! |= rows[from * words + w]!;
  rows[to * words + (from >>> 5)]! |= 1 << (from & 31);
}

/** Walks backwards is not needed: every node that still waits leads into a circle when followed forwards. */
function circleIn(next: readonly (readonly number[])[], waiting: Int32Array): number[] {
  const stuck = waiting.findIndex((n) => n > 0);
  const back = new Map<number, number>();
  next.forEach((targets, from) => {
    if (waiting[from]! > 0) for (const to of targets) if (waiting[to]! > 0) back.set(to, from);
  });
  const seen: number[] = [];
  let node = stuck;
  while (!seen.includes(node)) {
    seen.push(node);
    node = back.get(node) ?? node;
  }
  return seen.slice(seen.indexOf(node)).reverse();
}
