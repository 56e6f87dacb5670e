import { setTimeout as pause } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../../core/base/assert.ts";
import { type OutboxChange, OutboxFile, type OutboxRow } from "./outbox-file.ts";

/** What the thread is begun with. */
export interface OutboxWorkerData {
  readonly path: string;
  readonly rows: number;
  /** a session is at least this: wall time in milliseconds */
  readonly leastSession: number;
}
export type ToOutbox = { readonly kind: "write"; readonly change: OutboxChange } | { readonly kind: "close" };
export type FromOutbox =
  | {
      readonly kind: "opened";
      readonly rows: readonly OutboxRow[];
      readonly lastId: number;
      readonly session: number;
      readonly setAside: string;
    }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "written" }
  | { readonly kind: "failed"; readonly reason: string };

const RETRY_MS = 500;

/** Entry of the thread that writes the outbox: one change at a time, tried until the disk takes it. */
const port = parentPort;
assert(port !== null, "runs as a thread");
const { path, rows, leastSession } = workerData as OutboxWorkerData;
const send = (message: FromOutbox): void => port.postMessage(message);
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

let closing = false;
async function write(file: OutboxFile, change: OutboxChange): Promise<void> {
  for (;;) {
    try {
      file.write(change);
      return send({ kind: "written" });
    } catch (error) {
      send({ kind: "failed", reason: wordsOf(error) });
    }
    // what the disk does not take at the end is lost, and the ledger still has it
    if (closing) return;
    await pause(RETRY_MS);
  }
}

try {
  const file = new OutboxFile(path);
  send({
    kind: "opened",
    rows: file.rows(rows),
    lastId: file.lastId(),
    session: file.nextSession(leastSession),
    setAside: file.setAside,
  });
  let work = Promise.resolve();
  port.on("message", (message: ToOutbox) => {
    if (message.kind === "write") work = work.then(() => write(file, message.change));
    else {
      closing = true;
      void work.then(() => {
        file.close();
        port.close();
      });
    }
  });
} catch (error) {
  send({ kind: "refused", reason: wordsOf(error) });
  port.close();
}
