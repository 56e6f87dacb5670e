import type { NodeStatus } from "../../core/domain/index.ts";

/** One hour of what the charts show, five points a second, in rings that never grow. */
const PERIOD_US = 200_000;
const POINTS_MAX = 18_000;
const MARKS_MAX = 500;

export interface Mark {
  readonly t_s: number;
  readonly text: string;
  readonly tone: "good" | "warn" | "bad";
}
export class History {
  readonly #columns = new Map<string, Float64Array>();
  readonly #times = new Float64Array(POINTS_MAX);
  readonly #states: string[] = new Array<string>(POINTS_MAX).fill("");
  readonly #marks: Mark[] = [];
  #count = 0;
  #lastUs = -PERIOD_US;

  add(status: NodeStatus): void {
    if (status.t_us < this.#lastUs) this.#forget();
    if (status.t_us - this.#lastUs < PERIOD_US) return;
    this.#lastUs = status.t_us;
    const at = this.#count++ % POINTS_MAX;
    this.#times[at] = status.t_us / 1e6;
    this.#states[at] = status.state;
    this.#put("V_s", at, status.energy.v_s);
    for (const channel of status.channels) this.#put(channel.name, at, channel.value);
    this.#put("tool speed", at, status.motion.known ? status.motion.tool_m_s : null);
  }
  mark(mark: Mark): void {
    this.#marks.push(mark);
    if (this.#marks.length > MARKS_MAX) this.#marks.shift();
  }
  /** columns in order of time; null where nothing was known */
  read(): {
    times: number[];
    states: string[];
    columns: Record<string, (number | null)[]>;
    marks: readonly Mark[];
  } {
    const n = Math.min(this.#count, POINTS_MAX);
    const first = this.#count - n;
    const order = Array.from({ length: n }, (_, i) => (first + i) % POINTS_MAX);
    const columns: Record<string, (number | null)[]> = {};
    for (const [name, values] of this.#columns)
      columns[name] = order.map((i) => (Number.isNaN(values[i]!) ? null : Number(values[i]!.toPrecision(5))));
    return {
      times: order.map((i) => this.#times[i]!),
      states: order.map((i) => this.#states[i]!),
      columns,
      marks: this.#marks,
    };
  }
  #put(name: string, at: number, value: number | null): void {
    let column = this.#columns.get(name);
    if (column === undefined) {
      column = new Float64Array(POINTS_MAX).fill(Number.NaN);
      this.#columns.set(name, column);
    }
    column[at] = value ?? Number.NaN;
  }
  /** the node started anew: its clock begins at zero again */
  #forget(): void {
    this.#count = 0;
    this.#lastUs = -PERIOD_US;
    this.#marks.length = 0;
    this.#columns.clear();
  }
}
