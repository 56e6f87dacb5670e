import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pureHasher } from "../../core/base/hash.ts";
import {
  endorsementText,
  type Finding,
  type NoteKey,
  openCheckpoint,
  parseNote,
  pureSealer,
  type Sealer,
  ShardAudit,
  type TreeHasher,
  treeHasherOf,
  verifyNote,
  vkeyOf,
} from "../../core/receipts/index.ts";
import { checkNote, UnreadableNote } from "./check-tail.ts";
import { allNotes } from "./anchors/note-history.ts";
import { createLedgerCrypto, type LedgerCrypto } from "./crypto.ts";
import { checkpointFile, listShards, shardFile } from "./layout.ts";
import { originOfNote, parseOrigin, type ReadOpening, readOpening } from "./opening.ts";
import { type Connection, openShardForReading, type ShardTables, shardTables } from "./shard-file.ts";
import { columnsAgree, schemaProblem } from "./verify-columns.ts";

export interface VerifyOptions {
  readonly dir: string;
  /** checkpoints that were kept elsewhere, with the place they came from */
  readonly anchors?: readonly { readonly from: string; readonly note: string }[];
  /** public key that a person trusts; without it the keys named in the ledger itself are taken */
  readonly trusted?: NoteKey;
  /** checks every signature instead of the newest of each shard */
  readonly full?: boolean;
  /** hashes with the second, pure implementation and checks every receipt against its schema */
  readonly independent?: boolean;
  onProgress?(done: number, total: number): void;
}
export interface ShardReport {
  readonly shard: number;
  readonly rows: number;
  readonly droppedBodies: number;
  readonly signedSize: number;
  readonly key: string;
}
export interface VerifyReport {
  readonly ok: boolean;
  readonly rows: number;
  readonly shards: readonly ShardReport[];
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  /** newest rows that no signed checkpoint covers */
  readonly unsignedTail: number;
  /** newest rows that no checkpoint kept elsewhere covers; null: none was given */
  readonly unanchoredTail: number | null;
  /** the same by the ledger's own record of what its sinks took */
  readonly recordedUnanchoredTail: number;
}

const PAGE_ROWS = 2_000;

interface Work {
  readonly options: VerifyOptions;
  readonly crypto: LedgerCrypto;
  readonly tree: TreeHasher;
  readonly sealer: Sealer;
  readonly total: number;
  done: number;
}
interface ShardResult {
  readonly report: ShardReport;
  readonly audit: ShardAudit;
  readonly opened: ReadOpening | null;
  readonly finalNote: string;
  readonly anchoredSize: number;
}

/** Derives the whole ledger anew from its files and compares it with what was signed and kept elsewhere. */
export async function verifyLedger(options: VerifyOptions): Promise<VerifyReport> {
  const crypto = await createLedgerCrypto();
  const shards = listShards(options.dir);
  const independent = options.independent === true;
  const work: Work = {
    options,
    crypto,
    tree: independent ? treeHasherOf(pureHasher) : crypto.tree,
    sealer: independent ? pureSealer(pureHasher) : crypto.sealer,
    total: shards.reduce((sum, shard) => sum + countRows(options.dir, shard), 0),
    done: 0,
  };
  const results = shards.map((shard) => verifyShard(work, shard));
  const loose: Finding[] = [];
  const note = (finding: Finding): void => void loose.push(finding);
  checkLinks(crypto, results, note);
  checkTrusted(options, results, note);
  const kept = existsSync(checkpointFile(options.dir))
    ? [{ from: checkpointFile(options.dir), note: readFileSync(checkpointFile(options.dir), "utf8") }]
    : [];
  for (const anchor of kept) compareAnchor(work, results, anchor, "rollback", note);
  const anchoredAt = (options.anchors ?? []).map((anchor) =>
    compareAnchor(work, results, anchor, "anchor", note),
  );
  return reportOf(options, results, loose, anchoredAt);
}

