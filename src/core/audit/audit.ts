import { type Code, MAX_GENERATIONS } from "../domain/index.ts";
import { cyclicComponents, shortestCycle } from "./components.ts";
import {
  type AuditEdge,
  type AuditGraph,
  type AuditNode,
  type Machine,
  type Place,
  type Question,
  successors,
} from "./graph.ts";

export interface Finding {
  readonly question: Question;
  readonly code: Code;
  /** blocker: do not scale; warning: a person decides; note: for the record */
  readonly severity: "blocker" | "warning" | "note";
  readonly what: string;
  readonly place: Place | null;
  readonly safeguard: string;
}
export interface AuditResult {
  readonly subject: string;
  readonly findings: readonly Finding[];
  /** no blocker, and every question could be answered */
  readonly passed: boolean;
  readonly nodes: number;
  readonly edges: number;
  /** the worst case of every cap together, against the machine; empty: no machine is known */
  readonly worst: readonly WorstCase[];
}
export interface WorstCase {
  readonly what: "memory" | "disk" | "open files" | "threads";
  readonly needed: number;
  readonly have: number;
}

/** The five questions, answered from the graph. */
export function audit(graph: AuditGraph): AuditResult {
  const findings = [
    ...spawning(graph),
    ...feedback(graph),
    ...exhaustion(graph),
    ...drift(graph),
    ...bombs(graph),
    ...graph.unknown.map(
      ({ question, code, severity, what, place, safeguard }): Finding => ({
        question,
        code: code ?? "AUDIT_INCOMPLETE",
        severity: severity ?? "warning",
        what,
        place,
        safeguard: safeguard ?? "state it, or audit a source that does",
      }),
    ),
  ];
  const rank = { blocker: 0, warning: 1, note: 2 };
  findings.sort((a, b) => rank[a.severity] - rank[b.severity]);
  return {
    subject: graph.subject,
    findings,
    passed: !findings.some((f) => f.severity === "blocker"),
    nodes: graph.nodes.length,
    edges: graph.edges.length,
    worst: worstCases(graph).map(({ what, needed, have }) => ({ what, needed, have })),
  };
}

const SPAWNS: ReadonlySet<AuditEdge["kind"]> = new Set(["spawns"]);
const FLOWS: ReadonlySet<AuditEdge["kind"]> = new Set(["sends"]);
const ACTS: ReadonlySet<AuditEdge["kind"]> = new Set(["moves", "reads", "starts"]);

const capped = (n: AuditNode): boolean =>
  n.generationsMax !== undefined && n.generationsMax >= 0 && n.generationsMax <= MAX_GENERATIONS;
const ring = (graph: AuditGraph, cycle: readonly number[]): string =>
  [...cycle, cycle[0]!].map((i) => graph.nodes[i]!.id).join(" → ");
const placeOf = (graph: AuditGraph, cycle: readonly number[]): Place | null =>
  cycle.map((i) => graph.nodes[i]!.place).find((p) => p !== null) ?? null;

/** Can A start B which starts more A? */
function spawning(graph: AuditGraph): Finding[] {
  const next = successors(graph, SPAWNS);
  const cycles = cyclicComponents(next).map((component): Finding | null => {
    const cycle = shortestCycle(next, component);
    if (component.every((i) => !capped(graph.nodes[i]!)))
      return {
        question: "cascade spawning",
        code: "AUDIT_SPAWN_CYCLE",
        severity: "blocker",
        what: ring(graph, cycle),
        place: placeOf(graph, cycle),
        safeguard: `generationsMax: ${MAX_GENERATIONS} on one part of the cycle`,
      };
    return null;
  });
  const loose = graph.nodes.flatMap((node, i): Finding[] =>
    next[i]!.length === 0 || (node.spawnsMax !== undefined && node.generationsMax !== undefined)
      ? []
      : [
          {
            question: "cascade spawning",
            code: "AUDIT_SPAWN_UNCAPPED",
            severity: "blocker",
            what: `${node.id} starts ${next[i]!.map((w) => graph.nodes[w]!.id).join(", ")}; missing: ${missing(node)}`,
            place: node.place,
            safeguard: "a cap per run (spawnsMax) and on generations (generationsMax)",
          },
        ],
  );
  return [...cycles.filter((f) => f !== null), ...loose];
}
const missing = (n: AuditNode): string =>
  [n.spawnsMax === undefined ? "spawnsMax" : "", n.generationsMax === undefined ? "generationsMax" : ""]
    .filter((s) => s !== "")
    .join(" and ");

/** Can output become input that triggers more output? A guard counts only when no cycle goes around it. */
function feedback(graph: AuditGraph): Finding[] {
  const next = successors(graph, FLOWS);
  const guard = graph.nodes.map((n) => n.rateMaxHz !== undefined || n.controlLoop !== undefined || capped(n));
  const unguarded = next.map((targets, i) => (guard[i] ? [] : targets.filter((w) => !guard[w])));
  const open = cyclicComponents(unguarded).map((component): Finding => {
    const cycle = shortestCycle(unguarded, component);
    return {
      question: "feedback loops",
      code: "AUDIT_FEEDBACK_LOOP",
      severity: "blocker",
      what: `${ring(graph, cycle)}${component.length > cycle.length ? ` (${component.length} parts and topics are tied together)` : ""}`,
      place: placeOf(graph, cycle),
      safeguard: `break the cycle, or state on one of its parts what ends it: generationsMax: ${MAX_GENERATIONS}, rateMaxHz: …, or controlLoop: why it is meant`,
    };
  });
  const guarded = cyclicComponents(next).flatMap((component): Finding[] => {
    const guards = component.filter((i) => guard[i]).map((i) => graph.nodes[i]!);
    if (guards.length === 0) return [];
    const cycle = shortestCycle(next, component);
    return [
      {
        question: "feedback loops",
        code: "AUDIT_FEEDBACK_GUARDED",
        severity: "note",
        what: `${ring(graph, cycle)}; guarded by ${guards
          .map((g) => g.id)
          .slice(0, 5)
          .join(", ")}`,
        place: placeOf(graph, cycle),
        safeguard: guards[0]!.controlLoop ?? "rate or generation cap as stated",
      },
    ];
  });
  return [...open, ...guarded];
}

