import type { IPublishPacket } from "mqtt";
import { type BrokerSettings, Connection, type Will } from "./connection.ts";

export interface LinkEvents {
  up(connection: Connection): void;
  message(topic: string, payload: Buffer, packet: IPublishPacket): void;
  down(reason: string, refused: boolean): void;
}

/** Keeps one connection to the broker, each time with a fresh client and a fresh last will. */
export class Reconnecting {
  #connection: Connection | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  readonly #settings: BrokerSettings & { readonly reconnectMs: number };
  readonly #clientId: string;
  readonly #will: () => Will;
  readonly #events: LinkEvents;

  constructor(
    settings: BrokerSettings & { readonly reconnectMs: number },
    clientId: string,
    will: () => Will,
    events: LinkEvents,
  ) {
    this.#settings = settings;
    this.#clientId = clientId;
    this.#will = will;
    this.#events = events;
  }
  /** null while there is no connection */
  get current(): Connection | null {
    return this.#connection?.isUp ? this.#connection : null;
  }
  /** Resolves after the first attempt, good or bad; rejects when the settings name files that cannot be read. */
  open(): Promise<void> {
    return new Promise((resolve) => this.#attempt(resolve));
  }
  async close(withWill = false): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#connection?.end(withWill);
    this.#connection = null;
  }
  /** Ends the connection in an orderly way and begins anew. */
  async renew(withWill: boolean): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.end(withWill);
    this.#later();
  }
  #later(): void {
    if (!this.#closed) this.#timer = setTimeout(() => this.#attemptAgain(), this.#settings.reconnectMs);
  }
  /** Certificates are read anew each time; one that is just being replaced is a state of the world. */
  #attemptAgain(): void {
    try {
      this.#attempt(() => undefined);
    } catch (error) {
      this.#later();
      this.#events.down(error instanceof Error ? error.message : String(error), true);
    }
  }
  #attempt(attempted: () => void): void {
    const connection: Connection = new Connection(this.#settings, this.#clientId, this.#will(), {
      up: () => {
        this.#events.up(connection);
        attempted();
      },
      message: this.#events.message,
      down: (reason, refused) => {
        this.#connection = null;
        this.#later();
        this.#events.down(reason, refused);
        attempted();
      },
    });
    this.#connection = connection;
  }
}