function reportOf(
  options: VerifyOptions,
  results: readonly ShardResult[],
  loose: readonly Finding[],
  anchoredAt: readonly (Covered | null)[],
): VerifyReport {
  const findings = [...results.flatMap((r) => r.audit.findings), ...loose];
  const findingCount = results.reduce((sum, r) => sum + r.audit.findingCount, 0) + loose.length;
  const last = results.at(-1);
  const tailAfter = (covered: Covered | null): number =>
    results.reduce(
      (sum, r) =>
        sum +
        (covered === null || r.report.shard > covered.shard
          ? r.report.rows
          : r.report.shard === covered.shard
            ? Math.max(0, r.report.rows - covered.size)
            : 0),
      0,
    );
  const recorded = results.findLast((r) => r.anchoredSize > 0);
  const best = anchoredAt.reduce<Covered | null>(
    (a, b) => (a === null || (b !== null && tailAfter(b) < tailAfter(a)) ? b : a),
    null,
  );
  return {
    ok: findingCount === 0 && results.length > 0,
    rows: results.reduce((sum, r) => sum + r.report.rows, 0),
    shards: results.map((r) => r.report),
    findings,
    findingCount,
    unsignedTail: last === undefined ? 0 : Math.max(0, last.report.rows - last.report.signedSize),
    unanchoredTail: options.anchors === undefined ? null : tailAfter(best),
    recordedUnanchoredTail: tailAfter(
      recorded === undefined ? null : { shard: recorded.report.shard, size: recorded.anchoredSize },
    ),
  };
}

function countRows(dir: string, shard: number): number {
  try {
    const db = openShardForReading(shardFile(dir, shard));
    try {
      return shardTables(db).size();
    } finally {
      db.close();
    }
  } catch {
    // an unreadable shard is a finding of the walk, not of the count
    return 0;
  }
}

function verifyShard(work: Work, shard: number): ShardResult {
  let db: Connection | null = null;
  try {
    db = openShardForReading(shardFile(work.options.dir, shard));
    // one snapshot of the shard, however long the walk takes and whatever is written meanwhile
    db.exec("BEGIN");
    return walkShard(work, shard, shardTables(db));
  } catch (error) {
    const audit = new ShardAudit(shard, work.tree, work.sealer, []);
    audit.add("unreadable", null, error instanceof Error ? error.message : String(error));
    return {
      report: { shard, rows: 0, droppedBodies: 0, signedSize: 0, key: "" },
      audit,
      opened: null,
      finalNote: "",
      anchoredSize: 0,
    };
  } finally {
    db?.close();
  }
}

function walkShard(work: Work, shard: number, tables: ShardTables): ShardResult {
  const checkpoints = [...tables.checkpoints()];
  const audit = new ShardAudit(shard, work.tree, work.sealer, checkpoints);
  const { independent, onProgress } = work.options;
  for (let from = 0; ; ) {
    const rows = tables.textsFrom(from, PAGE_ROWS);
    for (const row of rows) {
      audit.row(row);
      if (row.body === null || row.idx === 0) continue;
      if (!columnsAgree(row.body, row.id, row.type, row.at))
        audit.add("columns", row.idx, "id, type or time beside the receipt differ from it");
      const problem = independent ? schemaProblem(row.body) : null;
      if (problem !== null) audit.add("schema", row.idx, problem);
    }
    work.done += rows.length;
    onProgress?.(work.done, work.total);
    const last = rows.at(-1);
    if (last === undefined) break;
    from = last.idx + 1;
  }
  audit.finish();
  const opened = openingOf(work, tables, shard, audit);
  const signed = checkpoints.filter((c) => c.note !== null);
  if (opened !== null)
    checkSignatures(work, opened.key, work.options.full ? signed : signed.slice(-1), audit);
  const newest = signed.at(-1);
  return {
    report: {
      shard,
      rows: audit.rows,
      droppedBodies: audit.tombstones,
      signedSize: newest?.size ?? 0,
      key: opened?.opening.key ?? "",
    },
    audit,
    opened,
    finalNote: newest?.note ?? "",
    anchoredSize: Math.max(0, ...tables.anchors().map((anchor) => anchor.size)),
  };
}

function openingOf(work: Work, tables: ShardTables, shard: number, audit: ShardAudit): ReadOpening | null {
  try {
    const opened = readOpening(work.crypto, tables, shard);
    const fault = opened.opening.previous?.fault;
    if (fault) audit.add("recorded", 0, `at the start of this shard the ledger was not trusted: ${fault}`);
    return opened;
  } catch (error) {
    audit.add("opening", 0, error instanceof Error ? error.message : String(error));
    return null;
  }
}

function checkSignatures(
  work: Work,
  key: NoteKey,
  signed: readonly { size: number; root: Buffer; note: string | null }[],
  audit: ShardAudit,
): void {
  for (const { size, root, note } of signed) {
    const opened = openCheckpoint(work.crypto, note ?? "", [key]);
    if (!opened.ok) audit.add("signature", size - 1, `checkpoint of ${size} rows: ${opened.error}`);
    else if (
      opened.value.origin !== key.name ||
      opened.value.size !== BigInt(size) ||
      !root.equals(opened.value.root)
    )
      audit.add(
        "checkpoint",
        size - 1,
        `the signed checkpoint of ${size} rows says something else than its row`,
      );
  }
}

