import { writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Deployment } from "../core/domain/index.ts";
import { readPlanFile } from "../fleet/index.ts";
import {
  createLocator,
  graphOfDeployment,
  graphOfSnapshot,
  type LiveWire,
  readSnapshot,
  thisMachine,
  watchDds,
  watchMqtt,
  watchRos,
  type WireSnapshot,
  withLive,
  withStated,
} from "../fleet/audit/index.ts";
import type { AuditGraph, Place } from "../core/audit/index.ts";
import { EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { readInput } from "./ledger/place.ts";
import { planGraph } from "./rollout/audit-plan.ts";

/** A graph, and by what a live part of it was seen. */
export interface AuditSource {
  readonly graph: AuditGraph;
  readonly seenBy: readonly string[];
}
export interface SourceWish {
  /** how long to listen; null: not, except to a wire alone */
  readonly seconds: number | null;
  /** a graph file whose statements hold for parts that are seen on a wire */
  readonly stated: string | null;
  /** writes what was seen on a wire as a graph file */
  readonly save: string | null;
}
export const LIVE_DEFAULT_S = 5;
const WIRE = /^(dds:|ros2$|ros2:|mqtts?:\/\/)/;

export async function readSource(name: string, wish: SourceWish, io: Io): Promise<AuditSource> {
  if (WIRE.test(name)) return graphOfWire(name, wish, io);
  if (wish.stated !== null || wish.save !== null)
    throw new UserError(
      "--stated and --save belong to a wire alone",
      "name ros2, dds:DOMAIN or mqtt://host:port; a deployment states its own",
    );
  return graphOfFile(name, wish, io);
}

function watchWire(name: string, seconds: number): ReturnType<typeof watchDds> {
  if (!/^(dds|ros2)/.test(name)) return watchMqtt(name, seconds);
  const number = name.split(":")[1];
  const domain = number === undefined || number === "" ? {} : { domainId: domainOf(number) };
  return name.startsWith("ros2")
    ? watchRos(domain, seconds)
    : watchDds({ kind: "dds", domainId: 0, ...domain }, seconds);
}
function domainOf(number: string): number {
  if (/^\d{1,3}$/.test(number) && Number(number) <= 232) return Number(number);
  throw new UserError(`domain ${number}`, "a DDS domain is a number from 0 to 232: dds:0, ros2:42");
}

/** A wire alone: whoever talks on it, without a deployment. */
async function graphOfWire(name: string, wish: SourceWish, io: Io): Promise<AuditSource> {
  const wire = await watchWire(name, wish.seconds ?? LIVE_DEFAULT_S);
  if (!wire.ok)
    throw new UserError(
      wire.error.startsWith(name) ? wire.error : `${name}: ${wire.error}`,
      "is it up? `cellgate doctor` says what is missing here",
      EXIT.failed,
    );
  const { parts, kind, seenBy, blind } = wire.value;
  if (wish.save !== null) saveSnapshot(wire.value, resolve(io.cwd, wish.save));
  const seen = readSnapshot({ kind, nodes: parts });
  if (!seen.ok) throw new UserError(`${name}: ${seen.error}`, "the wire holds more than can be audited");
  const stated = wish.stated === null ? null : withStated(seen.value, snapshotFile(wish.stated, io));
  const graph = graphOfSnapshot(stated?.snapshot ?? seen.value, name);
  const missing = (stated?.missing ?? []).map((what) => ({
    what,
    safeguard: "is it running, and named so?",
  }));
  const unknown = [...blind, ...missing].map((one) => ({
    question: "feedback loops" as const,
    ...one,
    place: null,
  }));
  return { graph: { ...graph, unknown: [...graph.unknown, ...unknown] }, seenBy: [seenBy] };
}
/** Ready to be given back with --stated, once a person has written beside the parts what guards them. */
function saveSnapshot({ kind, parts }: LiveWire, file: string): void {
  try {
    writeFileSync(file, `${JSON.stringify({ kind, nodes: parts }, null, 2)}\n`);
  } catch (cause) {
    throw new UserError(`${file}: ${(cause as Error).message}`, "name a file that can be written");
  }
}
function snapshotFile(name: string, io: Io): WireSnapshot {
  const read = readSnapshot(fileOf(readInput(resolve(io.cwd, name), io), name).raw);
  if (read.ok) return read.value;
  throw new UserError(
    `${name}: ${read.error}`,
    "expected {nodes: [{name, controlLoop | rateMaxHz | spawns | memoryBytesMax | moves | growsWith …}]}",
  );
}

async function listen(
  graph: AuditGraph,
  name: string,
  source: string,
  seconds: number,
  deployment: Deployment,
): Promise<AuditSource> {
  const at = createLocator(source, name);
  let whole = graph;
  const seenBy: string[] = [];
  for (const [transport, settings] of Object.entries(deployment.transports)) {
    const wire = await watchTransport(settings, seconds);
    if (wire === null) continue;
    if (!wire.ok)
      throw new UserError(
        `transport ${transport}: ${wire.error}`,
        "is the wire up? leave out --live otherwise",
        EXIT.failed,
      );
    seenBy.push(`transport ${transport}: ${wire.value.seenBy}`);
    whole = withLive(whole, deployment, transport, wire.value, at(["transports", transport]));
  }
  if (seenBy.length === 0) seenBy.push("nobody: no transport of kind ros2, dds or mqtt is here to listen to");
  return { graph: whole, seenBy };
}
async function watchTransport(
  settings: Deployment["transports"][string],
  seconds: number,
): Promise<Awaited<ReturnType<typeof watchDds>> | null> {
  const { kind, url, domainId, library } = settings as {
    readonly kind: string;
    readonly url?: string;
    readonly domainId?: number;
    readonly library?: string;
  };
  if (kind === "mqtt") return watchMqtt(url ?? "", seconds);
  if (kind === "dds") return watchDds(settings, seconds);
  return kind === "ros2" ? watchRos({ domainId, library }, seconds) : null;
}

/** What the file is follows from what stands in it. */
async function graphOfFile(name: string, { seconds }: SourceWish, io: Io): Promise<AuditSource> {
  const file = resolve(io.cwd, name);
  const source = readInput(file, io);
  const { raw, at } = fileOf(source, name);
  const alone = (graph: AuditGraph): AuditSource => ({ graph, seenBy: [] });
  if ("cellgate" in raw) {
    const { deployment } = requireDeployment(file);
    const graph = graphOfDeployment(deployment, source, name, thisMachine(dirname(file)), dirname(file));
    return seconds === null ? alone(graph) : listen(graph, name, source, seconds, deployment);
  }
  if (seconds !== null)
    throw new UserError(
      `${name} is no deployment: it names no wire to listen to`,
      "leave out --live, or name the wire itself: ros2, dds:DOMAIN, mqtt://host:port",
    );
  if ("automation" in raw) {
    const read = readPlanFile(file);
    if (!read.ok) throw new UserError(read.error.what, read.error.remedy);
    return alone(planGraph(read.value, name, dirname(file)));
  }
  if (!("nodes" in raw))
    throw new UserError(
      `${name} is neither a deployment (cellgate: 1), nor a rollout plan (automation: …), nor a graph (nodes: […])`,
      "a graph is {nodes: [{name, publishes: [topic], subscribes: [topic]}]}",
    );
  const snapshot = readSnapshot(raw);
  if (!snapshot.ok)
    throw new UserError(
      `${name}: ${snapshot.error}`,
      "a graph is {nodes: [{name, publishes: [topic], subscribes: [topic]}]}",
    );
  return alone(graphOfSnapshot(snapshot.value, name, at));
}
interface SourceFile {
  readonly raw: Readonly<Record<string, unknown>>;
  /** line of a node of a graph file */
  at(node: string): Place | null;
}
function fileOf(source: string, name: string): SourceFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const raw: unknown = document.errors.length > 0 ? null : document.toJS({ maxAliasCount: 100 });
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new UserError(
      `${name} is no deployment, rollout plan or graph`,
      document.errors[0]?.message ?? "these are YAML or JSON with keys",
    );
  const nodes = document.get("nodes");
  const found = new Map<string, Place>();
  for (const item of isSeq(nodes) ? nodes.items : []) {
    const node = isMap(item) ? item.get("name", true) : null;
    if (isScalar(node) && node.range)
      found.set(String(node.value), { file: name, line: lines.linePos(node.range[0]).line });
  }
  return { raw: raw as Record<string, unknown>, at: (node) => found.get(node) ?? null };
}
