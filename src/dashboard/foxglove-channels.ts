import type { NodeStatus } from "../domain/index.ts";

/** One topic as Foxglove sees it: JSON messages with a JSON Schema. */
export interface FoxgloveChannel {
  readonly topic: string;
  readonly schemaName: string;
  readonly schema: object;
  /** null: nothing to say now */
  message(status: NodeStatus): object | null;
}
const time = {
  type: "object",
  title: "time",
  properties: { sec: { type: "integer" }, nsec: { type: "integer" } },
};
const schemaOf = (title: string, properties: Readonly<Record<string, object>>): object => ({
  title,
  type: "object",
  properties: { timestamp: time, ...properties },
});
const NUMBER = { type: "number" };
const TEXT = { type: "string" };
const FLAG = { type: "boolean" };
const STATE_LEVELS: Readonly<Record<string, number>> = {
  STARTING: 0,
  READY_BLOCKED: 1,
  STOPPED: 2,
  HOLD: 3,
  SLOW: 4,
  RUNNING: 5,
};

export const timeOf = (epochUs: number): { sec: number; nsec: number } => ({
  sec: Math.floor(epochUs / 1e6),
  nsec: (epochUs % 1e6) * 1_000,
});
/** without a head the threshold is the largest number: no line to draw */
const known = (value: number): number | null => (value < 1e300 ? value : null);

const DISTANCES: ReadonlySet<string> = new Set(["range", "scan"]);
const valuesOf = (status: NodeStatus, wanted: (quantity: string) => boolean): Record<string, number> =>
  Object.fromEntries(
    status.channels.flatMap((c) =>
      wanted(c.quantity) && c.value !== null && c.health === "good" ? [[c.name, c.value]] : [],
    ),
  );
const isDistance = (quantity: string): boolean => DISTANCES.has(quantity);
const isForce = (quantity: string): boolean => quantity === "wrench";

/** The topics of a cell; names of channels become fields, so that a plot can be drawn of each. */
export function channelsOf(status: NodeStatus): readonly FoxgloveChannel[] {
  const numbers = (wanted: (quantity: string) => boolean): Record<string, object> =>
    Object.fromEntries(status.channels.flatMap((c) => (wanted(c.quantity) ? [[c.name, NUMBER]] : [])));
  return [
    {
      topic: "/cellgate/energy",
      schemaName: "cellgate.Energy",
      schema: schemaOf("cellgate.Energy", { v_s: NUMBER, threshold: NUMBER, model: TEXT }),
      message: ({ energy }) =>
        energy.v_s === null
          ? null
          : { v_s: energy.v_s, threshold: known(energy.threshold), model: energy.model },
    },
    {
      topic: "/cellgate/state",
      schemaName: "cellgate.State",
      schema: schemaOf("cellgate.State", {
        state: TEXT,
        level: { type: "integer", description: "0 starting, 1 ready, 2 stopped, 3 hold, 4 slow, 5 running" },
        may_move: FLAG,
        code: TEXT,
        title: TEXT,
        source: TEXT,
        detail: TEXT,
        notice: TEXT,
      }),
      message: (s) => ({
        state: s.state,
        level: STATE_LEVELS[s.state] ?? 0,
        may_move: s.may_move,
        code: s.why.code,
        title: s.why.title,
        source: s.why.source,
        detail: s.why.detail,
        notice: s.notice,
      }),
    },
    {
      topic: "/cellgate/distances",
      schemaName: "cellgate.Distances",
      schema: schemaOf("cellgate.Distances (m)", numbers(isDistance)),
      message: (s) => valuesOf(s, isDistance),
    },
    {
      topic: "/cellgate/forces",
      schemaName: "cellgate.Forces",
      schema: schemaOf("cellgate.Forces (N)", numbers(isForce)),
      message: (s) => valuesOf(s, isForce),
    },
    {
      topic: "/cellgate/motion",
      schemaName: "cellgate.Motion",
      schema: schemaOf("cellgate.Motion", {
        tool_m_s: NUMBER,
        fastest_rad_s: NUMBER,
        position_rad: { type: "array", items: NUMBER },
      }),
      message: ({ motion: { known: heard, ...motion } }) => (heard ? motion : null),
    },
  ];
}

/** foxglove.Log, which the Log panel shows */
export const LOG_CHANNEL = {
  topic: "/cellgate/log",
  schemaName: "foxglove.Log",
  schema: schemaOf("foxglove.Log", {
    level: { type: "integer" },
    message: TEXT,
    name: TEXT,
    file: TEXT,
    line: { type: "integer" },
  }),
};
