import { existsSync, readFileSync } from "node:fs";
import { cut } from "../../core/base/text.ts";
import type { LatchedCause, StoredStage } from "../../core/domain/index.ts";
import { checkNote, checkTail, type TailState, UnreadableNote } from "./check-tail.ts";
import type { LedgerCrypto } from "./crypto.ts";
import { makeFolder, replaceFile } from "../files/index.ts";
import { keyFor, type LedgerKey, listKeys, makeKey, newestKey, readKey, signerOf } from "./keys.ts";
import { latchedByLedger, stageByLedger, traceOfRuns } from "./kept-state.ts";
import { makeLatchedFile, readLatchedFile } from "./latched-file.ts";
import { bootFile, checkpointFile, latchedFile, ledgerFolder, listShards, shardFile } from "./layout.ts";
import {
  ledgerName,
  originOf,
  originOfNote,
  parseOrigin,
  type ReadOpening,
  readOpening,
  startShard,
} from "./opening.ts";
import { noteKey, openCheckpoint } from "../../core/receipts/index.ts";
import { isDiskError, openShardForReading, type ShardTables, shardTables } from "./shard-file.ts";
import { judgeStage, readStage, renewStage } from "./stage-file.ts";
import { stateKey } from "./state-key.ts";
import { Store } from "./store.ts";

export interface RecoverOptions {
  readonly dir: string;
  readonly cell: string;
  /** wall time, microseconds since 1970 */
  readonly at: number;
  /** checkpoints that sinks outside this machine hold */
  readonly anchored: readonly string[];
}
export interface RecoveredStore {
  readonly store: Store;
  readonly shard: number;
  readonly ledger: string;
  readonly key: LedgerKey;
  readonly boot: number;
  readonly latched: readonly LatchedCause[];
  readonly fault: string | null;
  readonly stage: StoredStage | undefined;
  readonly lastAt: number;
}

/**
 * Start-up: checks what is there, latches what is wrong and opens a shard to write to. A shard that cannot
 * be trusted is left exactly as it is; writing goes on in a new one that names the fault in its first leaf.
 */
export function recover(crypto: LedgerCrypto, options: RecoverOptions): RecoveredStore {
  const { dir } = options;
  makeFolder(ledgerFolder(dir), 0o700);
  const shards = listShards(dir);
  const checked = checkShards(crypto, options, shards);
  const { key, oldKey, keyFault } = currentKey(dir, checked.tail);
  const fault = checked.fault ?? keyFault;
  const { boot, latched, stage } = recoverState(options, shards, checked, fault);
  const newest = shards.at(-1);
  const ledger =
    checked.tail === null
      ? ledgerName(crypto, options.cell, key)
      : parseOrigin(checked.tail.opening.origin)!.ledger;
  let shard = newest ?? 0;
  const isNew = newest === undefined || fault !== null || key !== oldKey;
  if (isNew) {
    // a number that no signed checkpoint knows yet: two contents never share an origin
    shard =
      fault === null
        ? (newest ?? -1) + 1
        : 1 + Math.max(newest ?? -1, shardOfNote(checked.note), ...options.anchored.map(shardOfNote));
    const previous = newest === undefined && fault === null ? null : { checkpoint: checked.note, fault };
    startShard(crypto, {
      dir,
      ledger,
      shard,
      cell: options.cell,
      at: options.at,
      key,
      oldKey: key === oldKey ? null : oldKey,
      previous,
    });
  }
  const origin = originOf(ledger, shard);
  const store = new Store(shardFile(dir, shard), origin, crypto, signerOf(crypto, origin, key));
  if (isNew) replaceFile(checkpointFile(dir), store.publish(options.at / 1_000).note);
  const lastAt = checked.tail?.lastAt ?? 0;
  return { store, shard, ledger, key, boot, latched, fault, stage, lastAt };
}

const shardOfNote = (note: string): number => parseOrigin(originOfNote(note) ?? "")?.shard ?? -1;

