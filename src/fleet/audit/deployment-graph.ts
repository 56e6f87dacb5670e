import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import {
  type Deployment,
  MAX_GENERATIONS,
  MAX_PENDING_RECEIPTS,
  MAX_RECEIPT_CHARS,
  MAX_TRIAL_WORKERS,
  MAX_WOUNDS_PER_PROPOSAL,
  TAPE_BUFFERS,
  TAPE_CHUNK_BYTES,
  TAPE_KEEP_SEGMENTS,
  TAPE_SEGMENT_BYTES,
  TRIAL_WORKER_MEMORY_MB,
} from "../../core/domain/index.ts";
import type { AuditEdge, AuditGraph, AuditNode, Machine, Place, Unknown } from "../../core/audit/index.ts";
import { certificatesOf, selfHeard } from "./deployment-risks.ts";
import { ownRosTopics, topicId } from "./wire-name.ts";

const MIB = 1_048_576;
/** resident size of the main thread and of a thread without work, measured on the demo cell and rounded up */
const NODE_BASE_BYTES = 256 * MIB;
/** ledger, tape, black box, wires and the connections that control and page accept, counted at their limits */
const NODE_FILES = 192;
const THREAD_BASE_BYTES = 48 * MIB;
/** mean receipt; the longest one possible times the longest queue would exceed any machine and never happens */
const RECEIPT_TYPICAL_BYTES = 4_096;

export const thisMachine = (folder: string): Machine => {
  const disk = statfsSync(folder);
  return {
    memoryBytes: totalmem(),
    diskBytes: disk.bavail * disk.bsize,
    threads: availableParallelism(),
    files: openFilesMax(),
  };
};
/** Soft limit of this process; where the system does not tell, the smallest that is usual. */
function openFilesMax(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? 256 : Number(limit);
  } catch {
    return 256;
  }
}

/** Line of a path in the file; the nearest parent's when the key itself is left to its default. */
export function createLocator(text: string, file: string): (path: readonly string[]) => Place {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return (path) => ({ file, line: Math.max(1, lines.linePos(offsetOf(document, path)).line) });
}
function offsetOf(document: Document, path: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((p) => isScalar(p.key) && String(p.key.value) === key);
    if (pair === undefined) break;
    if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0];
    node = pair.value;
  }
  return offset;
}

/** The graph of one node: what its deployment states, and what the program adds with its own limits. */
export function graphOfDeployment(
  deployment: Deployment,
  text: string,
  file: string,
  machine: Machine | null,
  /** where the files lie that it names */
  folder: string = dirname(file),
): AuditGraph {
  const at = createLocator(text, file);
  const nodes: AuditNode[] = [];
  const edges: AuditEdge[] = [];
  const unknown: Unknown[] = [];
  const add = (node: AuditNode): void => {
    if (!nodes.some((n) => n.id === node.id)) nodes.push(node);
  };
  const link = (kind: AuditEdge["kind"], from: string, to: string): void =>
    void edges.push({ kind, from, to });
  const cell = `cell ${deployment.cell}`;
  add({
    id: cell,
    kind: "part",
    place: at(["cell"]),
    spawnsMax: MAX_WOUNDS_PER_PROPOSAL,
    generationsMax: MAX_GENERATIONS,
    ...watchOf(deployment),
    memoryBytesMax: NODE_BASE_BYTES,
    filesMax: NODE_FILES,
  });
  const topicOf = (transport: string, address: string): string => topicId(deployment, transport, address);
  for (const [name, channel] of Object.entries(deployment.channels)) {
    const place = at(["channels", name]);
    const topic = topicOf(channel.transport, channel.address);
    add({
      id: topic,
      kind: "topic",
      place,
      ...(!channel.monitored && { switchedOff: channel.because ?? "" }),
    });
    link("sends", topic, cell);
  }
  for (const [name, actuator] of Object.entries(deployment.actuators)) {
    const topic = topicOf(actuator.transport, actuator.address);
    add({ id: topic, kind: "topic", place: at(["actuators", name]) });
    link("sends", cell, topic);
  }
  if (watchOf(deployment).controlLoop === undefined)
    unknown.push({
      question: "feedback loops",
      what: "no monitored channel measures the joints: whether a stop stops the arm is not known to the cell",
      place: at(["channels"]),
      safeguard: "a channel of quantity joints",
    });
  const workers = Math.max(1, Math.min(MAX_TRIAL_WORKERS, (machine?.threads ?? MAX_TRIAL_WORKERS + 1) - 1));
  addOwnParts(deployment, workers, at, add, link, cell);
  addTriggers(deployment, at, add, edges, cell);
  addFleet(deployment, at, add, link, cell);
  for (const [name, { kind }] of Object.entries(deployment.transports)) {
    if (kind !== "dds" && kind !== "ros2" && kind !== "mqtt") continue;
    unknown.push({
      question: "feedback loops",
      what: `transport ${name}: who else speaks and listens there does not stand in this file`,
      place: at(["transports", name]),
      safeguard: "with the cell running, add --live 5: it listens there for five seconds",
    });
    if (kind !== "mqtt") addRosTopics(deployment, name, at, add, link, cell);
  }
  addSwitchedOff(deployment, at, add);
  unknown.push(...selfHeard(deployment, at));
  const dated = certificatesOf(deployment, folder, at);
  dated.nodes.forEach(add);
  unknown.push(...dated.unknown);
  return { subject: file, nodes, edges, unknown, machine };
}

