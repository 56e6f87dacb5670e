import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import { MAX_AUDIT_NODES } from "../domain/index.ts";
import type { AuditEdge, AuditGraph, AuditNode, Place } from "../rollout/index.ts";

const name = z.string().min(1).max(512);
/** A topic by its name, or with its type as discovery tools print it. */
const topic = z
  .union([name, z.looseObject({ topic: name })])
  .transform((t) => (typeof t === "string" ? t : t.topic));
const topics = z.array(topic).max(4_096).default([]);
/** A snapshot of who publishes and who listens: ROS 2, DDS and MQTT say the same in other words. */
const snapshotSchema = z.looseObject({
  kind: z.enum(["ros", "dds", "mqtt"]).default("ros"),
  nodes: z
    .array(
      z.looseObject({
        name,
        publishes: topics,
        subscribes: topics,
        /** services and actions: who calls, who serves */
        calls: topics,
        serves: topics,
        spawns: z.array(name).max(256).default([]),
        spawnsMax: z.number().int().min(0).optional(),
        generationsMax: z.number().int().min(0).optional(),
        rateMaxHz: z.number().positive().optional(),
        controlLoop: z.string().min(10).max(500).optional(),
      }),
    )
    .max(MAX_AUDIT_NODES),
});
export type WireSnapshot = z.infer<typeof snapshotSchema>;

/** Everything listens to these or speaks on them; a cycle through them says nothing. */
const PLUMBING =
  /(^|\/)(rosout|parameter_events|clock)$|\/((describe|get|list|set)_parameters?(_types|_atomically)?|get_type_description)$|^ros_discovery_info$|^\$SYS\//;
export const isPlumbing = (name: string): boolean => PLUMBING.test(name);

export function readSnapshot(json: unknown): Result<WireSnapshot, string> {
  const read = snapshotSchema.safeParse(json);
  if (read.success) return ok(read.data);
  const issue = read.error.issues[0];
  return err(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "no snapshot"}`);
}

/** Discovery numbers processes of one program; a person who writes of one means them all. */
const bare = (name: string): string => name.replace(/ \([0-9a-f]{12}\)$/, "");
const both = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];

/**
 * Lays what a person has stated of parts over what was seen of them. On a broker, which does not tell who
 * listens, a stated part that was not seen is believed; elsewhere it is missing, and said so.
 */
export function withStated(
  seen: WireSnapshot,
  stated: WireSnapshot,
): { readonly snapshot: WireSnapshot; readonly missing: readonly string[] } {
  const words = new Map(stated.nodes.map((node) => [bare(node.name), node]));
  const met = new Set<string>();
  const nodes = seen.nodes.map((node) => {
    const said = words.get(bare(node.name));
    if (said === undefined) return node;
    met.add(bare(node.name));
    const { name } = node;
    const sides = {
      publishes: both(node.publishes, said.publishes),
      subscribes: both(node.subscribes, said.subscribes),
      calls: both(node.calls, said.calls),
      serves: both(node.serves, said.serves),
    };
    return { ...said, name, ...sides };
  });
  const unseen = stated.nodes.filter(({ name }) => !met.has(bare(name)));
  if (seen.kind === "mqtt") return { snapshot: { ...seen, nodes: [...nodes, ...unseen] }, missing: [] };
  const missing = unseen.map(({ name }) => `${name} is stated in the graph file and was not seen`);
  return { snapshot: { ...seen, nodes }, missing };
}

/** topic → component → topic. `lineOf` finds the place of a node in the file, when it came from one. */
export function graphOfSnapshot(
  snapshot: WireSnapshot,
  subject: string,
  lineOf: (node: string) => Place | null = () => null,
): AuditGraph {
  const nodes = new Map<string, AuditNode>();
  const edges: AuditEdge[] = [];
  const known = new Set(snapshot.nodes.map((n) => `part ${n.name}`));
  const carry = (of: string, kind: "publishes" | "calls"): string => {
    const id = `${kind === "calls" ? "service" : "topic"} ${of}`;
    if (!nodes.has(id)) nodes.set(id, { id, kind: "topic", place: null });
    return id;
  };
  for (const part of snapshot.nodes) {
    const { spawnsMax, generationsMax, rateMaxHz, controlLoop } = part;
    nodes.set(`part ${part.name}`, {
      id: `part ${part.name}`,
      kind: "part",
      place: lineOf(part.name),
      ...(spawnsMax !== undefined && { spawnsMax }),
      ...(generationsMax !== undefined && { generationsMax }),
      ...(rateMaxHz !== undefined && { rateMaxHz }),
      ...(controlLoop !== undefined && { controlLoop }),
    });
  }
  for (const part of snapshot.nodes) {
    const id = `part ${part.name}`;
    const own = (list: readonly string[]): string[] => list.filter((t) => !isPlumbing(t));
    for (const t of own(part.publishes)) edges.push({ kind: "sends", from: id, to: carry(t, "publishes") });
    for (const t of own(part.calls)) edges.push({ kind: "sends", from: id, to: carry(t, "calls") });
    for (const t of own(part.serves)) edges.push({ kind: "sends", from: carry(t, "calls"), to: id });
    for (const child of part.spawns) edges.push({ kind: "spawns", from: id, to: `part ${child}` });
  }
  subscribe(snapshot, nodes, edges);
  const strangers = snapshot.nodes.flatMap((n) => n.spawns.filter((c) => !known.has(`part ${c}`)));
  return {
    subject,
    nodes: [...nodes.values()],
    edges,
    unknown: [...new Set(strangers)].map((child) => ({
      question: "cascade spawning" as const,
      what: `${child} is started but is not in the snapshot: what it starts itself is not known`,
      place: null,
    })),
    machine: null,
  };
}

/** Subscriptions last, because an MQTT filter means every topic that somebody publishes. */
function subscribe(snapshot: WireSnapshot, nodes: Map<string, AuditNode>, edges: AuditEdge[]): void {
  const published = [...nodes.keys()].filter((id) => id.startsWith("topic ")).map((id) => id.slice(6));
  for (const part of snapshot.nodes)
    for (const filter of part.subscribes) {
      if (isPlumbing(filter)) continue;
      const wild = snapshot.kind === "mqtt" && /[+#]/.test(filter);
      const heard = wild ? published.filter((t) => mqttMatches(filter, t)) : [filter];
      for (const t of heard) {
        const id = `topic ${t}`;
        if (!nodes.has(id)) nodes.set(id, { id, kind: "topic", place: null });
        edges.push({ kind: "sends", from: id, to: `part ${part.name}` });
      }
    }
}

/** Does an MQTT filter, with + and #, mean this topic? A wildcard at the front does not mean $-topics. */
export function mqttMatches(filter: string, of: string): boolean {
  const [want, have] = [filter.replace(/^\$share\/[^/]+\//, "").split("/"), of.split("/")];
  if (of.startsWith("$") && /^[+#]/.test(want[0]!)) return false;
  for (let i = 0; i < want.length; i++) {
    if (want[i] === "#") return true;
    if (i >= have.length || (want[i] !== "+" && want[i] !== have[i])) return false;
  }
  return want.length === have.length;
}