interface Checked {
  readonly tail: TailState | null;
  readonly fault: string | null;
  /** newest signed checkpoint that could be found */
  readonly note: string;
}

/** a disk that hiccups says nothing about what is written on it: only an error that stays is a fault of the ledger */
const READ_TRIES = 5;
const READ_RETRY_MS = 200;
const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function checkShards(crypto: LedgerCrypto, options: RecoverOptions, shards: readonly number[]): Checked {
  const { dir } = options;
  const kept = readOr(checkpointFile(dir), "");
  const newest = shards.at(-1);
  if (newest === undefined) {
    const fault = kept === "" ? null : "every shard is missing although a checkpoint was signed";
    return { tail: null, fault, note: kept };
  }
  for (let tries = 1; ; tries++) {
    let tail: TailState | null = null;
    try {
      tail = checkTail(crypto, shardFile(dir, newest), newest);
      if (tail.opening.previous?.fault === null) checkLink(dir, newest, tail);
      for (const note of kept === "" ? options.anchored : [kept, ...options.anchored])
        checkKept(crypto, dir, note);
      return { tail, fault: null, note: tail.note };
    } catch (error) {
      if (isDiskError(error) && tries < READ_TRIES) pause(READ_RETRY_MS);
      else
        return {
          tail,
          fault: `shard ${newest}: ${error instanceof Error ? error.message : String(error)}`,
          note: tail?.note ?? kept,
        };
    }
  }
}

/** The shard before must still end with the checkpoint that this one names. */
function checkLink(dir: string, newest: number, tail: TailState): void {
  const signed = withShard(dir, newest - 1, (tables) => tables.newestSigned());
  if (signed?.note !== tail.opening.previous?.checkpoint)
    throw new Error(`shard ${newest - 1} does not end as shard ${newest} says: shards were swapped`);
}

/**
 * A checkpoint kept outside the database, here or on another machine, must fit the rows. Throws when it
 * contradicts them; returns words when it says nothing about them. One that contradicts a shard whose fault is already on record is not news.
 */
export function checkKept(crypto: LedgerCrypto, dir: string, note: string): string | null {
  const origin = parseOrigin(originOfNote(note) ?? "");
  const shards = listShards(dir);
  const newest = shards.at(-1);
  if (origin === null || newest === undefined) return note === "" ? null : "not a checkpoint of a ledger";
  const opening = openingOf(crypto, dir, newest);
  if (parseOrigin(opening.opening.origin)?.ledger !== origin.ledger) return null;
  if (origin.shard > newest) {
    if (!isSignedHere(crypto, dir, note))
      return "a checkpoint of an unknown shard with a signature of nobody here";
    throw new Error(
      `a signed checkpoint of shard ${origin.shard} exists, the newest shard is ${newest}: an older copy was put back`,
    );
  }
  const later = shards.filter((shard) => shard > origin.shard);
  if (later.some((shard) => openingOf(crypto, dir, shard).opening.previous?.fault)) return null;
  if (!shards.includes(origin.shard))
    throw new Error(`shard ${origin.shard} is missing although a checkpoint of it exists`);
  const { key } = openingOf(crypto, dir, origin.shard);
  try {
    withShard(dir, origin.shard, (tables) => checkNote(crypto, tables, key, note));
    return null;
  } catch (error) {
    if (error instanceof UnreadableNote) return error.message;
    throw error;
  }
}

const openingOf = (crypto: LedgerCrypto, dir: string, shard: number): ReadOpening =>
  withShard(dir, shard, (tables) => readOpening(crypto, tables, shard));

function isSignedHere(crypto: LedgerCrypto, dir: string, note: string): boolean {
  const origin = originOfNote(note) ?? "";
  const keys = listKeys(dir).map((number) => noteKey(crypto, origin, readKey(dir, number).publicKey));
  return openCheckpoint(crypto, note, keys).ok;
}

function withShard<T>(dir: string, shard: number, use: (tables: ShardTables) => T): T {
  const db = openShardForReading(shardFile(dir, shard));
  try {
    return use(shardTables(db));
  } finally {
    db.close();
  }
}