/** The loop through the arm is meant where the cell measures what it commands. */
function watchOf({ channels, robot }: Deployment): Pick<AuditNode, "controlLoop"> {
  const joints = Object.entries(channels).find(([, c]) => c.quantity === "joints" && c.monitored);
  return joints === undefined
    ? {}
    : {
        controlLoop: `the cell watches through ${joints[0]} the arm that it stops within ${robot.stopTimeMs} ms; permits are used once`,
      };
}

function addRosTopics(
  deployment: Deployment,
  transport: string,
  at: At,
  add: Add,
  link: (kind: AuditEdge["kind"], from: string, to: string) => void,
  cell: string,
): void {
  const { sends, hears } = ownRosTopics(deployment, transport);
  const actuated = new Set(
    Object.values(deployment.actuators).map((a) => topicId(deployment, a.transport, a.address)),
  );
  const topicOf = (name: string, key: string): string => {
    const id = topicId(deployment, transport, name);
    add({ id, kind: "topic", place: at(["transports", transport, key, name]) });
    return id;
  };
  for (const name of sends)
    if (!actuated.has(topicId(deployment, transport, name))) link("sends", cell, topicOf(name, "out"));
  for (const name of hears) link("sends", topicOf(name, "proposals"), cell);
}

type Add = (node: AuditNode) => void;
type At = (path: readonly string[]) => Place;

/** A helper may offer a safer variant; proposed, it may be reason for helpers again. */
function addOffers(
  place: Place,
  add: Add,
  link: (kind: AuditEdge["kind"], from: string, to: string) => void,
  cell: string,
): void {
  add({ id: "offers of helpers", kind: "topic", place });
  add({ id: "proposers", kind: "part", place, spawnsMax: 0, generationsMax: MAX_GENERATIONS });
  add({ id: "proposals", kind: "topic", place });
  const way = [cell, "look-again helpers", "offers of helpers", "proposers", "proposals", cell];
  for (const [i, to] of way.slice(1).entries()) link("sends", way[i]!, to);
}

