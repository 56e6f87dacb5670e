import type { CellEvent, MarginStatus } from "../core/domain/index.ts";
import type { Margin } from "../core/reflex/index.ts";
import type { CellNode } from "./node.ts";

interface Least {
  left: number;
  value: number;
  /** wall time in epoch microseconds */
  at: number;
}

/**
 * How near each rule came to its limit since midnight, or since the run began. Every trusted reading counts: a minimum
 * that left some out would reassure falsely. Measured after the step was carried out; no decision hears of it.
 */
export class MarginsToday {
  readonly #node: Pick<CellNode, "cell" | "channels">;
  readonly #byChannel: (readonly Margin[])[];
  readonly #least = new Map<Margin, Least>();
  /** when the next day begins, epoch microseconds */
  #midnight = 0;
  #broken = false;

  constructor(node: Pick<CellNode, "cell" | "channels">) {
    this.#node = node;
    const { measured } = node.cell.reflex;
    this.#byChannel = node.channels.map(({ index }) =>
      measured.flatMap((rule) =>
        rule.measure !== undefined && (rule.listens === "all" || rule.listens.includes(index))
          ? (rule.margins ?? [])
          : [],
      ),
    );
  }

  hear(event: CellEvent): void {
    if (event.kind !== "sample") return;
    const margins = this.#byChannel[event.channel]!;
    const { cell } = this.#node;
    // what was not believed says nothing of how near it was
    if (this.#broken || margins.length === 0 || cell.snapshots.lastAt(event.channel) !== event.t) return;
    try {
      cell.reflex.measure(event);
    } catch {
      // its rule is asked again by nobody here; that no margin is shown any more reassures nobody
      this.#broken = true;
      this.#least.clear();
      return;
    }
    const at = cell.wall(event.t);
    if (at >= this.#midnight) this.#newDay(at);
    for (const margin of margins) {
      const { left, value } = margin;
      const least = this.#least.get(margin);
      if (Number.isNaN(left) || (least !== undefined && left >= least.left)) continue;
      if (least === undefined) this.#least.set(margin, { left, value, at });
      else {
        least.left = left;
        least.value = value;
        least.at = at;
      }
    }
  }

  status(): MarginStatus[] {
    if (this.#broken) return [];
    const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
    return this.#node.cell.reflex.measured.flatMap((rule) =>
      (rule.margins ?? []).map((margin) => {
        const { source, code, channel, unit, above, value, limit, left } = margin;
        const least = this.#least.get(margin);
        return {
          rule: source,
          code,
          channel,
          unit,
          side: above ? ("above" as const) : ("below" as const),
          value: known(value),
          limit: known(limit),
          left: known(left),
          least: least === undefined ? null : { ...least },
        };
      }),
    );
  }

  /** a day as the clock on the wall of this machine has it */
  #newDay(at: number): void {
    const next = new Date(at / 1_000);
    next.setHours(24, 0, 0, 0);
    this.#midnight = next.getTime() * 1_000;
    this.#least.clear();
  }
}
