import { join } from "node:path";
import type { IPublishPacket, ISubscriptionMap } from "mqtt";
import { assert } from "../../../core/base/assert.ts";
import {
  type CommandSender,
  latchedWithin,
  type OutMessage,
  type Transport,
  type TransportContext,
  type TransportHealth,
} from "../../ports/index.ts";
import { Acknowledgers } from "./acknowledgers.ts";
import type { ChannelReader } from "./channel-reader.ts";
import { CommandEncoder } from "./commands.ts";
import type { Connection, Will } from "./connection.ts";
import { Intake } from "./intake.ts";
import { Outbox } from "./outbox.ts";
import { OutboxPump } from "./outbox-pump.ts";
import { type MqttPlan, planOf } from "./plan.ts";
import { Probes } from "./probes.ts";
import { PublisherWatch } from "./publisher-watch.ts";
import { Reconnecting } from "./reconnecting.ts";
import { type RequestAnswer, Requests } from "./requests.ts";
import type { MqttSettings } from "./settings.ts";

const MICROS_PER_MS = 1_000;
const ANSWER_EXPIRY_SECONDS = 10;
/** classes of own topics that have to reach the broker sooner or later */
const KEPT = ["state", "receipt", "anchor"] as const;

/** The parts of an open transport. */
interface Parts {
  readonly context: TransportContext;
  readonly plan: MqttPlan;
  readonly session: number;
  readonly outbox: Outbox;
  readonly pump: OutboxPump;
  readonly probes: Probes;
  readonly intake: Intake;
  readonly requests: Requests;
  readonly publishers: PublisherWatch;
  readonly commands: CommandEncoder;
  readonly link: Reconnecting;
}

/** The plant's MQTT 5 broker: readings and proposals in, commands, state and receipts out. */
export class MqttTransport implements Transport {
  readonly kind = "mqtt";
  readonly sender: CommandSender = { send: (address, message) => this.#send(address, message) };
  readonly #name: string;
  readonly #settings: MqttSettings;
  /** what a connection consists of; tests cut and watch it here */
  parts: Parts | null = null;
  #opened = false;
  #down = false;
  #lastReason = "not opened";
  #strays = 0;
  #dropped = 0;
  #full = false;
  /** command topics outside our own, watched from the first command on */
  readonly #watched = new Set<string>();

  constructor(name: string, settings: MqttSettings) {
    this.#name = name;
    this.#settings = settings;
  }

  /** Resolves after the first attempt to connect; an absent broker is a state of the world. */
  async open(context: TransportContext): Promise<void> {
    assert(!this.#opened, `transport ${this.#name} opened twice`);
    this.#opened = true;
    const outbox = await this.#openOutbox(context);
    this.parts = this.#build(context, outbox);
    await this.parts.link.open();
  }

  async close(): Promise<void> {
    const parts = this.parts;
    if (parts === null) return;
    this.parts = null;
    parts.probes.stop();
    parts.pump.stop();
    parts.link.current?.publishKept(
      parts.plan.topics.under("status"),
      this.#status(parts, "offline", "closed"),
      true,
      {},
      () => undefined,
    );
    await parts.link.close();
    await parts.outbox.close();
  }

  health(): TransportHealth {
    const parts = this.parts;
    const readers = parts?.plan.readers ?? [];
    const connected = parts !== null && parts.link.current !== null;
    const roundTripMs = (parts?.probes.roundTripUs ?? -1) / MICROS_PER_MS;
    return {
      connected,
      received: readers.reduce((sum, r) => sum + r.accepted, 0),
      dropped: this.#dropped,
      rejected: readers.reduce((sum, r) => sum + r.rejected, this.#strays),
      detail: connected
        ? `${this.#settings.url}, round trip ${roundTripMs.toFixed(1)} ms, outbox ${parts?.outbox.size ?? 0}`
        : `${this.#settings.url}: ${this.#lastReason}`,
    };
  }

  async #openOutbox({ dataDir, clock, door }: TransportContext): Promise<Outbox> {
    const name = this.#name;
    const outbox = await Outbox.open({
      path: join(dataDir, `${name}.outbox.db`),
      rows: this.#settings.outboxRows,
      leastSession: Math.round((clock.epoch + clock.now()) / MICROS_PER_MS),
      onBehind: (detail) =>
        door.health(name, "MQTT_OUTBOX_BEHIND", detail !== null, detail ?? "written again"),
    });
    if (outbox.setAside !== "") door.health(name, "MQTT_OUTBOX_DAMAGED", true, outbox.setAside);
    return outbox;
  }

  #build(context: TransportContext, outbox: Outbox): Parts {
    const name = this.#name;
    const settings = this.#settings;
    const plan = planOf(name, settings, context);
    const { session } = outbox;
    const clientId = settings.clientId ?? `cellgate-${context.cell}-${name}`;
    const link = new Reconnecting(settings, clientId, () => this.#will(), {
      up: (connection) => this.#up(connection),
      message: (topic, payload, packet) => this.message(topic, payload, packet),
      down: (reason, refused) => this.#lost(reason, refused),
    });
    return {
      context,
      plan,
      session,
      outbox,
      link,
      pump: new OutboxPump(outbox, settings.outboxWindow, session, (reason) =>
        context.door.health(name, "MQTT_PUBLISH_DENIED", reason !== null, reason ?? "accepted again"),
      ),
      probes: new Probes(name, settings, plan.topics, context, session, plan.readers),
      intake: new Intake(
        name,
        settings,
        context,
        new Acknowledgers({
          cell: context.cell,
          key: plan.commandKey,
          maxDelayMs: settings.commandExpirySeconds * 1_000,
        }),
      ),
      requests: new Requests(name, settings, context),
      publishers: new PublisherWatch(name, settings.publishers, context),
      commands: new CommandEncoder({
        cell: context.cell,
        session,
        key: plan.commandKey,
        maxDelayMs: settings.commandExpirySeconds * 1_000,
      }),
    };
  }

