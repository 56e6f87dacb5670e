import type { IPublishPacket } from "mqtt";
import type { TransportContext } from "../../ports/index.ts";
import type { ChannelReader } from "./channel-reader.ts";
import type { Connection } from "./connection.ts";
import type { MqttSettings } from "./settings.ts";
import type { Topics } from "./topics.ts";

export const PROBE_TYPE = "application/vnd.cellgate.probe";
/** topics of our own on which others write to us; one probe each tells whether the broker delivers there */
const INBOUND = ["proposal/cellgate", "request/cellgate", "ack/cellgate"] as const;
const MICROS_PER_MS = 1_000;

/**
 * Brokers grant subscriptions that their access list then never serves, and a half-dead one keeps a connection
 * open. So the node sends to itself, on every topic below its own, and believes only what comes back.
 */
export class Probes {
  /** newest round trip in microseconds, -1 before the first */
  roundTripUs = -1;
  readonly #part: string;
  readonly #settings: MqttSettings;
  readonly #topics: Topics;
  readonly #context: TransportContext;
  readonly #session: number;
  readonly #channels: readonly ChannelReader[];
  #connection: Connection | null = null;
  #timer: NodeJS.Timeout | null = null;
  #n = 0;
  /** topic → when its probe was sent and still has not come back */
  readonly #open = new Map<string, number>();
  /** what the broker said to probes on these topics */
  readonly #objections = new Map<string, string>();
  /** filters that the broker refused outright on this connection */
  #refused: readonly string[] = [];
  #turnedUs = 0;
  /** the topics that each code was last reported for */
  readonly #reported = { denied: "", silent: "" };
  #upSinceUs = 0;
  #lost = false;

  constructor(
    part: string,
    settings: MqttSettings,
    topics: Topics,
    context: TransportContext,
    session: number,
    channels: readonly ChannelReader[],
  ) {
    this.#part = part;
    this.#settings = settings;
    this.#topics = topics;
    this.#context = context;
    this.#session = session;
    this.#channels = channels;
  }
  start(connection: Connection): void {
    this.stop();
    this.#connection = connection;
    this.#upSinceUs = this.#context.clock.now();
    this.#turnedUs = this.#upSinceUs;
    for (const topic of this.#watched()) this.#send(topic);
    this.#timer = setInterval(() => this.#turn(), this.#settings.probeMs);
    this.#timer.unref();
  }
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#connection = null;
    this.#open.clear();
    this.#objections.clear();
    this.#refused = [];
  }
  /** The broker said no to these filters. */
  noteRefused(filters: readonly string[]): void {
    this.#refused = filters;
    this.#report("MQTT_SUBSCRIPTION_DENIED", filters, "denied");
  }
  /** true: the message was a probe, ours or not, and means nothing to anybody else */
  take(topic: string, payload: Buffer, packet: IPublishPacket): boolean {
    if (packet.properties?.contentType !== PROBE_TYPE) return false;
    const sent = this.#open.get(topic);
    if (sent === undefined || packet.retain || !payload.includes(`"session":${this.#session},`)) return true;
    this.#open.delete(topic);
    if (topic === this.#topics.under("probe")) {
      this.roundTripUs = this.#context.clock.now() - sent;
      this.#setLost(false, `round trip ${Math.round(this.roundTripUs / MICROS_PER_MS)} ms`);
    }
    return true;
  }

  #watched(): readonly string[] {
    const own = this.#channels.map((c) => c.topic).filter((topic) => this.#topics.isOwn(topic));
    return [this.#topics.under("probe"), ...INBOUND.map((name) => this.#topics.under(name)), ...own];
  }
  #send(topic: string): void {
    const payload = JSON.stringify({ schema: "cellgate.probe/1", session: this.#session, n: this.#n++ });
    if (!this.#open.has(topic)) this.#open.set(topic, this.#context.clock.now());
    const expirySeconds = Math.max(1, Math.ceil(this.#settings.probeTimeoutMs / 1_000));
    this.#connection?.publishKept(
      topic,
      payload,
      false,
      { contentType: PROBE_TYPE, messageExpiryInterval: expirySeconds },
      (objection) => {
        if (objection === null) this.#objections.delete(topic);
        else this.#objections.set(topic, objection);
      },
    );
  }
  #turn(): void {
    const nowUs = this.#context.clock.now();
    const { probeMs, probeTimeoutMs } = this.#settings;
    const stalled = nowUs - this.#turnedUs > (probeMs + probeTimeoutMs / 2) * MICROS_PER_MS;
    this.#turnedUs = nowUs;
    // this thread stood still: answers may lie unread behind this very timer
    if (stalled) return;
    const late = [...this.#open]
      .filter(([, sent]) => nowUs - sent > probeTimeoutMs * MICROS_PER_MS)
      .map(([topic]) => topic);
    const loop = this.#topics.under("probe");
    if (late.includes(loop)) return this.#dead(loop);
    this.#report(
      "MQTT_SUBSCRIPTION_DENIED",
      [...this.#refused, ...late.map((topic) => this.#named(topic))],
      "denied",
    );
    if (nowUs - this.#upSinceUs > this.#settings.silentMs * MICROS_PER_MS)
      this.#report(
        "MQTT_TOPIC_SILENT",
        this.#channels.filter((c) => !c.heard).map((c) => c.topic),
        "silent",
      );
    this.#send(loop);
    for (const topic of late) this.#send(topic);
  }
  /** Nothing comes back: what the system still holds for this connection must not arrive later. */
  #dead(loop: string): void {
    this.#setLost(true, `no answer for ${this.#settings.probeTimeoutMs} ms to ${this.#named(loop)}`);
    this.#connection?.drop("loop-back probe lost");
  }
  #named(topic: string): string {
    const objection = this.#objections.get(topic);
    return objection === undefined ? topic : `${topic} (the probe itself was refused: ${objection})`;
  }
  #setLost(lost: boolean, detail: string): void {
    if (lost === this.#lost) return;
    this.#lost = lost;
    this.#context.door.health(this.#part, "MQTT_LOOPBACK_LOST", lost, detail);
  }
  #report(
    code: "MQTT_SUBSCRIPTION_DENIED" | "MQTT_TOPIC_SILENT",
    topics: readonly string[],
    memory: "denied" | "silent",
  ): void {
    const text = topics.join(", ");
    if (text === this.#reported[memory]) return;
    this.#reported[memory] = text;
    this.#context.door.health(this.#part, code, text !== "", text === "" ? "all topics deliver" : text);
  }
}
