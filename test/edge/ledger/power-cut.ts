import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { createLedgerCrypto } from "../../../src/edge/ledger/crypto.ts";
import { listShards, shardFile } from "../../../src/edge/ledger/layout.ts";
import { recover } from "../../../src/edge/ledger/recover.ts";
import { openShardForReading, shardTables } from "../../../src/edge/ledger/shard-file.ts";

/**
 * A model of a power cut. Every write, sync, truncation and change of names that the node makes is recorded
 * by strace. Then, at any moment of that record, disks are put together on which a cut could have left them:
 * what was synced is there; of the rest any 512-byte sector and any number of the newest name changes may
 * be. Kill −9 cannot show this, because the page cache survives it.
 * Left out: disks that lie about syncing.
 */
type Step =
  | { readonly kind: "create" | "unlink" | "mkdir"; readonly path: string }
  | { readonly kind: "write"; readonly path: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "rename"; readonly path: string; readonly to: string }
  | { readonly kind: "ack"; readonly id: string };

const SECTOR = 512;
const CALLS =
  "openat,open,creat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,lseek";

export const hasStrace = (): boolean => spawnSync("strace", ["-V"]).status === 0;

/** Runs the writer under strace and returns what it did to the disk, and when it promised what. */
export function recordWriter(dir: string, args: readonly string[]): Step[] {
  const trace = join(dirname(dir), "trace.txt");
  const node = process.execPath;
  const writer = join(import.meta.dirname, "durable-writer.ts");
  const run = spawnSync(
    "strace",
    [
      "-f",
      "--seccomp-bpf",
      "-y",
      "-xx",
      "-s",
      "400000",
      "-e",
      `trace=${CALLS}`,
      "-o",
      trace,
      node,
      writer,
      dir,
      ...args,
    ],
    { encoding: "utf8" },
  );
  if (run.status !== 0) throw new Error(`the writer ended with ${run.status}: ${run.stderr.slice(-2_000)}`);
  const steps = parseTrace(readFileSync(trace, "latin1"), dir);
  rmSync(trace);
  return steps;
}

const unhex = (text: string): Buffer => Buffer.from(text.replaceAll("\\x", ""), "hex");
const pathOf = (text: string): string => unhex(text).toString("utf8");