const OWN_STORES = [
  "receipts waiting for the disk",
  "ledger",
  "tape",
  "tape buffers",
  "black box",
  "ring of the black box",
  "actions remembered as familiar",
] as const;
/** The recordings around stops, and the ring that they are taken from. */
function addBlackBox(blackBox: Deployment["blackBox"], at: At, add: Add): void {
  add({
    id: "black box",
    kind: "store",
    place: at(["blackBox"]),
    diskBytesMax: blackBox.keepBytes + 2 * blackBox.ringBytes,
    growsWith: "items",
    keptFor: `${blackBox.keepFiles} files, at most ${blackBox.keepBytes} bytes`,
  });
  add({
    id: "ring of the black box",
    kind: "queue",
    place: at(["blackBox", "ringBytes"]),
    memoryBytesMax: 2 * blackBox.ringBytes,
  });
}
/** Threads, queues and files of the node itself; every size is the limit that the program enforces. */
function addOwnParts(
  { ledger, blackBox }: Deployment,
  workers: number,
  at: At,
  add: Add,
  link: (kind: AuditEdge["kind"], from: string, to: string) => void,
  cell: string,
): void {
  const place = at(["gate"]);
  add({
    id: "trial workers",
    kind: "workers",
    place: at(["gate", "monteCarlo"]),
    // the pool leaves one core to the thread that stops the robot
    threadsMax: workers,
    memoryBytesMax: workers * (TRIAL_WORKER_MEMORY_MB * MIB + THREAD_BASE_BYTES),
    spawnsMax: 0,
    generationsMax: 0,
  });
  link("spawns", cell, "trial workers");
  add({
    id: "look-again helpers",
    kind: "workers",
    place,
    threadsMax: 1,
    memoryBytesMax: THREAD_BASE_BYTES,
    spawnsMax: 0,
    generationsMax: 0,
  });
  link("spawns", cell, "look-again helpers");
  addOffers(place, add, link, cell);
  add({
    id: "receipts waiting for the disk",
    kind: "queue",
    place: at(["ledger", "groupCommitMs"]),
    memoryBytesMax: MAX_PENDING_RECEIPTS * RECEIPT_TYPICAL_BYTES + MAX_RECEIPT_CHARS,
  });
  add({
    id: "ledger",
    kind: "store",
    place: at(["ledger", "maxBytes"]),
    diskBytesMax: ledger.maxBytes,
    growsWith: "time",
    keptFor: `bodies ${ledger.keepBodiesDays} days, at most ${ledger.maxBytes} bytes`,
  });
  add({
    id: "tape",
    kind: "store",
    place: at(["cell"]),
    diskBytesMax: TAPE_SEGMENT_BYTES * TAPE_KEEP_SEGMENTS,
    growsWith: "time",
    keptFor: `${TAPE_KEEP_SEGMENTS} segments`,
  });
  add({
    id: "tape buffers",
    kind: "queue",
    place: at(["cell"]),
    memoryBytesMax: TAPE_BUFFERS * TAPE_CHUNK_BYTES,
  });
  addBlackBox(blackBox, at, add);
  add({ id: "actions remembered as familiar", kind: "queue", place, memoryBytesMax: 16 * MIB });
  for (const id of OWN_STORES) link("writes", cell, id);
}

/** Orders come in, reports go out; the cell's own caps stand between. */
function addFleet(
  { fleet }: Deployment,
  at: At,
  add: Add,
  link: (kind: AuditEdge["kind"], from: string, to: string) => void,
  cell: string,
): void {
  if (fleet === undefined) return;
  const place = at(["fleet"]);
  add({
    id: "fleet orders",
    kind: "trigger",
    place,
    spawnsMax: 1,
    generationsMax: MAX_GENERATIONS,
    controlLoop: `at most ${fleet.ordersPerDay} orders a day, ${fleet.ordersTotal} in all; then it latches`,
  });
  add({
    id: "fleet reports",
    kind: "topic",
    place: at(["fleet", "reportMs"]),
    rateMaxHz: 1_000 / fleet.reportMs,
  });
  link("sends", "fleet orders", cell);
  link("sends", cell, "fleet reports");
}

/** Reflexes are triggers on quantities. A stop moves speed and force, and the rule keeps looking every sample. */
function addTriggers(d: Deployment, at: At, add: Add, edges: AuditEdge[], cell: string): void {
  for (const kind of ["force", "contact", "proximity", "zones", "separation"] as const)
    for (const [name, rule] of Object.entries(d.rules[kind])) {
      const place = at(["rules", kind, name]);
      const channel = (rule as { channel?: string }).channel ?? "joints";
      const quantity = `quantity ${channel}`;
      const id = `rule ${kind}.${name}`;
      add({ id: quantity, kind: "quantity", place: at(["channels", channel]) });
      add({ id, kind: "trigger", place });
      edges.push({ kind: "reads", from: quantity, to: id, place });
      edges.push({ kind: "starts", from: id, to: cell, place });
      if (!edges.some((e) => e.kind === "moves" && e.to === quantity))
        edges.push({ kind: "moves", from: cell, to: quantity, rechecked: looksAgain(d, channel), place });
    }
}

/** A rule looks again with every reading, and silence of a monitored channel is a stop; of any other nobody knows. */
const looksAgain = ({ channels }: Deployment, name: string): boolean =>
  name === "joints"
    ? Object.values(channels).some((c) => c.quantity === "joints" && c.monitored)
    : channels[name]?.monitored === true;

/** Whatever the deployment switches off, anywhere in it. */
function addSwitchedOff(deployment: Deployment, at: At, add: Add): void {
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    const { monitored, because } = value as { monitored?: unknown; because?: unknown };
    if (monitored === false && path[0] !== "channels")
      add({
        id: `check ${path.join(".")}`,
        kind: "part",
        place: at(path),
        switchedOff: String(because ?? "no reason"),
      });
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(deployment, []);
}
