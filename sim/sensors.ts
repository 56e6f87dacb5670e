import { assert } from "../src/core/base/assert.ts";
import { createPrng } from "../src/core/base/prng.ts";
import { type CellDescription, STEP_US } from "../src/core/physics/index.ts";
import { createNoise } from "./noise.ts";
import { type Scenario, SIM_CHANNELS, type SensorFault, type SimChannel } from "./scenario.ts";
import { createReaders, type Reader, type Reading, type Seen } from "./sensor-readers.ts";

/** `values` is reused: copy what is needed later. `stampUs` is when it was measured, on the simulation's clock. */
export type ReadingCallback = (
  channel: SimChannel,
  values: Float64Array,
  count: number,
  stampUs: number,
  seq: number,
) => void;

interface Late {
  readonly channel: SimChannel;
  readonly values: Float64Array;
  readonly stampUs: number;
  readonly seq: number;
  readonly atUs: number;
}
/** Readings under way at most: far more than the longest latency needs. */
const LATE_MAX = 1_024;

/** All sensors of the cell with their rates, noise, faults and latency. The same for every engine. */
export class SensorSuite {
  readonly #channels: readonly Channel[];
  readonly #latencyUs: number;
  readonly #late: Late[] = [];

  constructor(cell: CellDescription, scenario: Scenario) {
    const noise = createNoise(createPrng(scenario.seed).split("sensor noise"));
    const readers = createReaders(cell, scenario, noise);
    this.#channels = SIM_CHANNELS.map(
      (name) =>
        new Channel(
          name,
          readers[name],
          scenario.noiseFactor,
          scenario.sensorFaults.filter((fault) => fault.channel === name),
        ),
    );
    this.#latencyUs = scenario.sensorLatencyUs;
  }

  /** measures what is due at this step; `scenarioUs` is the clock of the faults, -1 before it starts */
  measure(step: number, nowUs: number, scenarioUs: number, seen: Seen): void {
    for (const channel of this.#channels) {
      channel.measure(step, nowUs, scenarioUs, seen);
      if (this.#latencyUs === 0 || !channel.due) continue;
      if (this.#late.length >= LATE_MAX) this.#late.shift();
      const { name, values, stampUs, seq } = channel;
      this.#late.push({ channel: name, values: values.slice(), stampUs, seq, atUs: nowUs + this.#latencyUs });
    }
  }

  /** hands out what has arrived by now, each reading once */
  deliver(nowUs: number, each: ReadingCallback): void {
    if (this.#latencyUs === 0) return this.#deliverDue(each);
    for (; this.#late.length > 0 && this.#late[0]!.atUs <= nowUs; this.#late.shift()) {
      const { channel, values, stampUs, seq } = this.#late[0]!;
      each(channel, values, values.length, stampUs, seq);
    }
  }

  #deliverDue(each: ReadingCallback): void {
    for (const channel of this.#channels) {
      if (!channel.due) continue;
      channel.due = false;
      each(channel.name, channel.values, channel.values.length, channel.stampUs, channel.seq);
    }
  }
}

/** One channel: when it is due and what is wrong with it. */
class Channel implements Reading {
  readonly name: SimChannel;
  readonly values: Float64Array;
  due = false;
  seq = -1;
  stampUs = 0;
  noise: number;
  offset = 0;
  blind = false;
  scenarioUs = -1;
  readonly #reader: Reader;
  readonly #every: number;
  readonly #ownNoise: number;
  readonly #faults: readonly SensorFault[];

  constructor(name: SimChannel, reader: Reader, noise: number, faults: readonly SensorFault[]) {
    this.name = name;
    this.noise = noise;
    this.values = new Float64Array(reader.width);
    this.#reader = reader;
    this.#ownNoise = noise;
    this.#faults = faults;
    this.#every = 1e6 / STEP_US / reader.rateHz;
    assert(Number.isInteger(this.#every), `${name}: ${reader.rateHz} Hz is no whole number of steps`);
  }

  measure(step: number, nowUs: number, scenarioUs: number, seen: Seen): void {
    this.due = step % this.#every === 0;
    if (!this.due) return;
    this.seq++;
    this.stampUs = nowUs;
    this.scenarioUs = scenarioUs;
    const state = this.#faults.length === 0 ? "well" : this.#suffer(scenarioUs);
    if (state === "lost") this.due = false;
    else if (state === "well") this.#reader.read(this, seen);
    // frozen: the values of the last reading go out again under a new stamp
  }

  #suffer(scenarioUs: number): "well" | "frozen" | "lost" {
    let state: "well" | "frozen" | "lost" = "well";
    this.noise = this.#ownNoise;
    this.offset = 0;
    this.blind = false;
    for (const fault of this.#faults) {
      const { kind, fromUs, untilUs } = fault;
      if (kind === "drift" && scenarioUs >= fromUs)
        this.offset += fault.offset * Math.min(1, (scenarioUs - fromUs) / Math.max(1, untilUs - fromUs));
      if (scenarioUs < fromUs || scenarioUs >= untilUs) continue;
      if (kind === "lost") state = "lost";
      else if (kind === "frozen" && state === "well") state = "frozen";
      else if (kind === "noisy") this.noise *= fault.factor;
      else if (kind === "blind") this.blind = true;
    }
    return state;
  }
}