function parseTrace(trace: string, dir: string): Step[] {
  const steps: Step[] = [];
  const unfinished = new Map<string, string>();
  const positions = new Map<string, number>();
  for (const raw of trace.split("\n")) {
    const match = /^(\d+)\s+(.*)$/.exec(raw);
    if (match === null) continue;
    const pid = match[1]!;
    let line = match[2]!;
    if (line.endsWith("<unfinished ...>")) {
      unfinished.set(pid, line.slice(0, -"<unfinished ...>".length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(line);
    if (resumed !== null) line = (unfinished.get(pid) ?? "") + resumed[1]!;
    const step = parseCall(line, positions);
    if (step === null) continue;
    if (step.kind === "ack" || isOurs(step.path, dir)) steps.push(step);
  }
  return steps;
}

const isOurs = (path: string, dir: string): boolean =>
  (path === dir || path.startsWith(`${dir}/`) || path === dirname(dir)) &&
  !path.endsWith("-shm") &&
  !path.includes("writer.lock");

function parseCall(line: string, positions: Map<string, number>): Step | null {
  const call = /^(\w+)\((.*)\)\s*=\s*(-?\d+)(.*)$/s.exec(line);
  if (call === null || Number(call[3]) < 0) return null;
  const [, name = "", args = "", result = "0"] = call;
  const texts = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((m) => m[1]!);
  const fdPath = /^(\d+)<([^>]*)>/.exec(args);
  const fd = fdPath === null ? "" : fdPath[1]!;
  const path = fdPath === null ? "" : pathOf(fdPath[2]!);
  switch (name) {
    case "openat":
    case "open":
    case "creat": {
      const opened = pathOf(texts[0] ?? "");
      positions.set(opened, 0);
      if (!/O_CREAT/.test(args)) return null;
      return { kind: "create", path: opened };
    }
    case "mkdir":
    case "mkdirat":
      return { kind: "mkdir", path: pathOf(texts[0] ?? "") };
    case "unlink":
    case "unlinkat":
      return { kind: "unlink", path: pathOf(texts[0] ?? "") };
    case "rename":
    case "renameat":
    case "renameat2":
      return { kind: "rename", path: pathOf(texts[0] ?? ""), to: pathOf(texts[1] ?? "") };
    case "fsync":
    case "fdatasync":
      return { kind: "sync", path };
    case "ftruncate":
      return { kind: "truncate", path, size: Number(/,\s*(\d+)\s*$/.exec(args)?.[1]) };
    case "lseek":
      positions.set(path, Number(result));
      return null;
    case "pwrite64":
      return {
        kind: "write",
        path,
        at: Number(/,\s*(\d+)\s*$/.exec(args)?.[1]),
        bytes: unhex(texts[0] ?? "").subarray(0, Number(result)),
      };
    case "write": {
      const bytes = unhex(texts[0] ?? "").subarray(0, Number(result));
      if (fd === "1") {
        const ack = /^ACK (\S+)\n$/.exec(bytes.toString("utf8"));
        return ack === null ? null : { kind: "ack", id: ack[1]! };
      }
      const at = positions.get(path) ?? 0;
      positions.set(path, at + bytes.length);
      return { kind: "write", path, at, bytes };
    }
    default:
      return null;
  }
}

/** One file: what is surely on the disk, and what was changed since. */
interface Inode {
  synced: Buffer;
  current: Buffer;
}
type NameChange = { readonly path: string; readonly inode: Inode | null };

/** The disk while the record plays. */
class Disk {
  readonly names = new Map<string, Inode>();
  readonly syncedNames = new Map<string, Inode>();
  /** name changes since their folder was synced, oldest first */
  readonly pending: NameChange[] = [];
  readonly folders = new Set<string>();

  play(step: Step): void {
    switch (step.kind) {
      case "mkdir":
        return void this.folders.add(step.path);
      case "create":
        if (!this.names.has(step.path))
          this.#name(step.path, { synced: Buffer.alloc(0), current: Buffer.alloc(0) });
        return;
      case "unlink":
        return this.#name(step.path, null);
      case "rename": {
        const inode = this.#inode(step.path);
        this.#name(step.to, inode);
        return this.#name(step.path, null);
      }
      case "write": {
        const inode = this.#inode(step.path);
        const end = step.at + step.bytes.length;
        const grown = Buffer.alloc(Math.max(end, inode.current.length));
        inode.current.copy(grown);
        step.bytes.copy(grown, step.at);
        inode.current = grown;
        return;
      }
      case "truncate": {
        const inode = this.#inode(step.path);
        const cut = Buffer.alloc(step.size);
        inode.current.copy(cut);
        inode.current = cut;
        return;
      }
      case "sync":
        return this.#sync(step.path);
      case "ack":
        return;
    }
  }

  #inode(path: string): Inode {
    const inode = this.names.get(path);
    if (inode === undefined) throw new Error(`the record writes to ${path}, which it never made`);
    return inode;
  }

  #name(path: string, inode: Inode | null): void {
    if (inode === null) this.names.delete(path);
    else this.names.set(path, inode);
    this.pending.push({ path, inode });
  }

  #sync(path: string): void {
    const inode = this.names.get(path);
    if (inode !== undefined) {
      inode.synced = inode.current;
      return;
    }
    for (let i = 0; i < this.pending.length; ) {
      const change = this.pending[i]!;
      if (dirname(change.path) !== path) {
        i++;
        continue;
      }
      applyName(this.syncedNames, change);
      this.pending.splice(i, 1);
    }
  }

  /** Files after a cut. `survives` decides about each thing that was not synced. */
  afterCut(survives: () => boolean): Map<string, Buffer> {
    const names = new Map(this.syncedNames);
    for (const change of this.pending) {
      // a journal keeps the order of name changes: the first that is lost loses all later ones
      if (!survives()) break;
      applyName(names, change);
    }
    const contents = new Map<Inode, Buffer>();
    const files = new Map<string, Buffer>();
    for (const [path, inode] of names) {
      let content = contents.get(inode);
      if (content === undefined) contents.set(inode, (content = torn(inode, survives)));
      files.set(path, content);
    }
    return files;
  }
}

