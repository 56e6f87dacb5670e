import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import type { Deployment } from "../domain/index.ts";
import { readPlanFile } from "../fleet/index.ts";
import {
  auditHash,
  createLocator,
  graphOfDeployment,
  graphOfSnapshot,
  readSnapshot,
  thisMachine,
  watchDds,
  watchMqtt,
  withLive,
} from "../promote/index.ts";
import { audit, type AuditGraph, dotOf } from "../rollout/index.ts";
import { printFindings } from "./audit-print.ts";
import { type Command, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { planGraph } from "./rollout/audit-plan.ts";
import { flag, jsonOption, readInput, text } from "./ledger/place.ts";

const LIVE_DEFAULT_S = 5;
const LIVE_MAX_S = 600;

export const auditCommand: Command = {
  words: ["audit"],
  summary: "ask the five questions before scaling: spawning, feedback, exhaustion, drift, time bombs",
  usage:
    "<deployment.yaml | plan.yaml | graph.json | dds:DOMAIN | mqtt://host:port> [--live SECONDS] [--dot] [--json]",
  example: "cellgate audit launch/demo-cell.yaml",
  options: {
    live: {
      type: "string",
      help: `listen to the deployment's wires for so many seconds and add who talks there (a wire alone: ${LIVE_DEFAULT_S})`,
    },
    dot: { type: "boolean", help: "the graph for Graphviz instead of findings" },
    ...jsonOption,
  },
  async run(input, io) {
    const [name] = input.positionals;
    if (name === undefined)
      throw new UserError(
        "nothing to audit",
        "name a deployment, a rollout plan, a graph snapshot or a wire",
      );
    const seconds = secondsOf(text(input, "live"));
    const graph = /^(dds:|mqtts?:\/\/)/.test(name)
      ? await graphOfWire(name, seconds ?? LIVE_DEFAULT_S)
      : await readGraph(name, seconds, io);
    const result = audit(graph);
    if (flag(input, "dot")) io.out(dotOf(graph, result));
    else if (flag(input, "json")) io.out(JSON.stringify({ ...result, hash: auditHash(graph) }));
    else {
      io.out(`${result.subject}: ${result.nodes} parts and topics, ${result.edges} connections`);
      printFindings(result, io);
    }
    return result.passed ? EXIT.ok : EXIT.found;
  },
};
function secondsOf(value: string | undefined): number | null {
  if (value === undefined) return null;
  const seconds = Number(value.replace(/s$/, ""));
  if (seconds > 0 && seconds <= LIVE_MAX_S) return seconds;
  throw new UserError(`--live ${value}`, `give 1 to ${LIVE_MAX_S} seconds`);
}

/** A wire alone: whoever talks on it, without a deployment. */
async function graphOfWire(name: string, seconds: number): Promise<AuditGraph> {
  const wire = name.startsWith("dds:")
    ? await watchDds({ kind: "dds", domainId: Number(name.slice(4)) }, seconds)
    : await watchMqtt(name, seconds);
  if (!wire.ok)
    throw new UserError(`${name}: ${wire.error}`, "cellgate doctor says what is missing", EXIT.failed);
  const { kind, parts, blind } = wire.value;
  const snapshot = readSnapshot({ kind, nodes: parts });
  if (!snapshot.ok)
    throw new UserError(`${name}: ${snapshot.error}`, "the wire holds more than can be audited");
  const graph = graphOfSnapshot(snapshot.value, name);
  return blind === null ? graph : { ...graph, unknown: [...graph.unknown, { what: blind, place: null }] };
}
async function listen(
  graph: AuditGraph,
  name: string,
  source: string,
  seconds: number,
  deployment: Deployment,
) {
  const at = createLocator(source, name);
  let whole = graph;
  for (const [transport, settings] of Object.entries(deployment.transports)) {
    const { kind, url } = settings as { kind: string; url?: string };
    // a ROS graph is the same wire: its middleware is DDS
    const dds =
      kind === "dds" ? settings : { kind: "dds", domainId: Number(process.env["ROS_DOMAIN_ID"] ?? 0) };
    if (kind !== "dds" && kind !== "ros2" && kind !== "mqtt") continue;
    const wire = kind === "mqtt" ? await watchMqtt(url ?? "", seconds) : await watchDds(dds, seconds);
    if (!wire.ok)
      throw new UserError(
        `transport ${transport}: ${wire.error}`,
        "is the wire up? leave out --live otherwise",
        EXIT.failed,
      );
    whole = withLive(whole, deployment, transport, wire.value, at(["transports", transport]));
  }
  return whole;
}

/** What the file is follows from what stands in it. */
async function readGraph(name: string, seconds: number | null, io: Io): Promise<AuditGraph> {
  const file = resolve(io.cwd, name);
  const source = readInput(file, io);
  const raw = valueOf(source, name);
  if ("cellgate" in raw) {
    const { deployment } = requireDeployment(file);
    const graph = graphOfDeployment(deployment, source, name, thisMachine(dirname(file)));
    return seconds === null ? graph : listen(graph, name, source, seconds, deployment);
  }
  if ("automation" in raw) {
    const read = readPlanFile(file);
    if (!read.ok) throw new UserError(read.error.what, read.error.remedy);
    return planGraph(read.value, name, dirname(file));
  }
  const snapshot = readSnapshot(raw);
  if (!snapshot.ok)
    throw new UserError(
      `${name}: ${snapshot.error}`,
      "expected a deployment, a rollout plan, or {nodes: [{name, publishes, subscribes}]}",
    );
  const lines = source.split("\n");
  return graphOfSnapshot(snapshot.value, name, (node) => {
    const at = lines.findIndex((line) => line.includes(node));
    return at < 0 ? null : { file: name, line: at + 1 };
  });
}
function valueOf(source: string, name: string): Record<string, unknown> {
  const document = parseDocument(source, { lineCounter: new LineCounter(), prettyErrors: false });
  const value: unknown = document.errors.length > 0 ? null : document.toJS({ maxAliasCount: 100 });
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(
      `${name} is neither YAML nor JSON with keys`,
      document.errors[0]?.message ?? "check the file",
    );
  return value as Record<string, unknown>;
}
