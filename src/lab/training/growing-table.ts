import type { FrameTable, HeadFeature, TableEvent } from "../../core/risk/index.ts";

/** Rows of frames in typed arrays that double as they fill; a million rows need no million objects. */
export class GrowingTable {
  readonly features: readonly HeadFeature[];
  readonly sources: string[] = [];
  readonly events: TableEvent[] = [];
  #rows = 0;
  #values: Float64Array;
  #present: Uint8Array;
  #labels = new Uint8Array(1_024);
  #groups = new Int32Array(1_024);
  #times = new Float64Array(1_024);
  #sourceOf = new Int32Array(1_024);
  #ofActions = new Uint8Array(1_024);

  constructor(features: readonly HeadFeature[]) {
    this.features = features;
    this.#values = new Float64Array(1_024 * features.length);
    this.#present = new Uint8Array(1_024 * features.length);
  }
  get rows(): number {
    return this.#rows;
  }
  /** begins a source: a file, a run */
  source(name: string): number {
    return this.sources.push(name) - 1;
  }
  event(source: number, t: number): void {
    this.events.push({ source, t });
  }
  /** `pick[i]`: where the i-th column stands in `values` */
  add(row: {
    readonly values: ArrayLike<number>;
    readonly present: ArrayLike<number>;
    readonly pick: ArrayLike<number> | null;
    readonly label: number;
    readonly group: number;
    readonly t: number;
    readonly source: number;
    readonly ofAction?: boolean;
  }): void {
    if (this.#rows === this.#labels.length) this.#grow();
    const width = this.features.length;
    const at = this.#rows * width;
    for (let i = 0; i < width; i++) {
      const from = row.pick === null ? i : (row.pick[i] as number);
      // a −0 is a 0: it would get into knots, and canonical text has none
      this.#values[at + i] = (row.values[from] as number) + 0;
      this.#present[at + i] = row.present[from] as number;
    }
    this.#labels[this.#rows] = row.label;
    this.#groups[this.#rows] = row.group;
    this.#times[this.#rows] = row.t;
    this.#sourceOf[this.#rows] = row.source;
    this.#ofActions[this.#rows] = row.ofAction === true ? 1 : 0;
    this.#rows++;
  }
  #grow(): void {
    const bigger = <A extends Float64Array | Uint8Array | Int32Array>(old: A, make: (n: number) => A): A => {
      const next = make(old.length * 2);
      next.set(old);
      return next;
    };
    this.#values = bigger(this.#values, (n) => new Float64Array(n));
    this.#present = bigger(this.#present, (n) => new Uint8Array(n));
    this.#labels = bigger(this.#labels, (n) => new Uint8Array(n));
    this.#groups = bigger(this.#groups, (n) => new Int32Array(n));
    this.#times = bigger(this.#times, (n) => new Float64Array(n));
    this.#sourceOf = bigger(this.#sourceOf, (n) => new Int32Array(n));
    this.#ofActions = bigger(this.#ofActions, (n) => new Uint8Array(n));
  }
  finish(): LabelledTable {
    const n = this.#rows;
    const width = this.features.length;
    return {
      features: this.features,
      rows: n,
      values: this.#values.slice(0, n * width),
      present: this.#present.slice(0, n * width),
      labels: this.#labels.slice(0, n),
      groups: this.#groups.slice(0, n),
      times: this.#times.slice(0, n),
      sourceOf: this.#sourceOf.slice(0, n),
      ofActions: this.#ofActions.slice(0, n),
      sources: this.sources,
      events: this.events,
    };
  }
}
/** Frames with their labels, and the events behind the labels where there are any. */
export interface LabelledTable extends FrameTable {
  readonly events: readonly TableEvent[];
}
