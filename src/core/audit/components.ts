/** Strongly connected components (Tarjan, without recursion: a graph may be deep). Only those that hold a cycle. */
export function cyclicComponents(next: readonly (readonly number[])[]): number[][] {
  const n = next.length;
  const index = new Int32Array(n).fill(-1);
  const low = new Int32Array(n);
  const open = new Uint8Array(n);
  const edge = new Int32Array(n);
  const stack: number[] = [];
  const found: number[][] = [];
  let counter = 0;
  const enter = (v: number): void => {
    index[v] = low[v] = counter++;
    stack.push(v);
    open[v] = 1;
  };
  const leave = (v: number): void => {
    if (low[v] !== index[v]) return;
    const component: number[] = [];
    for (let w = -1; w !== v; ) {
      w = stack.pop()!;
      open[w] = 0;
      component.push(w);
    }
    if (component.length > 1 || next[v]!.includes(v)) found.push(component.reverse());
  };
  for (let root = 0; root < n; root++) {
    if (index[root]! >= 0) continue;
    const path = [root];
    enter(root);
    while (path.length > 0) {
      const v = path[path.length - 1]!;
      const targets = next[v]!;
      if (edge[v]! < targets.length) {
        const w = targets[edge[v]!++]!;
        if (index[w]! < 0) {
          enter(w);
          path.push(w);
        } else if (open[w] === 1) low[v] = Math.min(low[v]!, index[w]!);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[v]!);
      leave(v);
    }
  }
  return found;
}

/** A shortest way from a member back to itself inside its component: what a person can follow with a finger. */
export function shortestCycle(next: readonly (readonly number[])[], component: readonly number[]): number[] {
  const inside = new Set(component);
  let best: number[] = [];
  // enough starts to find a short cycle, few enough for large components
  for (const start of component.slice(0, 64)) {
    const before = new Map<number, number>();
    const queue = [start];
    search: for (let head = 0; head < queue.length; head++) {
      const v = queue[head]!;
      for (const w of next[v]!) {
        if (w === start) {
          const cycle = [v];
          while (cycle[0] !== start) cycle.unshift(before.get(cycle[0]!)!);
          if (best.length === 0 || cycle.length < best.length) best = cycle;
          break search;
        }
        if (!inside.has(w) || before.has(w)) continue;
        before.set(w, v);
        queue.push(w);
      }
    }
    if (best.length > 0 && best.length <= 2) break;
  }
  return best;
}
