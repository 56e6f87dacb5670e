import { assert } from "./assert.ts";

/**
 * What happens to a new key when the map is full: the key that came first goes, the key that was used
 * longest ago goes, or the new key is refused.
 */
export type Eviction = "oldest" | "least-used" | "refuse";

/** A map that cannot outgrow its stated capacity. Iterates in the order of eviction. */
export interface BoundedMap<K, V> {
  readonly capacity: number;
  readonly size: number;
  /** keys that were pushed out or refused so far */
  readonly lost: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  /** false: the map is full and its rule is to refuse */
  set(key: K, value: V): boolean;
  delete(key: K): boolean;
  clear(): void;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  entries(): IterableIterator<[K, V]>;
}

export function createBoundedMap<K, V>(capacity: number, eviction: Eviction): BoundedMap<K, V> {
  assert(Number.isInteger(capacity) && capacity > 0, `a map needs a whole capacity above 0, got ${capacity}`);
  const map = new Map<K, V>();
  let lost = 0;
  const touch = (key: K, value: V): void => {
    map.delete(key);
    map.set(key, value);
  };
  return {
    capacity,
    get size() {
      return map.size;
    },
    get lost() {
      return lost;
    },
    get(key) {
      const value = map.get(key);
      if (eviction === "least-used" && map.has(key)) touch(key, value as V);
      return value;
    },
    has: (key) => map.has(key),
    set(key, value) {
      if (map.has(key)) {
        if (eviction === "least-used") touch(key, value);
        else map.set(key, value);
        return true;
      }
      if (map.size >= capacity) {
        lost++;
        if (eviction === "refuse") return false;
        for (const first of map.keys()) {
          map.delete(first);
          break;
        }
      }
      map.set(key, value);
      return true;
    },
    delete: (key) => map.delete(key),
    clear: () => map.clear(),
    keys: () => map.keys(),
    values: () => map.values(),
    entries: () => map.entries(),
  };
}