function recoverState(
  options: RecoverOptions,
  shards: readonly number[],
  checked: Checked,
  fault: string | null,
) {
  const { dir } = options;
  const key = stateKey(dir);
  const lastBoot = Math.max(
    bootOfFile(dir),
    bootOfShard(dir, shards.at(-1)),
    ...(checked.tail?.lastIds ?? []).map(bootOfId),
  );
  const latched: LatchedCause[] = [];
  const add = (cause: LatchedCause): void => {
    if (!latched.some((c) => c.code === cause.code && c.source === cause.source)) latched.push(cause);
  };
  const lost = (source: string, detail: string): void =>
    add({ code: "LEDGER_STATE_LOST", source, detail: cut(detail, 500) });
  const before = readLatchedFile(latchedFile(dir), key);
  for (const cause of before.latched) add(cause);
  if (before.wrong !== null && (shards.length > 0 || !before.isAbsent)) lost("ledger", before.wrong);
  else if (before.wrong === null && before.boot < lastBoot)
    lost(
      "ledger",
      `the file of latched stops is an older one: of start ${before.boot}, the last was ${lastBoot}`,
    );
  const forgotten = latchedByLedger(dir).filter(
    ({ code, source }) => !latched.some((c) => c.code === code && c.source === source),
  );
  if (forgotten.length > 0) {
    const names = forgotten.map(({ code }) => code).join(", ");
    lost(
      "latches",
      `the newest change of state says that ${names} was latched, the file of latched stops does not`,
    );
    for (const cause of forgotten) add(cause);
  }
  const trace = shards.length === 0 && checked.note === "" ? traceOfRuns(dir) : null;
  if (trace !== null)
    lost("ledger", `there is no ledger, although ${trace} of an earlier run lies beside it`);
  const file = readStage(dir, key);
  const stage = judgeStage(file, stageByLedger(dir), lastBoot);
  if (stage?.kind === "damaged") lost("stage", stage.detail);
  if (fault !== null) add({ code: "LEDGER_UNTRUSTED", source: "ledger", detail: fault });
  const by = { key, boot: lastBoot + 1 };
  // before the number itself: files of a start that broke off here are newer than the last, and no older ones
  makeLatchedFile(latchedFile(dir), latched, by);
  if (stage?.kind === "read" && file !== undefined && !("kind" in file)) renewStage(dir, file, by);
  replaceFile(bootFile(dir), `${by.boot}\n`);
  return { boot: by.boot, latched, stage };
}

const readOr = (path: string, otherwise: string): string =>
  existsSync(path) ? readFileSync(path, "utf8") : otherwise;
const bootOfFile = (dir: string): number => {
  const value = Number(readOr(bootFile(dir), "0").trim());
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
};
const bootOfId = (id: string): number => Number(/^[a-z](\d{1,12})\./.exec(id)?.[1] ?? 0);

/** The database repeats the number, in case the small file was lost. */
function bootOfShard(dir: string, shard: number | undefined): number {
  if (shard === undefined) return 0;
  try {
    return Number(withShard(dir, shard, (tables) => tables.mark("boot")) ?? 0);
  } catch {
    // a shard that does not open has its fault found by the check of the tail
    return 0;
  }
}

function currentKey(
  dir: string,
  tail: TailState | null,
): { key: LedgerKey; oldKey: LedgerKey | null; keyFault: string | null } {
  try {
    const newest = newestKey(dir);
    if (tail === null) return { key: newest, oldKey: newest, keyFault: null };
    const signing = keyFor(dir, tail.key);
    if (signing === null)
      return { key: newest, oldKey: null, keyFault: "the private key of the newest shard is missing" };
    return signing.number === newest.number
      ? { key: signing, oldKey: signing, keyFault: null }
      : { key: newest, oldKey: signing, keyFault: null };
  } catch (error) {
    return {
      key: makeKey(dir),
      oldKey: null,
      keyFault: `keys: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
