import type { NodeStatus } from "../core/domain/index.ts";

/** What a plant hears of the cell's figures: on change, and now and then also without one. */
export interface TelemetrySettings {
  /** topics of the cell lie below <base>/<cell>/ */
  readonly base: string;
  /** share of the limit, or of the value, by which a figure has to differ to be said at once */
  readonly deadband: number;
  /** after this long it is said again, changed or not */
  readonly everySeconds: number;
  /** prefix under which Home Assistant looks for sensors; absent: nothing is announced there */
  readonly homeAssistant?: string | undefined;
}
export interface Announcement {
  readonly address: string;
  readonly body: unknown;
  readonly retain: boolean;
}

/** One figure: where it goes, the number that decides whether it changed, and words that always do. */
interface Point {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly value: number | null;
  readonly limit: number | null;
  readonly words: string;
  readonly body: Readonly<Record<string, unknown>>;
}
const SMALLEST = 1e-9;
const MICROS = 1_000_000;
const levelOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9_-]+/g, "_");

/** null: without a head there is no threshold */
const thresholdOf = ({ energy }: NodeStatus): number | null =>
  energy.threshold < Number.MAX_VALUE ? energy.threshold : null;

function pointsOf(s: NodeStatus): Point[] {
  const channels = s.channels.map(({ name, quantity, unit, value, limit, health }) => ({
    ...{ name: `channel/${levelOf(name)}`, title: name, unit, value, words: health },
    limit: limit?.value ?? null,
    body: { quantity, value, unit, health },
  }));
  const margins = (s.margins ?? []).map(({ rule, code, channel, unit, side, value, limit, left }) => ({
    ...{
      name: `margin/${levelOf(rule)}/${levelOf(code)}`,
      title: `margin of ${rule}`,
      unit,
      value: left,
      limit,
      words: code,
    },
    body: { rule, code, channel, side, value, limit, left, unit },
  }));
  const cell: Point = {
    name: "cell",
    title: "state",
    unit: "",
    value: s.energy.v_s,
    limit: thresholdOf(s),
    words: [s.state, s.why.code, s.causes.length, JSON.stringify(s.gate.counts)].join(" "),
    body: {
      state: s.state,
      may_move: s.may_move,
      cause: s.why.code,
      causes: s.causes.length,
      v_s: s.energy.v_s,
      threshold: thresholdOf(s),
      counts: s.gate.counts,
    },
  };
  return [cell, ...channels, ...margins];
}

/** Remembers what it last said of each figure, and says what differs. */
export class Telemetry {
  readonly #set: TelemetrySettings;
  readonly #said = new Map<string, { value: number | null; words: string; at: number }>();
  #announced = false;

  constructor(settings: TelemetrySettings) {
    this.#set = settings;
  }
  due(status: NodeStatus): Announcement[] {
    const points = pointsOf(status);
    const discovery = this.#announced ? [] : this.#discovery(status.cell, points);
    this.#announced = true;
    return [
      ...discovery,
      ...points.filter((point) => this.#differs(point, status.at)).map((point) => this.#say(point, status)),
    ];
  }

  #differs({ name, value, limit, words }: Point, at: number): boolean {
    const last = this.#said.get(name);
    if (last === undefined || last.words !== words || (last.value === null) !== (value === null)) return true;
    if (at - last.at >= this.#set.everySeconds * MICROS) return true;
    if (value === null || last.value === null) return false;
    const scale = Math.max(Math.abs(limit ?? last.value), SMALLEST);
    return Math.abs(value - last.value) > this.#set.deadband * scale;
  }
  #say({ name, value, words, body }: Point, { cell, at }: NodeStatus): Announcement {
    this.#said.set(name, { value, words, at });
    const head = { schema: "cellgate.telemetry/1", cell, at_us: at } as const;
    return { address: `~/telemetry/${name}`, body: { ...head, ...body }, retain: false };
  }
  /** Home Assistant finds each figure as a sensor of one device. */
  #discovery(cell: string, points: readonly Point[]): Announcement[] {
    const { homeAssistant, base, everySeconds } = this.#set;
    if (homeAssistant === undefined) return [];
    const device = { identifiers: [`cellgate_${cell}`], name: `cellgate ${cell}`, manufacturer: "cellgate" };
    return points.map(({ name, title, unit }) => {
      const id = `${cell}_${name.replaceAll("/", "_")}`;
      const field = name === "cell" ? "state" : name.startsWith("margin/") ? "left" : "value";
      return {
        address: `${homeAssistant}/sensor/${id}/config`,
        body: {
          name: title,
          unique_id: `cellgate_${id}`,
          state_topic: `${base}/${cell}/telemetry/${name}`,
          value_template: `{{ value_json.${field} }}`,
          expire_after: Math.ceil(3 * everySeconds),
          ...(unit !== "" && /^(m|N|rad|A|m\/s)$/.test(unit) && { unit_of_measurement: unit }),
          device,
        },
        retain: true,
      };
    });
  }
}
