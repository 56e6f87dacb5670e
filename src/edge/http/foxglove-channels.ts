import type { NodeStatus } from "../../core/domain/index.ts";

/** One topic as Foxglove sees it: JSON messages with a JSON Schema. */
export interface FoxgloveChannel {
  readonly topic: string;
  readonly schemaName: string;
  readonly schema: object;
  /** null: nothing to say now */
  message(status: NodeStatus): object | null;
}
const TIME = {
  type: "object",
  title: "time",
  properties: { sec: { type: "integer" }, nsec: { type: "integer" } },
};
const schemaOf = (title: string, properties: Readonly<Record<string, object>>): object => ({
  title,
  type: "object",
  properties: { timestamp: TIME, ...properties },
});
const NUMBER = { type: "number" };
const TEXT = { type: "string" };
const FLAG = { type: "boolean" };

export const timeOf = (epochUs: number): { sec: number; nsec: number } => ({
  sec: Math.floor(epochUs / 1e6),
  nsec: (epochUs % 1e6) * 1_000,
});
/** without a head the threshold is the largest number: no line to draw */
const MAX_DRAWN = 1e300;

type Wanted = (quantity: string) => boolean;
const isDistance: Wanted = (quantity) => quantity === "range" || quantity === "scan";
const isForce: Wanted = (quantity) => quantity === "wrench";
const valuesOf = (status: NodeStatus, wanted: Wanted): Record<string, number> =>
  Object.fromEntries(
    status.channels.flatMap((c) =>
      wanted(c.quantity) && c.value !== null && c.health === "good" ? [[c.name, c.value]] : [],
    ),
  );
const worst = (values: Record<string, number>, pick: (a: number, b: number) => number): number | null => {
  const known = Object.values(values);
  return known.length === 0 ? null : known.reduce((a, b) => pick(a, b));
};

/** A topic with one value in the field `data`, as the ROS topics and the files of replays have it. */
const single = (
  name: string,
  type: object,
  value: (status: NodeStatus) => number | string | boolean | null,
): FoxgloveChannel => ({
  topic: `/cellgate/${name}`,
  schemaName: `cellgate.${name}`,
  schema: schemaOf(`cellgate.${name}`, { data: type }),
  message(status) {
    const data = value(status);
    return data === null ? null : { data };
  },
});
const SINGLES: readonly FoxgloveChannel[] = [
  single("v_s", NUMBER, (s) => s.energy.v_s),
  single("v_s_threshold", NUMBER, ({ energy }) => (energy.threshold < MAX_DRAWN ? energy.threshold : null)),
  single("force", NUMBER, (s) => worst(valuesOf(s, isForce), Math.max)),
  single("distance", NUMBER, (s) => worst(valuesOf(s, isDistance), Math.min)),
  single("speed", NUMBER, ({ motion }) => (motion.known ? motion.fastest_rad_s : null)),
  single("tool_speed", NUMBER, ({ motion }) => (motion.known ? motion.tool_m_s : null)),
  single("state", TEXT, (s) => s.state),
  single("blocked", FLAG, (s) => s.block.active),
  single("may_move", FLAG, (s) => s.may_move),
  single("why", TEXT, ({ why }) => `${why.code}: ${why.title} ${why.source} ${why.detail}`.trim()),
];

/** The topics of a cell; names of channels become fields, so that a plot can be drawn of each. */
export function channelsOf(status: NodeStatus): readonly FoxgloveChannel[] {
  const many = (name: string, title: string, wanted: Wanted): FoxgloveChannel => ({
    topic: `/cellgate/${name}`,
    schemaName: `cellgate.${name}`,
    schema: schemaOf(
      title,
      Object.fromEntries(status.channels.flatMap((c) => (wanted(c.quantity) ? [[c.name, NUMBER]] : []))),
    ),
    message: (s) => valuesOf(s, wanted),
  });
  return [
    ...SINGLES,
    many("distances", "distances in metres by channel", isDistance),
    many("forces", "forces in newtons by channel", isForce),
    {
      topic: "/cellgate/contributions",
      schemaName: "cellgate.contributions",
      schema: schemaOf("shares of V_s by feature", {}),
      message: ({ energy }) => (energy.v_s === null ? null : { ...energy.contributions }),
    },
  ];
}

/** Topics that speak when something happens. */
export const RECEIPTS = {
  topic: "/cellgate/receipts",
  schemaName: "cellgate.receipt",
  schema: schemaOf("receipt", { receipt_id: TEXT, at: { type: "integer" }, body: { type: "object" } }),
};
export const VERDICTS = { ...RECEIPTS, topic: "/cellgate/verdicts" };
/** foxglove.Log, which the Log panel shows */
export const LOG = {
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