  // --- connection ---

  #status(parts: Parts, status: "online" | "offline", reason: "started" | "closed" | "lost"): string {
    const at_us = Math.round(parts.context.clock.epoch + parts.context.clock.now());
    return JSON.stringify({
      schema: "cellgate.status/1",
      status,
      reason,
      session: parts.session,
      instance: parts.context.signed?.instance ?? "none",
      at_us,
    });
  }
  #will(): Will {
    const parts = this.parts!;
    return {
      topic: parts.plan.topics.under("status"),
      payload: this.#status(parts, "offline", "lost"),
      retain: true,
    };
  }
  #up(connection: Connection): void {
    const parts = this.parts;
    if (parts === null) return;
    this.#down = false;
    const { door } = parts.context;
    for (const code of ["MQTT_DISCONNECTED", "MQTT_CONNECT_REFUSED"] as const)
      door.health(this.#name, code, false, "connected");
    for (const reader of parts.plan.readers) reader.heard = false;
    connection.subscribe(this.#filters(parts), (denied) => {
      if (denied.length > 0) parts.probes.noteRefused(denied);
    });
    connection.publishKept(
      parts.plan.topics.under("status"),
      this.#status(parts, "online", "started"),
      true,
      {},
      () => undefined,
    );
    parts.pump.start(connection);
    parts.probes.start(connection);
  }
  #lost(reason: string, refused: boolean): void {
    const parts = this.parts;
    if (parts === null) return;
    parts.pump.stop();
    parts.probes.stop();
    this.#lastReason = reason;
    if (refused) parts.context.door.health(this.#name, "MQTT_CONNECT_REFUSED", true, reason);
    if (!this.#down)
      parts.context.door.health(this.#name, "MQTT_DISCONNECTED", true, `${this.#settings.url}: ${reason}`);
    this.#down = true;
  }
  /**
   * Readings come without "retain as published": live ones of a publisher that also stores them stay live.
   * Requests and proposals come with it: whoever stores them is told apart from one who speaks now.
   */
  #filters(parts: Parts): ISubscriptionMap {
    const { topics, byTopic } = parts.plan;
    const map: ISubscriptionMap = {};
    for (const topic of [...byTopic.keys(), ...parts.publishers.filters])
      map[topic] = { qos: 1, rap: false, rh: 0 };
    for (const name of ["proposal/+", "request/+", "ack/+"])
      map[topics.under(name)] = { qos: 1, rap: true, rh: 0 };
    map[topics.under("probe")] = { qos: 0, rap: true, rh: 0 };
    for (const filter of [topics.under("command/#"), ...this.#watched])
      map[filter] = { qos: 0, nl: true, rap: true, rh: 2 };
    return map;
  }

  // --- in ---

  /** A failure here is our own mistake: it stops the cell and never the process. */
  /** a packet from the broker, of any content */
  message(topic: string, payload: Buffer, packet: IPublishPacket): void {
    const parts = this.parts;
    if (parts === null) return;
    try {
      this.#dispatch(parts, topic, payload, packet);
    } catch (error) {
      const detail = `${topic}: ${error instanceof Error ? error.message : String(error)}`;
      parts.context.door.health(this.#name, "MQTT_HANDLER_FAULT", true, detail);
    }
  }
  #dispatch(parts: Parts, topic: string, payload: Buffer, packet: IPublishPacket): void {
    if (parts.probes.take(topic, payload, packet)) return;
    const readers = parts.plan.byTopic.get(topic);
    if (readers !== undefined) return this.#readings(parts, readers, payload, packet);
    if (parts.publishers.take(topic, payload, packet)) return;
    const own = parts.plan.topics.isOwn(topic) ? topic.slice(parts.plan.topics.own.length + 1) : "";
    const at = own.indexOf("/");
    const rest = own.slice(at + 1);
    switch (own.slice(0, Math.max(0, at))) {
      case "proposal":
        return parts.intake.proposal(rest, payload, packet);
      case "request":
        return this.#answer(parts, rest, parts.requests.take(rest, payload, packet));
      case "ack":
        if (!parts.intake.acknowledge(rest, topic, payload, packet)) this.#strays++;
        return;
      default:
        return this.#stray(parts, topic, payload);
    }
  }
  #readings(parts: Parts, readers: readonly ChannelReader[], payload: Buffer, packet: IPublishPacket): void {
    for (const reader of readers) if (reader.take(payload, packet)) parts.publishers.alive(reader.name);
  }
  /** Commands of ours do not come back to us: whoever speaks there is somebody else. An empty one deletes a stored message. */
  #stray(parts: Parts, topic: string, payload: Buffer): void {
    this.#strays++;
    if (payload.length === 0) return;
    if (!topic.startsWith(parts.plan.topics.under("command/")) && !this.#watched.has(topic)) return;
    // a message is over once it was read: what a person has to acknowledge is that it came
    for (const active of [true, false])
      parts.context.door.health(
        this.#name,
        "MQTT_FOREIGN_PUBLISHER",
        active,
        `somebody else commands on ${topic}`,
      );
  }
  #answer(parts: Parts, caller: string, answer: RequestAnswer | null): void {
    if (answer === null) return;
    if (answer.isKill !== true || !answer.accepted) return this.#say(parts, caller, answer);
    void latchedWithin(parts.context.door).then((kept) =>
      this.#say(
        parts,
        caller,
        kept ? answer : { ...answer, code: "KILL_NOT_KEPT", detail: "stopped; a crash would forget it" },
      ),
    );
  }
  #say(parts: Parts, caller: string, { requestId, accepted, code, detail }: RequestAnswer): void {
    const body = JSON.stringify({
      schema: "cellgate.answer/1",
      request_id: requestId === "" ? "unknown" : requestId,
      accepted,
      code,
      detail,
    });
    parts.link.current?.publishKept(
      parts.plan.topics.under(`answer/${caller}`),
      body,
      false,
      { messageExpiryInterval: ANSWER_EXPIRY_SECONDS },
      () => undefined,
    );
  }

  // --- out ---

  #send(address: string, message: OutMessage): boolean {
    const parts = this.parts;
    const topic = parts?.plan.topics.resolve(address) ?? null;
    if (parts === null || topic === null) return false;
    if (message.kind === "publish") return this.#publish(parts, topic, message.body, message.retain);
    const connection = parts.link.current;
    if (connection === null || message.kind === "velocity") return false;
    this.#watch(parts, connection, topic);
    const text = parts.commands.encode(topic, message, parts.context.clock.now());
    const sent = connection.publishNow(topic, text, this.#settings.commandExpirySeconds);
    if (!sent) this.#dropped++;
    return sent;
  }
  /** Receipts, state and anchors are kept until the broker has them; the rest is for whoever listens now. */
  #publish(parts: Parts, topic: string, body: unknown, retain: boolean): boolean {
    const text = JSON.stringify(body) ?? "null";
    const kept = KEPT.some(
      (name) =>
        topic === parts.plan.topics.under(name) || topic.startsWith(parts.plan.topics.under(`${name}/`)),
    );
    if (kept) return this.#keep(parts, topic, text, retain);
    if (topic.startsWith(parts.plan.topics.under("answer/"))) {
      parts.link.current?.publishKept(
        topic,
        text,
        false,
        { messageExpiryInterval: ANSWER_EXPIRY_SECONDS },
        () => undefined,
      );
      return parts.link.current !== null;
    }
    if (retain) return this.#keep(parts, topic, text, true);
    const sent = parts.link.current?.publishNow(topic, text, null) ?? false;
    if (!sent) this.#dropped++;
    return sent;
  }
  #keep(parts: Parts, topic: string, text: string, retain: boolean): boolean {
    const taken = parts.outbox.add(topic, text, retain);
    if (taken) parts.pump.pump();
    else this.#dropped++;
    const full = parts.outbox.isFull;
    if (full !== this.#full)
      parts.context.door.health(this.#name, "MQTT_OUTBOX_FULL", full, `${parts.outbox.size} messages wait`);
    this.#full = full;
    return taken;
  }
  #watch(parts: Parts, connection: Connection, topic: string): void {
    if (this.#watched.has(topic) || topic.startsWith(parts.plan.topics.under("command/"))) return;
    this.#watched.add(topic);
    connection.subscribe({ [topic]: { qos: 0, nl: true, rap: true, rh: 2 } }, () => undefined);
  }
}
