/** One part on a ROS wire: what it sends and hears, and which services and actions it asks and serves. */
export interface RosPart {
  readonly name: string;
  readonly publishes: readonly string[];
  readonly subscribes: readonly string[];
  readonly calls?: readonly string[];
  readonly serves?: readonly string[];
}
export type RosSide = "publishes" | "subscribes" | "calls" | "serves";

const ACTION = /^(.+)\/_action\/(?:send_goal|cancel_goal|get_result|feedback|status)$/;

/**
 * What a name on one side counts as. An action is three services and two topics: it counts as one question,
 * because its feedback is the answer to it and no loop. Null: the answer side, which says nothing of its own.
 */
export function sideOf(side: RosSide, name: string): readonly [side: RosSide, name: string] | null {
  const action = ACTION.exec(name)?.[1];
  if (action === undefined) return [side, name];
  return side === "calls" || side === "serves" ? [side, `${action} (action)`] : null;
}

/** Collects what is seen of parts over some time: who came and went in between stays seen. */
export class RosParts {
  readonly #seen = new Map<string, { name: string } & Record<RosSide, Set<string>>>();
  readonly #max: number;
  readonly #unnamed: (key: string) => string;

  constructor(max: number, unnamed = (key: string): string => key) {
    this.#max = max;
    this.#unnamed = unnamed;
  }
  /** adds a part, or gives a known one its name */
  part(key: string, name: string): void {
    this.#of(key).name = name;
  }
  add(key: string, side: RosSide, name: string): void {
    const counts = sideOf(side, name);
    if (counts !== null) this.#of(key)[counts[0]].add(counts[1]);
  }
  list(): RosPart[] {
    return [...this.#seen.values()].map(({ name, publishes, subscribes, calls, serves }) => ({
      name,
      publishes: [...publishes],
      subscribes: [...subscribes],
      ...(calls.size > 0 && { calls: [...calls] }),
      ...(serves.size > 0 && { serves: [...serves] }),
    }));
  }
  #of(key: string): { name: string } & Record<RosSide, Set<string>> {
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    const part = {
      name: this.#unnamed(key),
      publishes: new Set<string>(),
      subscribes: new Set<string>(),
      calls: new Set<string>(),
      serves: new Set<string>(),
    };
    if (this.#seen.size < this.#max) this.#seen.set(key, part);
    return part;
  }
}
