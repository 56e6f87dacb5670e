import { assert } from "../../../../core/base/assert.ts";
import { type Datatype, encodePayload, fits, type Metric, type MetricValue } from "./payload.ts";

export const NAMESPACE = "spBv1.0";
export const REBIRTH = "Node Control/Rebirth";
const RING = 256;
const NODE = "";

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
}
export interface MetricDefinition {
  /** empty: the node itself */
  readonly device: string;
  readonly name: string;
  readonly type: Datatype;
}
interface Slot extends MetricDefinition {
  readonly alias: number;
  value: MetricValue;
  timestamp: number;
}

/** One edge node's life on the wire: births, data and deaths with their sequence numbers. Knows no connection. */
export class EdgeSession {
  readonly #group: string;
  readonly #node: string;
  readonly #slots: readonly Slot[];
  readonly #devices: readonly string[];
  #bdSeq = 0;
  #seq = 0;

  constructor(group: string, node: string, metrics: readonly MetricDefinition[]) {
    this.#group = group;
    this.#node = node;
    this.#slots = metrics.map((metric, i) => ({ ...metric, alias: i + 1, value: null, timestamp: 0 }));
    this.#devices = [...new Set(metrics.map((m) => m.device))].filter((device) => device !== NODE);
  }

  topic(type: "NBIRTH" | "NDATA" | "NDEATH" | "NCMD" | "DBIRTH" | "DDATA" | "DCMD", device = NODE): string {
    return `${NAMESPACE}/${this.#group}/${type}/${this.#node}${device === NODE ? "" : `/${device}`}`;
  }

  /** A new connection begins: its last will carries the number that its births will carry. */
  will(bdSeq: number): Message {
    assert(bdSeq >= 0 && bdSeq < RING, `bdSeq expected in 0 to 255, got ${bdSeq}`);
    this.#bdSeq = bdSeq;
    return this.death();
  }
  death(): Message {
    return { topic: this.topic("NDEATH"), payload: encodePayload({ metrics: [this.#bdSeqMetric()] }) };
  }

  /** Everything about the node and all of its devices, in the order that hosts expect. */
  births(nowMs: number): readonly Message[] {
    this.#seq = 0;
    const own: Metric[] = [
      this.#bdSeqMetric(nowMs),
      { name: REBIRTH, type: "Boolean", value: false, timestamp: nowMs },
    ];
    const node = {
      topic: this.topic("NBIRTH"),
      payload: this.#payload(nowMs, [...own, ...this.#known(NODE, nowMs)]),
    };
    const devices = this.#devices.map((device) => ({
      topic: this.topic("DBIRTH", device),
      payload: this.#payload(nowMs, this.#known(device, nowMs)),
    }));
    return [node, ...devices];
  }

  /** Remembers a value. null: no such metric, or a value that its type cannot carry. false: nothing changed. */
  set(device: string, name: string, value: MetricValue, nowMs: number): boolean | null {
    const slot = this.#slots.find((s) => s.device === device && s.name === name);
    if (slot === undefined || !fits(slot.type, value)) return null;
    if (slot.value === value) return false;
    slot.value = value;
    slot.timestamp = nowMs;
    return true;
  }
  /** The newest value of one metric as data; only its alias names it. */
  data(device: string, name: string, nowMs: number): Message {
    const slot = this.#slots.find((s) => s.device === device && s.name === name);
    assert(slot !== undefined, `metric ${device}:${name} is declared`);
    const metric: Metric = {
      alias: slot.alias,
      type: slot.type,
      value: slot.value,
      timestamp: slot.timestamp,
    };
    return {
      topic: this.topic(device === NODE ? "NDATA" : "DDATA", device),
      payload: this.#payload(nowMs, [metric]),
    };
  }

  #bdSeqMetric(nowMs?: number): Metric {
    return {
      name: "bdSeq",
      type: "Int64",
      value: this.#bdSeq,
      ...(nowMs !== undefined && { timestamp: nowMs }),
    };
  }
  #known(device: string, nowMs: number): readonly Metric[] {
    return this.#slots
      .filter((slot) => slot.device === device)
      .map(({ name, alias, type, value, timestamp }) => ({
        name,
        alias,
        type,
        value,
        timestamp: timestamp === 0 ? nowMs : timestamp,
      }));
  }
  #payload(timestamp: number, metrics: readonly Metric[]): Buffer {
    const seq = this.#seq;
    this.#seq = (seq + 1) % RING;
    return encodePayload({ timestamp, seq, metrics });
  }
}
