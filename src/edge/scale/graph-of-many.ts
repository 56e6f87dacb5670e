import { statfsSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import type { AuditEdge, AuditGraph, AuditNode } from "../../core/audit/index.ts";
import { MAX_GENERATIONS, MAX_ITEMS_PER_RUN, MAX_TOTAL_BEFORE_ABORT } from "../../core/domain/index.ts";

/** What a run of many reads, writes and takes of this machine. */
export interface ManyGraph {
  readonly what: string;
  readonly items: number;
  readonly threads: number;
  /** files or folders that it reads */
  readonly reads: readonly string[];
  /** folder that it writes into; null: it keeps nothing */
  readonly writes: string | null;
  readonly bytesPerItem: number;
  readonly memoryPerThread: number;
}

/** A run of many as a graph: does what it writes lie where it reads, and does the worst case fit? */
export function graphOfMany(run: ManyGraph): AuditGraph {
  const nodes: AuditNode[] = [
    {
      id: run.what,
      kind: "part",
      place: null,
      spawnsMax: Math.min(run.items, MAX_ITEMS_PER_RUN),
      generationsMax: MAX_GENERATIONS,
    },
    {
      id: "threads",
      kind: "workers",
      place: null,
      threadsMax: run.threads,
      memoryBytesMax: run.threads * run.memoryPerThread,
      spawnsMax: 0,
      generationsMax: 0,
    },
    { id: "input", kind: "topic", place: null },
  ];
  const edges: AuditEdge[] = [
    { kind: "spawns", from: run.what, to: "threads" },
    { kind: "sends", from: "input", to: run.what },
  ];
  if (run.writes !== null) {
    nodes.push({
      id: "output",
      kind: "store",
      place: null,
      diskBytesMax: run.bytesPerItem * Math.min(run.items, MAX_TOTAL_BEFORE_ABORT),
      growsWith: "items",
      keptFor: "as many as there are items; whoever asked for them removes them",
    });
    edges.push({ kind: "sends", from: run.what, to: "output" });
    if (readsOwnOutput(run)) edges.push({ kind: "sends", from: "output", to: "input" });
  }
  return { subject: run.what, nodes, edges, unknown: [], machine: machineFor(run.writes) };
}

/** What is written lies in a folder that is read: the next run of the same kind would read it as well. */
function readsOwnOutput({ reads, writes }: ManyGraph): boolean {
  if (writes === null) return false;
  const out = resolve(writes);
  return reads.some((path) => resolve(path) === out || dirname(resolve(path)) === out);
}

/** threads and files that one process may have without asking anybody */
const THREADS = 1_024;
const FILES = 1_024;
function machineFor(folder: string | null): AuditGraph["machine"] {
  return { memoryBytes: totalmem(), diskBytes: freeBytes(folder), threads: THREADS, files: FILES };
}
function freeBytes(folder: string | null): number {
  for (let at = resolve(folder ?? "."); ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch {
      if (dirname(at) === at) return 0;
    }
  }
}
