import type { AuditEdge, AuditGraph, AuditNode, Place, Question, Unknown } from "../../core/audit/index.ts";
import type { WirePart, WireSnapshot } from "./snapshot-schema.ts";

/** Everything listens to these or speaks on them; a cycle through them says nothing. */
const PLUMBING =
  /(^|\/)(rosout|parameter_events|clock)$|\/((describe|get|list|set)_parameters?(_types|_atomically)?|get_type_description)$|^ros_discovery_info$|^\$SYS\//;
export const isPlumbing = (name: string): boolean => PLUMBING.test(name);

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
  const machine = stated.machine ?? seen.machine;
  const whole = { ...seen, ...(machine !== undefined && { machine }) };
  if (seen.kind === "mqtt") return { snapshot: { ...whole, nodes: [...nodes, ...unseen] }, missing: [] };
  const missing = unseen.map(({ name }) => `${name} is stated in the graph file and was not seen`);
  return { snapshot: { ...whole, nodes }, missing };
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
    const id = `part ${part.name}`;
    nodes.set(id, { id, kind: part.kind, place: lineOf(part.name), ...statedOf(part) });
  }
  for (const part of snapshot.nodes) {
    const id = `part ${part.name}`;
    const own = (list: readonly string[]): string[] => list.filter((t) => !isPlumbing(t));
    for (const t of own(part.publishes)) edges.push({ kind: "sends", from: id, to: carry(t, "publishes") });
    for (const t of own(part.calls)) edges.push({ kind: "sends", from: id, to: carry(t, "calls") });
    for (const t of own(part.serves)) edges.push({ kind: "sends", from: carry(t, "calls"), to: id });
    for (const child of part.spawns ?? []) edges.push({ kind: "spawns", from: id, to: `part ${child}` });
  }
  subscribe(snapshot, nodes, edges);
  for (const part of snapshot.nodes) addTriggers(part, nodes, edges, lineOf(part.name));
  const strangers = snapshot.nodes.flatMap((n) => (n.spawns ?? []).filter((c) => !known.has(`part ${c}`)));
  return {
    subject,
    nodes: [...nodes.values()],
    edges,
    unknown: [
      ...[...new Set(strangers)].map((child) => ({
        question: "cascade spawning" as const,
        what: `${child} is started but is not in the snapshot: what it starts itself is not known`,
        place: null,
      })),
      ...unanswered(snapshot, lineOf(snapshot.nodes[0]?.name ?? "")),
    ],
    machine: snapshot.machine ?? null,
  };
}
const STATED = [
  ...(["spawnsMax", "generationsMax", "rateMaxHz", "controlLoop", "memoryBytesMax", "diskBytesMax"] as const),
  ...(["threadsMax", "filesMax", "growsWith", "keptFor"] as const),
];
function statedOf(part: WirePart): Partial<AuditNode> {
  const stated = STATED.flatMap((key) => (part[key] === undefined ? [] : [[key, part[key]] as const]));
  const expiresInS = part.expires === undefined ? null : (Date.parse(part.expires) - Date.now()) / 1_000;
  return { ...Object.fromEntries(stated), ...(expiresInS !== null && { expiresInS }) };
}
/** A part whose trigger reads what it changes itself starts itself again. */
function addTriggers(
  { name, reads = [], moves = [], rechecks = [] }: WirePart,
  nodes: Map<string, AuditNode>,
  edges: AuditEdge[],
  place: Place | null,
): void {
  const part = `part ${name}`;
  const trigger = `trigger of ${name}`;
  const quantity = (of: string): string => {
    const id = `quantity ${of}`;
    if (!nodes.has(id)) nodes.set(id, { id, kind: "quantity", place });
    return id;
  };
  const at = place === null ? {} : { place };
  if (reads.length > 0) {
    nodes.set(trigger, { id: trigger, kind: "trigger", place });
    edges.push({ kind: "starts", from: trigger, to: part, ...at });
  }
  for (const of of reads) edges.push({ kind: "reads", from: quantity(of), to: trigger, ...at });
  for (const of of moves)
    edges.push({ kind: "moves", from: part, to: quantity(of), rechecked: rechecks.includes(of), ...at });
}

const ASKED: readonly (readonly [Question, readonly (keyof WirePart)[], string])[] = [
  ["cascade spawning", ["spawns"], "what it starts (`spawns`, empty for nothing)"],
  [
    "resource exhaustion",
    ["memoryBytesMax", "diskBytesMax", "threadsMax", "filesMax"],
    "what it takes at most (`memoryBytesMax`, `diskBytesMax`, `threadsMax`, `filesMax`)",
  ],
  ["threshold drift", ["reads", "moves"], "which quantities its trigger `reads` and which it `moves`"],
  ["time bombs", ["growsWith", "keptFor", "expires"], "what of it `growsWith` time or `expires`"],
];
/** A wire tells who talks to whom and nothing else: what nobody has stated is not answered. */
function unanswered({ nodes, machine }: WireSnapshot, place: Place | null): Unknown[] {
  const silent = ASKED.flatMap(([question, keys, words]): Unknown[] =>
    nodes.some((node) => keys.some((key) => node[key] !== undefined))
      ? []
      : [{ question, what: `no part says ${words}`, place, safeguard: STATE_IT }],
  );
  const talks = nodes.some((n) => [n.publishes, n.subscribes, n.calls, n.serves].some((l) => l.length > 0));
  if (!talks)
    silent.push({
      question: "feedback loops",
      what: "no part says what it `publishes` or `subscribes` to",
      place,
      safeguard: STATE_IT,
    });
  const capped = nodes.some((n) => ASKED[1]![1].some((key) => n[key] !== undefined));
  if (!capped || machine !== undefined) return silent;
  const what = "caps are stated and no machine: they are not added up against anything";
  const safeguard = "machine: { memoryBytes, diskBytes, threads, files } beside `nodes`";
  return [...silent, { question: "resource exhaustion", what, place, safeguard }];
}
const STATE_IT = "write it beside the parts of a graph file (of a wire: --save FILE, then --stated FILE)";

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