/** Each shard's first leaf holds the last checkpoint of the one before, and names who may sign. */
function checkLinks(
  crypto: LedgerCrypto,
  results: readonly ShardResult[],
  add: (finding: Finding) => void,
): void {
  for (const [i, { opened, report }] of results.entries()) {
    const before = results[i - 1];
    const { shard } = report;
    if (opened === null) continue;
    const { previous } = opened.opening;
    if (before === undefined) {
      if (previous !== null && shard > 0 && previous.fault === null)
        add({ kind: "missing", shard, index: null, detail: `shards before ${shard} are missing` });
      continue;
    }
    if (previous?.fault) continue;
    if (before.report.shard !== shard - 1)
      add({ kind: "missing", shard, index: null, detail: `shard ${shard - 1} is missing` });
    else if (previous?.checkpoint !== before.finalNote)
      add({
        kind: "link",
        shard,
        index: 0,
        detail: `shard ${shard - 1} does not end with the checkpoint that shard ${shard} begins with: shards were swapped or changed`,
      });
    if (before.opened !== null && !keyFollows(crypto, before.opened.key, opened))
      add({ kind: "key", shard, index: 0, detail: "the signing key changed without the old key's consent" });
  }
}

function keyFollows(crypto: LedgerCrypto, old: NoteKey, { key, opening }: ReadOpening): boolean {
  if (Buffer.from(old.publicKey).equals(key.publicKey)) return true;
  const note = parseNote(opening.previous?.endorsement ?? "");
  return (
    note.ok && note.value.text === endorsementText(vkeyOf(key)) && verifyNote(crypto, note.value, [old]).ok
  );
}

function checkTrusted(
  { trusted }: VerifyOptions,
  results: readonly ShardResult[],
  add: (finding: Finding) => void,
): void {
  if (trusted === undefined) return;
  const wanted = Buffer.from(trusted.publicKey);
  if (!results.some((r) => r.opened !== null && wanted.equals(r.opened.key.publicKey)))
    add({
      kind: "key",
      shard: results.at(-1)?.report.shard ?? 0,
      index: null,
      detail: `no shard is signed by the trusted key ${trusted.name}`,
    });
}

interface Covered {
  readonly shard: number;
  readonly size: number;
}

/** null: the anchor covers nothing of this ledger */
function compareAnchor(
  work: Work,
  results: readonly ShardResult[],
  anchor: { from: string; note: string },
  kind: "anchor" | "rollback",
  add: (finding: Finding) => void,
): Covered | null {
  const origin = parseOrigin(originOfNote(anchor.note) ?? "");
  const tell = (what: Finding["kind"], shard: number, detail: string): null => {
    add({ kind: what, shard, index: null, detail: `${anchor.from}: ${detail}` });
    return null;
  };
  if (origin === null) return tell(kind, -1, "not a readable checkpoint of a ledger: altered or damaged");
  const names = new Set(
    results.flatMap((r) => (r.opened === null ? [] : [parseOrigin(r.opened.opening.origin)?.ledger])),
  );
  if (names.size > 0 && !names.has(origin.ledger))
    return tell("anchor", origin.shard, `a checkpoint of another ledger, ${origin.ledger}`);
  const result = results.find((r) => r.report.shard === origin.shard);
  if (result === undefined)
    return tell(
      "rollback",
      origin.shard,
      `shard ${origin.shard} is missing although a checkpoint of it exists: an older copy was put back`,
    );
  if (result.opened === null) return null;
  const db = openShardForReading(shardFile(work.options.dir, origin.shard));
  try {
    return {
      shard: origin.shard,
      size: checkNote(work.crypto, shardTables(db), result.opened.key, anchor.note),
    };
  } catch (error) {
    return tell(
      error instanceof UnreadableNote ? kind : "rollback",
      origin.shard,
      error instanceof Error ? error.message : String(error),
    );
  } finally {
    db.close();
  }
}

/** Reads checkpoints from a file, or from every checkpoint file of a folder. */
export function readAnchors(path: string): { from: string; note: string }[] {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith(".checkpoint"))
        .map((name) => join(path, name))
    : [path];
  return files.flatMap((from) => allNotes(from).map((note) => ({ from, note })));
}
