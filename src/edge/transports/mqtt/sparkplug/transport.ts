import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IPublishPacket } from "mqtt";
import { z } from "zod";
import { assert } from "../../../../core/base/assert.ts";
import type {
  CommandSender,
  OutMessage,
  Transport,
  TransportContext,
  TransportHealth,
} from "../../../ports/index.ts";
import type { Connection } from "../connection.ts";
import { Reconnecting } from "../reconnecting.ts";
import { EdgeSession, type Message, NAMESPACE, REBIRTH } from "./edge-session.ts";
import { decodePayload, type MetricValue } from "./payload.ts";
import type { SparkplugSettings } from "./settings.ts";

const RING = 256;
const hostState = z.object({ online: z.boolean(), timestamp: z.number().int().min(0) });
type HostState = z.infer<typeof hostState>;

/** A Sparkplug B edge node: informs hosts of the plant. Stops, permits and releases never go through it. */
export class SparkplugTransport implements Transport {
  readonly kind = "sparkplug";
  readonly sender: CommandSender = { send: (address, message) => this.#send(address, message) };
  readonly #name: string;
  readonly #settings: SparkplugSettings;
  readonly #session: EdgeSession;
  #context: TransportContext | null = null;
  /** tests cut it here */
  link: Reconnecting | null = null;
  #born = false;
  #host: HostState | null = null;
  #published = 0;
  #dropped = 0;
  #refused = 0;
  #alarmed = false;

  constructor(name: string, settings: SparkplugSettings) {
    this.#name = name;
    this.#settings = settings;
    const metrics = [["", settings.metrics] as const, ...Object.entries(settings.devices)].flatMap(
      ([device, own]) => Object.entries(own).map(([metric, type]) => ({ device, name: metric, type })),
    );
    this.#session = new EdgeSession(settings.group, settings.node, metrics);
  }

  async open(context: TransportContext): Promise<void> {
    assert(this.#context === null, `transport ${this.#name} opened twice`);
    if (context.channels.length > 0)
      throw new Error(`${this.#name}: Sparkplug brings no channels; use a transport of kind mqtt for them`);
    this.#context = context;
    const clientId = this.#settings.clientId ?? `cellgate-${context.cell}-${this.#name}`;
    const will = () => ({ ...this.#session.will(this.#nextBdSeq()), retain: false });
    this.link = new Reconnecting(this.#settings, clientId, will, {
      up: (connection) => this.#up(connection),
      message: (topic, payload, packet) => this.#message(topic, payload, packet),
      down: (reason) => this.#down(reason),
    });
    await this.link.open();
  }

  async close(): Promise<void> {
    const link = this.link;
    this.link = null;
    if (link === null) return;
    this.#die(link);
    await link.close(true);
  }

  health(): TransportHealth {
    const connected = this.link?.current !== null && this.link !== null;
    const waiting = connected && !this.#born ? `waits for host ${this.#settings.primaryHost}` : "";
    return {
      connected,
      received: 0,
      dropped: this.#dropped,
      rejected: this.#refused,
      detail: waiting || `${this.#settings.group}/${this.#settings.node}, ${this.#published} published`,
    };
  }

  /** Metrics are addressed as `name` or `device:name`; commands are refused by nature. */
  #send(address: string, message: OutMessage): boolean {
    if (message.kind !== "publish") return false;
    const at = address.indexOf(":");
    const [device, name] = at === -1 ? ["", address] : [address.slice(0, at), address.slice(at + 1)];
    const nowMs = Date.now();
    const changed = this.#session.set(device, name, message.body as MetricValue, nowMs);
    if (changed === null) {
      this.#dropped++;
      return false;
    }
    if (!this.#born) return false;
    return !changed || this.#publish(this.#session.data(device, name, nowMs));
  }

  #publish(message: Message): boolean {
    const sent = this.link?.current?.publishNow(message.topic, message.payload, null) ?? false;
    if (sent) this.#published++;
    else this.#dropped++;
    return sent;
  }

  // --- life ---

  #up(connection: Connection): void {
    this.#alarm(false, "connected");
    this.#born = false;
    // what the host said on an earlier connection dates its words, but does not make it online now
    if (this.#host !== null) this.#host = { ...this.#host, online: false };
    const { primaryHost } = this.#settings;
    const filters = {
      [this.#session.topic("NCMD")]: { qos: 1 as const },
      [`${this.#session.topic("DCMD")}/#`]: { qos: 1 as const },
    };
    const state =
      primaryHost === undefined ? {} : { [`${NAMESPACE}/STATE/${primaryHost}`]: { qos: 1 as const } };
    connection.subscribe({ ...filters, ...state }, (denied) => {
      if (denied.length > 0) connection.drop(`subscription refused: ${denied.join(", ")}`);
      else this.#birthWhenHostIsThere();
    });
  }
  #down(reason: string): void {
    this.#born = false;
    this.#alarm(true, reason);
  }
  #birthWhenHostIsThere(): void {
    const waits = this.#settings.primaryHost !== undefined && this.#host?.online !== true;
    this.#context?.door.health(
      this.#name,
      "SPARKPLUG_HOST_OFFLINE",
      waits,
      waits ? `host ${this.#settings.primaryHost}` : "host is online",
    );
    if (waits || this.#born) return;
    this.#born = true;
    this.#birth();
  }
  #birth(): void {
    for (const message of this.#session.births(Date.now())) this.#publish(message);
  }
  #die(link: Reconnecting): void {
    const death = this.#session.death();
    if (this.#born) link.current?.publishKept(death.topic, death.payload, false, {}, () => undefined);
    this.#born = false;
  }

  // --- in ---

  #message(topic: string, payload: Buffer, packet: IPublishPacket): void {
    if (this.link === null) return;
    if (topic === `${NAMESPACE}/STATE/${this.#settings.primaryHost}`) return this.#hostSpoke(payload);
    const command = packet.retain ? null : decodePayload(payload);
    const rebirth = command?.metrics.find((metric) => metric.name === REBIRTH);
    if (topic === this.#session.topic("NCMD") && rebirth?.value === true && command?.metrics.length === 1) {
      if (this.#born) this.#birth();
      return;
    }
    this.#refused++;
    const asked =
      command?.metrics.map((m) => m.name ?? `alias ${m.alias}`).join(", ") ?? "unreadable or stored";
    this.#context?.door.health(this.#name, "SPARKPLUG_COMMAND_REFUSED", true, asked.slice(0, 256));
    this.#context?.door.health(this.#name, "SPARKPLUG_COMMAND_REFUSED", false, asked.slice(0, 256));
  }
  /** An older word of the host belongs to a session that has passed and changes nothing. */
  #hostSpoke(payload: Buffer): void {
    const state = parseState(payload);
    if (state === null || (this.#host !== null && state.timestamp < this.#host.timestamp)) return;
    this.#host = state;
    const link = this.link;
    if (state.online || !this.#born || link === null) return this.#birthWhenHostIsThere();
    this.#die(link);
    this.#context?.door.health(
      this.#name,
      "SPARKPLUG_HOST_OFFLINE",
      true,
      `host ${this.#settings.primaryHost}`,
    );
    void link.renew(true);
  }

  #alarm(active: boolean, detail: string): void {
    if (active === this.#alarmed) return;
    this.#alarmed = active;
    this.#context?.door.health(this.#name, "SPARKPLUG_DISCONNECTED", active, detail);
  }
  /** Counts connections over restarts of the process, so that a host can tell a late death from a new birth. */
  #nextBdSeq(): number {
    const file = join(this.#context!.dataDir, `${this.#name}.bdseq`);
    let last = -1;
    try {
      const text = readFileSync(file, "utf8").trim();
      if (/^\d{1,3}$/.test(text)) last = Number(text);
    } catch {
      // first connection ever
    }
    const bdSeq = (last + 1) % RING;
    writeFileSync(file, String(bdSeq));
    return bdSeq;
  }
}

function parseState(payload: Buffer): HostState | null {
  try {
    const parsed = hostState.safeParse(JSON.parse(payload.toString("utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