const GROWS: ReadonlySet<AuditNode["kind"]> = new Set(["queue", "store", "workers"]);
const amount = (n: AuditNode): number | undefined => n.memoryBytesMax ?? n.diskBytesMax ?? n.threadsMax;
const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;

/** Unbounded growth, and every cap's worst case against the machine. */
function exhaustion(graph: AuditGraph): Finding[] {
  const found = graph.nodes.flatMap((node): Finding[] =>
    GROWS.has(node.kind) && amount(node) === undefined
      ? [
          {
            question: "resource exhaustion",
            code: "AUDIT_UNBOUNDED",
            severity: "blocker",
            what: `${node.kind} ${node.id} states no cap`,
            place: node.place,
            safeguard: "a size and what happens when it is full",
          },
        ]
      : [],
  );
  for (const { what, needed, have, users, key } of worstCases(graph)) {
    if (needed <= have) continue;
    const show = what === "memory" || what === "disk" ? mib : String;
    found.push({
      question: "resource exhaustion",
      code: "AUDIT_OVERCOMMITTED",
      // threads take turns: slower, not broken. The node measures its own lateness and blocks.
      severity: what === "threads" ? "warning" : "blocker",
      what: `${what}: caps add up to ${show(needed)}, the machine has ${show(have)}; largest: ${users
        .slice(0, 3)
        .map((n) => `${n.id} ${show(n[key]!)}`)
        .join(", ")}`,
      place: users[0]!.place,
      safeguard: "lower the largest caps or take a larger machine",
    });
  }
  return found;
}
const CAPS = [
  ["memoryBytesMax", "memoryBytes", "memory"],
  ["diskBytesMax", "diskBytes", "disk"],
  ["filesMax", "files", "open files"],
  ["threadsMax", "threads", "threads"],
] as const satisfies readonly [keyof AuditNode, keyof Machine, WorstCase["what"]][];

function worstCases({ nodes, machine }: AuditGraph) {
  if (machine === null) return [];
  return CAPS.map(([key, of, what]) => {
    const users = nodes.filter((n) => n[key] !== undefined).sort((a, b) => b[key]! - a[key]!);
    return { what, key, users, needed: users.reduce((sum, n) => sum + n[key]!, 0), have: machine[of] };
  });
}

/** Does an action move a quantity that the trigger which started it reads, without looking again? */
function drift(graph: AuditGraph): Finding[] {
  const next = successors(graph, ACTS);
  const at = new Map(graph.nodes.map((n, i) => [n.id, i]));
  const inCycle = new Map<number, number>();
  cyclicComponents(next).forEach((component, k) => {
    for (const i of component) inCycle.set(i, k);
  });
  return graph.edges.flatMap((edge): Finding[] => {
    const [from, to] = [at.get(edge.from), at.get(edge.to)];
    if (edge.kind !== "moves" || from === undefined || to === undefined) return [];
    const same = inCycle.get(from) !== undefined && inCycle.get(from) === inCycle.get(to);
    if (!same || edge.rechecked === true) return [];
    return [
      {
        question: "threshold drift",
        code: "AUDIT_THRESHOLD_DRIFT",
        severity: "blocker",
        what: `${edge.from} moves ${edge.to}, which leads to ${edge.from} again`,
        place: edge.place ?? graph.nodes[from]!.place,
        safeguard: "re-check the trigger after the action; cap how often it fires",
      },
    ];
  });
}

const HORIZON_S = 10 * 365.25 * 86_400;
const URGENT_S = 90 * 86_400;

/** What grows for ever, what ends at a date, what is switched off on every cell that follows. */
function bombs(graph: AuditGraph): Finding[] {
  return graph.nodes.flatMap((node): Finding[] => {
    const found: Finding[] = [];
    const say = (code: Code, severity: Finding["severity"], what: string, safeguard: string): void => {
      found.push({ question: "time bombs", code, severity, what, place: node.place, safeguard });
    };
    if (node.growsWith !== undefined && node.keptFor === undefined)
      say(
        "AUDIT_TIME_BOMB",
        "blocker",
        `${node.id} grows with ${node.growsWith} and is never removed`,
        "a retention or a cap per cell",
      );
    if (node.expiresInS !== undefined && node.expiresInS < HORIZON_S)
      say(
        "AUDIT_EXPIRES",
        node.expiresInS < URGENT_S ? "blocker" : "warning",
        `${node.id} ends in ${Math.floor(node.expiresInS / 86_400)} days`,
        "renew it before that date",
      );
    if (node.switchedOff !== undefined)
      say(
        "AUDIT_CHECK_OFF",
        "warning",
        `${node.id} is switched off: ${node.switchedOff}`,
        "make sure that the reason holds on every cell",
      );
    return found;
  });
}
