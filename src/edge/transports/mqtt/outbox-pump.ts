import type { Connection } from "./connection.ts";
import type { Outbox, OutboxRow } from "./outbox.ts";

const DELETE_PERIOD_MS = 10;
const RETRY_MS = 1_000;
const BATCH_ROWS = 256;

/** Sends the outbox in order, with a bounded number of messages under way; deletes what the broker has. */
export class OutboxPump {
  delivered = 0;
  readonly #outbox: Outbox;
  readonly #window: number;
  readonly #session: number;
  readonly #onDenied: (reason: string | null) => void;
  #connection: Connection | null = null;
  #run = 0;
  #flying = 0;
  #denied = false;
  #sentUpTo = 0;
  #ready: OutboxRow[] = [];
  #acknowledged: number[] = [];
  #deleting: NodeJS.Timeout | null = null;
  #retrying: NodeJS.Timeout | null = null;

  constructor(outbox: Outbox, window: number, session: number, onDenied: (reason: string | null) => void) {
    this.#outbox = outbox;
    this.#window = window;
    this.#session = session;
    this.#onDenied = onDenied;
  }
  /** A new connection: everything that was under way on the old one is sent again. */
  start(connection: Connection): void {
    this.stop();
    this.#connection = connection;
    this.pump();
  }
  stop(): void {
    this.#connection = null;
    this.#run++;
    this.#flying = 0;
    this.#sentUpTo = 0;
    this.#ready = [];
    if (this.#retrying !== null) clearTimeout(this.#retrying);
    this.#retrying = null;
    this.#flush();
  }
  /** Something was added, or an answer came. */
  pump(): void {
    const connection = this.#connection;
    const run = this.#run;
    if (connection === null || this.#retrying !== null) return;
    while (this.#flying < this.#window) {
      const row = this.#next();
      if (row === undefined) return;
      this.#flying++;
      this.#sentUpTo = row.id;
      const properties = {
        contentType: "application/json",
        userProperties: { id: `${this.#session}-${row.id}` },
      };
      connection.publishKept(row.topic, row.payload, row.retain === 1, properties, (error) => {
        if (run === this.#run) this.answered(row.id, error);
      });
      if (run !== this.#run) return;
    }
  }
  #next(): OutboxRow | undefined {
    if (this.#ready.length === 0) this.#ready = this.#outbox.after(this.#sentUpTo, BATCH_ROWS).toReversed();
    return this.#ready.pop();
  }
  answered(id: number, error: string | null): void {
    this.#flying--;
    if (error !== null) return this.#holdBack(error);
    this.delivered++;
    if (this.#denied) this.#onDenied(null);
    this.#denied = false;
    this.#acknowledged.push(id);
    this.#deleting ??= setTimeout(() => this.#flush(), DELETE_PERIOD_MS);
    this.pump();
  }
  /** The broker said no: wait, then begin again with the oldest. */
  #holdBack(error: string): void {
    this.#denied = true;
    this.#onDenied(error);
    const connection = this.#connection;
    this.stop();
    this.#retrying = setTimeout(() => {
      this.#retrying = null;
      this.#connection = connection;
      this.pump();
    }, RETRY_MS);
  }
  #flush(): void {
    if (this.#deleting !== null) clearTimeout(this.#deleting);
    this.#deleting = null;
    if (this.#acknowledged.length === 0) return;
    this.#outbox.delete(this.#acknowledged);
    this.#acknowledged = [];
  }
}
