import type { Effect } from "../../core/domain/index.ts";
import type { Margin } from "../../core/reflex/index.ts";
import { type Column, TableWriter } from "../../edge/recordings/table/index.ts";
import type { Watched } from "./collector.ts";

/**
 * One table of everything that a replay saw and said, a row for each. `kind` says what a row is: `sample` (channel and its
 * numbers), `margin` (a rule's reading, its limit and what is left), `energy` (V_s and its threshold), `part` (a feature's share of V_s),
 * `state`, `cause`, `block` and `verdict`.
 */
export const RUN_COLUMNS = [
  { name: "recording", type: "text" },
  { name: "t_us", type: "micros" },
  { name: "time", type: "time" },
  { name: "kind", type: "text" },
  { name: "name", type: "text" },
  { name: "code", type: "text" },
  { name: "value", type: "number" },
  { name: "limit_value", type: "number" },
  { name: "remaining", type: "number" },
  { name: "unit", type: "text" },
  { name: "state", type: "text" },
  { name: "detail", type: "text" },
  { name: "values", type: "numbers" },
] as const satisfies readonly Column[];
const AT = Object.fromEntries(RUN_COLUMNS.map(({ name }, i) => [name, i])) as Record<
  (typeof RUN_COLUMNS)[number]["name"],
  number
>;
const PARTS_EVERY_US = 100_000;
const NO_NUMBERS: readonly number[] = [];
type Row = Partial<Record<"name" | "code" | "unit" | "detail", string>> &
  Partial<Record<"value" | "limit" | "remaining", number>>;

export class RunTable {
  readonly #writer: TableWriter;
  readonly #node: Watched;
  readonly #recording: string;
  readonly #epoch: number;
  /** margins that a reading of the channel sets */
  readonly #margins: readonly (readonly Margin[])[];
  #partsWritten = -Infinity;

  constructor(path: string, node: Watched, epochMicros: number, version: string, recording: string) {
    this.#writer = new TableWriter(path, RUN_COLUMNS, `cellgate ${version}`);
    this.#node = node;
    this.#epoch = epochMicros;
    this.#recording = recording;
    const { measured } = node.cell.reflex;
    this.#margins = node.channels.map(({ index }) =>
      measured.flatMap(({ listens, margins = [] }) =>
        listens === "all" || listens.includes(index) ? margins : [],
      ),
    );
  }
  #row(
    t: number,
    kind: string,
    { name, code, unit, detail, value, limit, remaining }: Row,
    values: ArrayLike<number> = NO_NUMBERS,
    count = 0,
  ): void {
    const writer = this.#writer;
    writer.text(AT.recording, this.#recording);
    writer.number(AT.t_us, t);
    writer.number(AT.time, this.#epoch + t);
    writer.text(AT.kind, kind);
    writer.text(AT.name, name ?? null);
    writer.text(AT.code, code ?? null);
    writer.number(AT.value, value ?? Number.NaN);
    writer.number(AT.limit_value, limit ?? Number.NaN);
    writer.number(AT.remaining, remaining ?? Number.NaN);
    writer.text(AT.unit, unit ?? null);
    writer.text(AT.state, this.#node.cell.state);
    writer.text(AT.detail, detail ?? null);
    writer.list(AT.values, values, count);
    writer.next();
  }
  sample(t: number, channel: number, row: Float64Array, count: number): void {
    this.#row(t, "sample", { name: this.#node.channels[channel]!.name, value: row[0]! }, row, count);
    for (const { source, code, value, limit, left, unit } of this.#margins[channel]!)
      if (!Number.isNaN(left))
        this.#row(t, "margin", { name: source, code, value, limit, remaining: left, unit });
  }
  tick(t: number): void {
    const { energy } = this.#node.cell;
    if (energy.value === null) return;
    const { threshold } = energy;
    const limit = threshold < Number.MAX_VALUE ? threshold : Number.NaN;
    this.#row(t, "energy", { name: "V_s", value: energy.value, limit, remaining: limit - energy.value });
    if (t - this.#partsWritten < PARTS_EVERY_US) return;
    this.#partsWritten = t;
    for (const [name, value] of Object.entries(energy.contributions())) this.#row(t, "part", { name, value });
  }
  effect(effect: Effect, t: number): void {
    if (effect.kind === "block" && effect.first)
      this.#row(t, "block", { name: "", code: effect.code, detail: effect.detail });
    if (effect.kind !== "receipt") return;
    const { body } = effect.receipt;
    if (body.receipt_type === "state_change") {
      this.#row(t, "state", { name: body.to, code: body.code, detail: body.reason });
      for (const { source, code, detail } of body.causes)
        this.#row(t, "cause", { name: String(source), code: String(code), detail: String(detail ?? "") });
    } else if (body.receipt_type === "gate_decision")
      this.#row(t, "verdict", { name: body.action_id, value: body.confidence_score, detail: body.decision });
    else if (body.receipt_type === "block")
      this.#row(t, "verdict", { name: body.action_id, code: body.code, detail: `RED: ${body.reason}` });
  }
  close(): Promise<string | null> {
    return this.#writer.end();
  }
}
