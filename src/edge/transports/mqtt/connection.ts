import { readFileSync } from "node:fs";
import {
  connect,
  type IClientOptions,
  type IPublishPacket,
  type ISubscriptionMap,
  type MqttClient,
} from "mqtt";
import type { MqttSettings } from "./settings.ts";

export interface Will {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly retain: boolean;
}
export interface ConnectionEvents {
  /** connected; nothing has been subscribed yet */
  up(): void;
  message(topic: string, payload: Buffer, packet: IPublishPacket): void;
  /** the connection is gone or never came; called once per connection */
  down(reason: string, refused: boolean): void;
}
export type BrokerSettings = Pick<
  MqttSettings,
  | "url"
  | "username"
  | "passwordFile"
  | "tls"
  | "keepaliveSeconds"
  | "connectTimeoutMs"
  | "maxPayloadBytes"
  | "maxBacklogBytes"
>;

const RECEIVE_MAXIMUM = 1_024;
const DISCONNECT_WITH_WILL = 4;
/** answers of a broker that repeating will not change by itself */
const REFUSALS = /not authorized|bad user name|banned|CERT|SSL|self.signed|TLS|altname/i;

/**
 * One connection to the broker, used once. The client library keeps what it could not deliver and sends it
 * after a reconnect; a fresh client per connection has nothing to send, so nothing stale can leave.
 */
export class Connection {
  readonly client: MqttClient;
  readonly #events: ConnectionEvents;
  readonly #maxBacklogBytes: number;
  #done = false;
  #up = false;

  constructor(settings: BrokerSettings, clientId: string, will: Will, events: ConnectionEvents) {
    this.#events = events;
    this.#maxBacklogBytes = settings.maxBacklogBytes;
    this.client = connect(settings.url, {
      ...optionsOf(settings, clientId),
      will: { ...will, qos: 1, payload: Buffer.from(will.payload) },
    });
    // before connecting: the broker may send what it kept right behind its first answer
    this.client.on("message", (topic, payload, packet) => {
      if (!this.#done) events.message(topic, payload, packet);
    });
    this.client.on("connect", () => this.#connected());
    this.client.on("error", (error) => this.#finish(error.message, REFUSALS.test(error.message)));
    this.client.on("close", () => this.#finish("connection closed", false));
    this.client.on("disconnect", () => this.#finish("broker said goodbye", false));
    this.client.connect();
  }

  get isUp(): boolean {
    return this.#up && !this.#done && this.client.connected;
  }

  /** true: handed to the system now. Refused while bytes of earlier messages still wait. */
  publishNow(topic: string, payload: string | Buffer, expirySeconds: number | null): boolean {
    if (!this.isUp) return false;
    const { stream } = this.client;
    if (stream.writableLength > this.#maxBacklogBytes) return false;
    this.client.publish(topic, payload, {
      qos: 0,
      retain: false,
      ...(expirySeconds !== null && { properties: { messageExpiryInterval: expirySeconds } }),
    });
    // the library holds its writes back until the end of the tick; a stop does not wait
    stream.uncork();
    return true;
  }

  /** At least once; `answer` says null when the broker has it, else what it objected. No answer from a dead connection. */
  publishKept(
    topic: string,
    payload: string | Buffer,
    retain: boolean,
    properties: object,
    answer: (error: string | null) => void,
  ): void {
    if (!this.isUp) return;
    this.client.publish(topic, payload, { qos: 1, retain, properties }, (error) => {
      if (!this.#done) answer(error === undefined || error === null ? null : error.message);
    });
  }

  subscribe(map: ISubscriptionMap, answer: (denied: readonly string[]) => void): void {
    const topics = Object.keys(map);
    if (topics.length === 0 || !this.isUp) return;
    this.client.subscribe(map, (error, granted) => {
      if (this.#done) return;
      const refused = (granted ?? []).filter((g) => g.qos >= 128).map((g) => g.topic);
      answer(error !== null && refused.length === 0 ? topics : refused);
    });
  }

  /** Drops the connection so that even what the system has not sent yet is thrown away. */
  drop(reason: string): void {
    this.#finish(reason, false);
  }

  /** An orderly end: what was published before is sent; the will only when it is asked for. */
  async end(withWill = false): Promise<void> {
    this.#done = true;
    this.#up = false;
    if (!this.client.connected) return this.#discard();
    await new Promise<void>((resolve) => {
      const bound = setTimeout(() => {
        this.#discard();
        resolve();
      }, 1_000);
      this.client.end(false, { reasonCode: withWill ? DISCONNECT_WITH_WILL : 0 }, () => {
        clearTimeout(bound);
        resolve();
      });
    });
  }

  #connected(): void {
    if (this.#done) return;
    this.#up = true;
    (this.client.stream as { setNoDelay?: (on: boolean) => void }).setNoDelay?.(true);
    this.#events.up();
  }
  #finish(reason: string, refused: boolean): void {
    if (this.#done) return;
    this.#done = true;
    this.#up = false;
    this.#discard();
    this.#events.down(reason, refused);
  }
  #discard(): void {
    this.client.removeAllListeners();
    this.client.on("error", () => undefined);
    this.client.end(true);
    const { stream } = this.client as {
      stream?: {
        destroyed: boolean;
        resetAndDestroy?: () => void;
        on(event: "error", act: () => void): void;
      };
    };
    if (stream === undefined) return;
    stream.on("error", () => undefined);
    if (!stream.destroyed) stream.resetAndDestroy?.();
  }
}

function optionsOf(settings: BrokerSettings, clientId: string): IClientOptions {
  const { tls, username, passwordFile } = settings;
  return {
    protocolVersion: 5,
    clientId,
    clean: true,
    manualConnect: true,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    keepalive: settings.keepaliveSeconds,
    connectTimeout: settings.connectTimeoutMs,
    properties: {
      receiveMaximum: RECEIVE_MAXIMUM,
      maximumPacketSize: settings.maxPayloadBytes + 1_024,
      sessionExpiryInterval: 0,
    },
    ...(username !== undefined && { username }),
    ...(passwordFile !== undefined && { password: readFileSync(passwordFile, "utf8").trimEnd() }),
    ...(tls !== undefined && {
      rejectUnauthorized: true,
      ca: readFileSync(tls.caFile),
      ...(tls.certFile !== undefined && { cert: readFileSync(tls.certFile) }),
      ...(tls.keyFile !== undefined && { key: readFileSync(tls.keyFile) }),
      ...(tls.serverName !== undefined && { servername: tls.serverName }),
    }),
  };
}
