import type { Code } from "../domain/index.ts";

/** Where a statement stands, so that a finding can be gone to. */
export interface Place {
  readonly file: string;
  readonly line: number;
}
/**
 * What scales. Parts act; topics carry; stores, queues and workers grow; triggers read quantities and start
 * parts. A guard is a stated safeguard: a cap on generations or on the rate.
 */
export interface AuditNode {
  readonly id: string;
  readonly kind: "part" | "topic" | "queue" | "store" | "workers" | "trigger" | "quantity";
  readonly place: Place | null;
  /** stated limit on what it starts, on generations, on its rate; absent: none stated */
  readonly spawnsMax?: number;
  readonly generationsMax?: number;
  readonly rateMaxHz?: number;
  /** a controller whose loop is meant, with the reason */
  readonly controlLoop?: string;
  /** worst case of what it takes; absent for something that grows: no cap */
  readonly memoryBytesMax?: number;
  readonly diskBytesMax?: number;
  readonly threadsMax?: number;
  readonly filesMax?: number;
  /** it grows with time or with the number of cells, unless `keptFor` says when it goes */
  readonly growsWith?: "time" | "cells" | "items";
  readonly keptFor?: string;
  /** seconds until it runs out: a counter, a certificate */
  readonly expiresInS?: number;
  readonly switchedOff?: string;
}
export interface AuditEdge {
  readonly from: string;
  readonly to: string;
  /** spawns: starts another; sends / receives: over a topic; moves: changes a quantity; reads; starts */
  readonly kind: "spawns" | "sends" | "moves" | "reads" | "starts" | "writes";
  /** for moves: the trigger's condition is looked at again afterwards */
  readonly rechecked?: boolean;
  readonly place?: Place;
}
export interface Machine {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly threads: number;
  /** files that one process may have open */
  readonly files: number;
}
export const QUESTIONS = [
  "cascade spawning",
  "feedback loops",
  "resource exhaustion",
  "threshold drift",
  "time bombs",
] as const;
export type Question = (typeof QUESTIONS)[number];

/** What the source could not say: a missing answer is a finding, never a pass. */
export interface Unknown {
  readonly question: Question;
  /** default AUDIT_INCOMPLETE */
  readonly code?: Code;
  /** default warning */
  readonly severity?: "blocker" | "warning";
  readonly what: string;
  readonly place: Place | null;
  readonly safeguard?: string;
}
export interface AuditGraph {
  readonly subject: string;
  readonly nodes: readonly AuditNode[];
  readonly edges: readonly AuditEdge[];
  readonly unknown: readonly Unknown[];
  readonly machine: Machine | null;
}

/** Indices of successors per node, for the kinds of edges that are asked for. */
export function successors(graph: AuditGraph, kinds: ReadonlySet<AuditEdge["kind"]>): number[][] {
  const at = new Map(graph.nodes.map((n, i) => [n.id, i]));
  const next: number[][] = graph.nodes.map(() => []);
  for (const edge of graph.edges) {
    const from = at.get(edge.from);
    const to = at.get(edge.to);
    if (kinds.has(edge.kind) && from !== undefined && to !== undefined) next[from]!.push(to);
  }
  return next;
}
