import { setTimeout as pause } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Deployment } from "../../core/domain/index.ts";
import type { AuditEdge, AuditGraph, AuditNode, Place } from "../../core/audit/index.ts";
import type { RosPart } from "../../edge/transports/ros/index.ts";
import { watchRosGraph } from "../../edge/transports/ros2/index.ts";
import { ddsSettingsSchema, watchDdsGraph } from "../../edge/transports/dds/index.ts";
import { isPlumbing } from "./wire-graph.ts";
import { ownNodeName, topicId } from "./wire-name.ts";

/** Who talks on a wire, as far as the wire tells. */
export interface LiveWire {
  readonly kind: "ros" | "dds" | "mqtt";
  readonly parts: readonly RosPart[];
  /** by what it was seen, for people */
  readonly seenBy: string;
  /** what could not be seen, and what would help */
  readonly blind: readonly Blind[];
}
interface Blind {
  readonly what: string;
  readonly safeguard: string;
}
const wireOf = (
  kind: LiveWire["kind"],
  parts: readonly RosPart[],
  seenBy: string,
  blind: readonly Blind[] = [],
): LiveWire => ({
  kind,
  parts,
  seenBy: `${seenBy}: ${parts.length} ${parts.length === 1 ? "part" : "parts"}`,
  // silence is no answer
  blind:
    parts.length === 0
      ? [...blind, { what: `nobody was seen by ${seenBy}`, safeguard: "is it the right wire, and is it up?" }]
      : blind,
});
const TOPICS_MAX = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;

export async function watchDds(settings: object, seconds: number): Promise<Result<LiveWire, string>> {
  const read = ddsSettingsSchema.safeParse(settings);
  if (!read.success) return err(read.error.issues[0]?.message ?? "settings");
  const parts = await watchDdsGraph(read.data, seconds);
  const seenBy = `DDS discovery of domain ${read.data.domainId} in ${seconds} s`;
  return parts.ok ? ok(wireOf("dds", parts.value, seenBy)) : parts;
}

/** ROS's own graph where ROS is sourced; otherwise DDS discovery, which knows processes and not their nodes. */
export async function watchRos(
  settings: { readonly domainId?: number | undefined; readonly library?: string | undefined },
  seconds: number,
): Promise<Result<LiveWire, string>> {
  const ros = await watchRosGraph(settings, seconds);
  const domainId = settings.domainId ?? Number(process.env["ROS_DOMAIN_ID"] ?? 0);
  if (ros.ok) {
    const { environment, parts, twice } = ros.value;
    const { distro, middleware } = environment;
    const blind = twice.map((name) => ({
      what: `several nodes are called ${name}: ROS tells of only one of them`,
      safeguard: "give each a name of its own (--ros-args -r __node:=NAME)",
    }));
    const seenBy = `the ROS 2 graph (${distro}, ${middleware ?? "default middleware"}) of domain ${domainId} in ${seconds} s`;
    return ok(wireOf("ros", parts, seenBy, blind));
  }
  const dds = await watchDds({ kind: "dds", domainId }, seconds);
  if (!dds.ok) return err(`${ros.error}; nor by DDS discovery: ${dds.error}`);
  return ok({
    ...dds.value,
    seenBy: `${dds.value.seenBy} (the ROS 2 graph could not be asked: ${ros.error})`,
    blind: [
      ...dds.value.blind,
      {
        what: "DDS discovery knows processes: several nodes of one process look like one part, and a chain inside it like a loop",
        safeguard: "source ROS 2 to tell them apart",
      },
    ],
  });
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
  return ok(
    wireOf("mqtt", partsOfTopics([...topics].sort()), `topics at ${url} in ${seconds} s`, [
      {
        what: "a broker does not tell who subscribes: cycles through parts that are neither a cellgate cell nor a Sparkplug node are not seen",
        safeguard:
          "write who listens into a graph file: --save FILE begins one, --stated FILE lays it over what is seen",
      },
    ]),
  );
}

const SPARKPLUG = /^spBv1\.0\/([^/]+)\/([ND])(BIRTH|DEATH|DATA|CMD)\/([^/]+)(?:\/(.+))?$/;
/** The part of the published contract that tells a cell by its topics. */
const CELL_SAYS = /^(.+)\/([^/]+)\/(status|state|receipt|energy|event\/[^/]+|command\/[^/]+|answer\/[^/]+)$/;
const CELL_HEARS = /^(ack|proposal|request)\//;

export function partsOfTopics(topics: readonly string[]): RosPart[] {
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
  const edges = new Map<string, AuditEdge>(graph.edges.map((e) => [`${e.kind} ${e.from}\n${e.to}`, e]));
  const unknown = [
    ...graph.unknown.filter(({ what }) => !what.startsWith(`transport ${transport}:`)),
    ...wire.blind.map((blind) => ({ question: "feedback loops" as const, ...blind, place })),
  ];
  const topic = (name: string): string => {
    const id = topicId(deployment, transport, name);
    if (!nodes.has(id)) nodes.set(id, { id, kind: "topic", place: null });
    return id;
  };
  const link = (from: string, to: string): void => {
    edges.set(`sends ${from}\n${to}`, { kind: "sends", from, to });
  };
  const ownName = ownNodeName(deployment, transport);
  for (const part of wire.parts) {
    const own = part.name === ownName;
    if (!own && hearsAll(part, deployment, transport)) continue;
    const id = own ? `cell ${deployment.cell}` : `part ${part.name} on ${transport}`;
    if (!own) nodes.set(id, { id, kind: "part", place } satisfies AuditNode);
    for (const name of [...part.publishes, ...(part.calls ?? [])])
      if (!isPlumbing(name)) link(id, topic(name));
    for (const name of [...part.subscribes, ...(part.serves ?? [])])
      if (!isPlumbing(name)) link(topic(name), id);
  }
  return { ...graph, nodes: [...nodes.values()], edges: [...edges.values()], unknown };
}
/** Whoever hears every channel of the deployment is the deployment's own node, already in the graph. */
function hearsAll(part: RosPart, deployment: Deployment, transport: string): boolean {
  const wanted = Object.values(deployment.channels)
    .filter((c) => c.transport === transport)
    .map((c) => topicId(deployment, transport, c.address));
  const heard = new Set(part.subscribes.map((name) => topicId(deployment, transport, name)));
  return wanted.length > 0 && wanted.every((id) => heard.has(id));
}
