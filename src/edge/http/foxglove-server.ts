import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import type { NodeStatus, Receipt } from "../../core/domain/index.ts";
import { channelsOf, type FoxgloveChannel, LOG, RECEIPTS, timeOf, VERDICTS } from "./foxglove-channels.ts";
import { isLoopbackHost } from "./guard.ts";

/**
 * The node for Foxglove and programs that speak its WebSocket protocol. Read only: no capability is offered,
 * so a client can subscribe and nothing else. Both names of the protocol carry the same messages.
 */
const PROTOCOLS = ["foxglove.sdk.v1", "foxglove.websocket.v1"] as const;
const CLIENTS_MAX = 16;
const SUBSCRIPTIONS_MAX = 64;
const MESSAGE_BYTES_MAX = 16_384;
/** a client that has this much waiting misses messages until it has caught up */
const WAITING_BYTES_MAX = 256 * 1024;
const MESSAGE_DATA = 0x01;
/** identifiers of the topics that speak when something happens; those of the others count from 0 */
const LOG_ID = 1_000;
const RECEIPTS_ID = 1_001;
const VERDICTS_ID = 1_002;
const VERDICT_TYPES: ReadonlySet<string> = new Set(["gate_decision", "block"]);
const LEVEL_INFO = 2;
const LEVEL_WARNING = 3;

const request = z.union([
  z.object({
    op: z.literal("subscribe"),
    subscriptions: z
      .array(z.object({ id: z.number().int().min(0).max(0xffff_ffff), channelId: z.number().int() }))
      .max(SUBSCRIPTIONS_MAX),
  }),
  z.object({
    op: z.literal("unsubscribe"),
    subscriptionIds: z.array(z.number().int()).max(SUBSCRIPTIONS_MAX),
  }),
]);

/** The desktop program sends no web origin, its web version this one; other pages do not get to listen. */
function mayListen(origin: string | undefined): boolean {
  if (origin === undefined || origin === "file://" || origin === "https://app.foxglove.dev") return true;
  const host = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
  return host !== undefined && isLoopbackHost(host);
}

export class FoxgloveServer {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: (offered) => PROTOCOLS.find((name) => offered.has(name)) ?? false,
  });
  readonly #clients = new Map<WebSocket, Map<number, number>>();
  readonly #cell: string;
  readonly #session = `${Date.now()}`;
  #channels: readonly FoxgloveChannel[] = [];
  #advertised = "";

  constructor(cell: string) {
    this.#cell = cell;
  }

  upgrade(asked: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = String(asked.headers["sec-websocket-protocol"] ?? "")
      .split(",")
      .map((name) => name.trim());
    const welcome =
      isLoopbackHost(asked.headers.host ?? "") &&
      mayListen(asked.headers.origin) &&
      PROTOCOLS.some((name) => offered.includes(name)) &&
      this.#clients.size < CLIENTS_MAX;
    if (!welcome) return void socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
    this.#server.handleUpgrade(asked, socket, head, (client) => this.#greet(client));
  }

  status(status: NodeStatus): void {
    this.#learn(status);
    for (const [client, subscriptions] of this.#clients)
      for (const [id, channelId] of subscriptions) {
        const message = this.#channels[channelId]?.message(status);
        if (message !== null && message !== undefined) send(client, id, status.at, message);
      }
  }

  log(status: NodeStatus, state: string, text: string): void {
    const level = state === "RUNNING" ? LEVEL_INFO : LEVEL_WARNING;
    this.#tell(LOG_ID, status.at, { level, message: text, name: this.#cell, file: "", line: 0 });
  }
  receipt(receipt: Receipt): void {
    this.#tell(RECEIPTS_ID, receipt.at, receipt);
    if (VERDICT_TYPES.has(receipt.body.receipt_type)) this.#tell(VERDICTS_ID, receipt.at, receipt);
  }

  #tell(topic: number, atUs: number, message: object): void {
    for (const [client, subscriptions] of this.#clients)
      for (const [id, channelId] of subscriptions) if (channelId === topic) send(client, id, atUs, message);
  }
  #greet(client: WebSocket): void {
    this.#clients.set(client, new Map());
    client.on("close", () => this.#clients.delete(client));
    client.on("error", () => client.terminate());
    client.on("message", (data, isBinary) => {
      if (!isBinary) this.#hear(client, String(data));
    });
    client.send(
      JSON.stringify({
        op: "serverInfo",
        name: `cellgate ${this.#cell} (not a safety-rated device)`,
        capabilities: [],
        supportedEncodings: [],
        metadata: {},
        sessionId: this.#session,
      }),
    );
    if (this.#advertised !== "") client.send(this.#advertised);
  }

  #hear(client: WebSocket, text: string): void {
    const asked = request.safeParse(jsonOf(text));
    const subscriptions = this.#clients.get(client);
    if (!asked.success || subscriptions === undefined)
      return client.send(
        JSON.stringify({ op: "status", level: 1, message: "this server can only be listened to" }),
      );
    if (asked.data.op === "unsubscribe")
      for (const id of asked.data.subscriptionIds) subscriptions.delete(id);
    else
      for (const { id, channelId } of asked.data.subscriptions)
        if (subscriptions.size < SUBSCRIPTIONS_MAX) subscriptions.set(id, channelId);
  }

  /** the first status tells which channels there are */
  #learn(status: NodeStatus): void {
    if (this.#channels.length > 0) return;
    this.#channels = channelsOf(status);
    const advertisement = ({ topic, schemaName, schema }: Omit<FoxgloveChannel, "message">, id: number) => ({
      id,
      topic,
      encoding: "json",
      schemaName,
      schema: JSON.stringify(schema),
      schemaEncoding: "jsonschema",
    });
    this.#advertised = JSON.stringify({
      op: "advertise",
      channels: [
        ...this.#channels.map(advertisement),
        advertisement(LOG, LOG_ID),
        advertisement(RECEIPTS, RECEIPTS_ID),
        advertisement(VERDICTS, VERDICTS_ID),
      ],
    });
    for (const client of this.#clients.keys()) client.send(this.#advertised);
  }
}

function send(client: WebSocket, subscription: number, atUs: number, message: object): void {
  if (client.bufferedAmount > WAITING_BYTES_MAX) return;
  const head = Buffer.alloc(13);
  head.writeUInt8(MESSAGE_DATA, 0);
  head.writeUInt32LE(subscription, 1);
  head.writeBigUInt64LE(BigInt(atUs) * 1_000n, 5);
  client.send(Buffer.concat([head, Buffer.from(JSON.stringify({ timestamp: timeOf(atUs), ...message }))]));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