function applyName(names: Map<string, Inode>, { path, inode }: NameChange): void {
  if (inode === null) names.delete(path);
  else names.set(path, inode);
}

function torn({ synced, current }: Inode, survives: () => boolean): Buffer {
  if (synced === current) return current;
  const size = survives() ? current.length : synced.length;
  const content = Buffer.alloc(size);
  synced.copy(content, 0, 0, Math.min(size, synced.length));
  for (let at = 0; at < size; at += SECTOR) {
    const end = Math.min(at + SECTOR, current.length);
    if (end <= at || current.subarray(at, end).equals(content.subarray(at, end))) continue;
    if (survives()) current.copy(content, at, at, Math.min(end, size));
  }
  return content;
}

export interface CutReport {
  readonly steps: number;
  readonly syncs: number;
  readonly acks: number;
  readonly states: number;
  readonly losing: number;
  readonly lost: number;
  readonly faulty: number;
  /** states in which the node would not have started at all */
  readonly failed: number;
  readonly examples: readonly string[];
}

/** a small generator with a seed, so that a failure can be repeated */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Plays the record and cuts the power `states` times, spread evenly over it; each cut is one of three kinds. */
export async function cutPower(
  steps: readonly Step[],
  dir: string,
  scratch: string,
  states: number,
  seed: number,
): Promise<CutReport> {
  const crypto = await createLedgerCrypto();
  const next = random(seed);
  const disk = new Disk();
  const acked: string[] = [];
  const report = {
    steps: steps.length,
    syncs: steps.filter((s) => s.kind === "sync").length,
    acks: steps.filter((s) => s.kind === "ack").length,
    states: 0,
    losing: 0,
    lost: 0,
    faulty: 0,
    failed: 0,
  };
  const examples: string[] = [];
  for (const [i, step] of steps.entries()) {
    disk.play(step);
    if (step.kind === "ack") acked.push(step.id);
    const wanted = Math.floor(((i + 1) * states) / steps.length) - report.states;
    for (let cut = 0; cut < wanted; cut++) {
      const kind = report.states % 3;
      const files = disk.afterCut(
        kind === 0 ? () => false : kind === 1 ? () => next() < 0.5 : () => next() < 0.9,
      );
      const found = inspect(crypto, files, dir, scratch, acked);
      report.states++;
      if (found.lost > 0) report.losing++;
      report.lost = Math.max(report.lost, found.lost);
      if (found.fault !== null) report.faulty++;
      if (found.error !== null) report.failed++;
      const words = found.error ?? found.fault;
      if ((words !== null || found.lost > 0) && examples.length < 5)
        examples.push(`step ${i} kind ${kind}: ${words ?? ""} lost ${found.lost} of ${acked.length}`);
    }
  }
  return { ...report, examples };
}

function inspect(
  crypto: Awaited<ReturnType<typeof createLedgerCrypto>>,
  files: Map<string, Buffer>,
  dir: string,
  scratch: string,
  acked: readonly string[],
) {
  rmSync(scratch, { recursive: true, force: true });
  for (const [path, content] of files) {
    const to = join(scratch, relative(dir, path));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, content, { mode: 0o600 });
  }
  mkdirSync(scratch, { recursive: true });
  try {
    const recovered = recover(crypto, { dir: scratch, cell: "demo", at: 1, anchored: [] });
    recovered.store.close();
    const ids = storedIds(scratch);
    return { lost: acked.filter((id) => !ids.has(id)).length, fault: recovered.fault, error: null };
  } catch (error) {
    return {
      lost: acked.length,
      fault: null,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

function storedIds(dir: string): Set<string> {
  const ids = new Set<string>();
  for (const shard of listShards(dir)) {
    const db = openShardForReading(shardFile(dir, shard));
    for (const row of shardTables(db).entriesFrom(0, 1_000_000)) ids.add(row.id);
    db.close();
  }
  return ids;
}
