import { setTimeout as pause } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { err, ok, type Result } from "../base/result.ts";
import type { Deployment } from "../domain/index.ts";
import type { AuditEdge, AuditGraph, AuditNode, Place } from "../rollout/index.ts";
import { ddsSettingsSchema, type DdsPart, watchDdsGraph } from "../transports/rtps/index.ts";
import { topicId } from "./deployment-graph.ts";

/** Who talks on a wire, as far as the wire tells. */
export interface LiveWire {
  readonly kind: "dds" | "mqtt";
  readonly parts: readonly DdsPart[];
  /** what cannot be seen on this kind of wire */
  readonly blind: string | null;
}
const TOPICS_MAX = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;

export async function watchDds(settings: object, seconds: number): Promise<Result<LiveWire, string>> {
  const read = ddsSettingsSchema.safeParse(settings);
  if (!read.success) return err(read.error.issues[0]?.message ?? "settings");
  const parts = await watchDdsGraph(read.data, seconds);
  return parts.ok ? ok({ kind: "dds", parts: parts.value, blind: null }) : parts;
}

/** A broker names no publisher: parts are told from what is known of topics, the rest is said to be unseen. */
export async function watchMqtt(url: string, seconds: number): Promise<Result<LiveWire, string>> {
  const topics = new Set<string>();
  try {
    const client = await connectAsync(
      url,
      { protocolVersion: 5, clean: true, connectTimeout: CONNECT_TIMEOUT_MS, reconnectPeriod: 0 },
      false,
    );
    client.on("error", () => undefined);
    client.on("message", (topic) => {
      if (topics.size < TOPICS_MAX) topics.add(topic);
    });
    await client.subscribeAsync("#", { qos: 0 });
    await pause(seconds * 1_000);
    await client.endAsync(true);
  } catch (cause) {
    return err(`${url}: ${(cause as Error).message}`);
  }
  return ok({
    kind: "mqtt",
    parts: partsOfTopics([...topics].sort()),
    blind:
      "a broker does not tell who subscribes: cycles through parts that are neither a cellgate cell nor a Sparkplug node are not seen; state them in a graph file",
  });
}

const SPARKPLUG = /^spBv1\.0\/([^/]+)\/([ND])(BIRTH|DEATH|DATA|CMD)\/([^/]+)(?:\/(.+))?$/;
/** The part of the published contract that tells a cell by its topics. */
const CELL_SAYS = /^(.+)\/([^/]+)\/(status|state|receipt|energy|event\/[^/]+|command\/[^/]+|answer\/[^/]+)$/;
const CELL_HEARS = /^(ack|proposal|request)\//;

export function partsOfTopics(topics: readonly string[]): DdsPart[] {
  const found = new Map<string, { publishes: Set<string>; subscribes: Set<string> }>();
  const of = (name: string) => {
    const known = found.get(name) ?? { publishes: new Set(), subscribes: new Set() };
    found.set(name, known);
    return known;
  };
  const cells = new Set(
    topics.flatMap((t) => {
      const [, base, cell, what] = CELL_SAYS.exec(t) ?? [];
      return what === "status" || what === "state" ? [`${base}/${cell}`] : [];
    }),
  );
  for (const topic of topics) {
    const plug = SPARKPLUG.exec(topic);
    if (plug !== null) {
      const node = of(`Sparkplug node ${plug[1]}/${plug[4]}`);
      (plug[3] === "CMD" ? node.subscribes : node.publishes).add(topic);
      continue;
    }
    const cell = [...cells].find((c) => topic.startsWith(`${c}/`));
    const rest = cell === undefined ? "" : topic.slice(cell.length + 1);
    if (cell !== undefined && CELL_SAYS.test(topic)) of(`cell ${cell}`).publishes.add(topic);
    else if (cell !== undefined && CELL_HEARS.test(rest)) of(`cell ${cell}`).subscribes.add(topic);
    else of(`unnamed publisher of ${topic}`).publishes.add(topic);
  }
  return [...found].map(([name, part]) => ({
    name,
    publishes: [...part.publishes],
    subscribes: [...part.subscribes],
  }));
}

/** Adds what was seen on one of the deployment's wires to the deployment's own graph. */
export function withLive(
  graph: AuditGraph,
  deployment: Deployment,
  transport: string,
  wire: LiveWire,
  place: Place,
): AuditGraph {
  const nodes = new Map(graph.nodes.map((n) => [n.id, n]));
  const edges: AuditEdge[] = [...graph.edges];
  const unknown = graph.unknown.filter(({ what }) => !what.startsWith(`transport ${transport}:`));
  if (wire.blind !== null) unknown.push({ what: wire.blind, place });
  const topic = (name: string): string => {
    const id = topicId(deployment, transport, name);
    if (!nodes.has(id)) nodes.set(id, { id, kind: "topic", place: null });
    return id;
  };
  for (const part of wire.parts) {
    if (isOwnNode(part, deployment, transport)) continue;
    const id = `part ${part.name} on ${transport}`;
    nodes.set(id, { id, kind: "part", place } satisfies AuditNode);
    for (const name of part.publishes)
      if (!quiet(name)) edges.push({ kind: "sends", from: id, to: topic(name) });
    for (const name of part.subscribes)
      if (!quiet(name)) edges.push({ kind: "sends", from: topic(name), to: id });
  }
  return { ...graph, nodes: [...nodes.values()], edges, unknown };
}
/** Everything speaks or listens there; a cycle through it says nothing. */
const quiet = (name: string): boolean =>
  /(^|\/)(rosout|parameter_events|clock)$|\/(describe|get|list|set)_parameters?(_types|_atomically)?( \(\w+\))?$|^ros_discovery_info$/.test(
    name,
  );
/** Whoever hears every channel of the deployment is the deployment's own node, already in the graph. */
function isOwnNode(part: DdsPart, deployment: Deployment, transport: string): boolean {
  const wanted = Object.values(deployment.channels)
    .filter((c) => c.transport === transport)
    .map((c) => topicId(deployment, transport, c.address));
  const heard = new Set(part.subscribes.map((name) => topicId(deployment, transport, name)));
  return wanted.length > 0 && wanted.every((id) => heard.has(id));
}
