import type { Code } from "../../../core/domain/index.ts";
import { MAX_JOINTS, MAX_SCAN_RAYS } from "../../../core/domain/index.ts";
import type {
  ChannelBinding,
  CommandSender,
  OutMessage,
  TransportContext,
  TransportHealth,
} from "../../ports/index.ts";
import {
  CdrReader,
  createRosRow,
  parseRosRemap,
  RosEncoder,
  type RosNameSpace,
  type RosRow,
  type RowDecoder,
  resolveRosName,
  rosReading,
  rosTypeName,
  typesOfQuantity,
  wireFaultText,
} from "../../wire/index.ts";
import type { RosBus, RosQos, RosWriter } from "./bus.ts";
import { createOutEncoder, type OutEncoder } from "./out-encoder.ts";
import { createProposalReader } from "./proposal-reader.ts";
import { ReleaseDesk } from "./release.ts";
import { GoalProxy } from "./goal-proxy.ts";
import type { ActionSettings, OutSettings, RosSettings } from "./settings.ts";
import { SPEED_SLIDER, sliderLayout } from "./speed-slider.ts";
import { SWITCH_CONTROLLER, switchLayout } from "./switch-controller.ts";
import { channelQos, COMMAND_QOS, PROPOSAL_QOS, statedQos, strictest, withSettings } from "./topic-qos.ts";

/** Addresses come from the deployment; more than this are somebody's mistake. */
const MAX_ADDRESSES = 1_000;

interface Listening {
  readonly binding: ChannelBinding;
  readonly decoder: RowDecoder;
}
interface Incoming {
  readonly topic: string;
  readonly type: string;
  qos: RosQos;
  readonly listeners: Listening[];
  publishers: number;
  lost: number;
}
interface Outgoing {
  readonly settings: OutSettings;
  readonly encode: OutEncoder;
  writer: RosWriter | null;
}

/** A deployment that this wire cannot carry: found when the transport is opened, in words for a person. */
export class RosSettingsError extends Error {
  override readonly name = "RosSettingsError";
}

/**
 * What both ROS wires do in the same way: which topic is which channel, what leaves on which topic, who else
 * publishes there. The bus below it moves bytes.
 */
export class RosLink {
  received = 0;
  rejected = 0;
  dropped = 0;
  readonly #kind: string;
  readonly #name: string;
  readonly #settings: RosSettings;
  readonly #context: TransportContext;
  readonly #incoming = new Map<string, Incoming>();
  readonly #outgoing = new Map<string, Outgoing>();
  readonly #addresses = new Map<string, string>();
  /** conditions that last, with what was last said about them */
  readonly #active = new Map<string, string>();
  readonly #row: RosRow = createRosRow(Math.max(MAX_SCAN_RAYS, 3 * MAX_JOINTS));
  #bus: RosBus | null = null;
  #proposals = 0;
  readonly #proxies: readonly GoalProxy[];

  /** `name`: what the deployment calls this transport */
  constructor(kind: string, name: string, settings: RosSettings, context: TransportContext) {
    this.#kind = kind;
    this.#name = name;
    this.#settings = settings;
    this.#context = context;
    for (const binding of context.channels) this.#addChannel(binding);
    for (const [name, out] of Object.entries(settings.out)) this.#addOut(name, out);
    this.#proxies = Object.entries(settings.actions).map(([own, action]) => this.#proxy(own, action));
  }

  /** Creates every subscription and every writer. Nothing is created later. */
  attach(bus: RosBus): void {
    this.#bus = bus;
    for (const [topic, out] of this.#outgoing) out.writer = this.#writerOf(bus, topic, out.settings);
    for (const incoming of inStopOrder(this.#incoming.values()))
      bus.subscribe({ name: incoming.topic, type: incoming.type, qos: incoming.qos }, (view, length) =>
        this.#receive(incoming, view, length),
      );
    for (const [name, proposal] of Object.entries(this.#settings.proposals))
      this.#subscribeProposals(bus, name, proposal);
    for (const proxy of this.#proxies) proxy.attach(bus);
    if (this.#settings.release === "signed") this.#subscribeRequests(bus);
  }
  #proxy(own: string, action: ActionSettings): GoalProxy {
    const controller = this.resolve(action.controller);
    const actuator = this.#context.actuators?.find(({ address }) => this.#addressOf(address) === controller);
    const names = {
      own: this.resolve(own),
      controller,
      transport: this.#name,
      actuator: actuator?.name ?? null,
    };
    if (names.own === controller) throw new RosSettingsError(`actions: "${own}" would be its own controller`);
    return new GoalProxy(names, action, this.#context, (code, active, detail) =>
      this.condition(controller, code, active, detail),
    );
  }
  #writerOf(bus: RosBus, name: string, { message, release }: OutSettings): RosWriter {
    if (message === "controller_manager_msgs/SwitchController")
      return bus.requester({ name, type: SWITCH_CONTROLLER, request: switchLayout(release) });
    if (message === "ur_msgs/SetSpeedSliderFraction")
      return bus.requester({ name, type: SPEED_SLIDER, request: sliderLayout() });
    const qos = withSettings(statedQos(message), this.#qosOf(name));
    return bus.advertise({ name, type: rosTypeName(message), qos });
  }
  detach(): void {
    this.#bus = null;
    for (const proxy of this.#proxies) proxy.detach();
    for (const out of this.#outgoing.values()) out.writer = null;
    this.#active.clear();
  }
  readonly sender: CommandSender = {
    send: (address, message) => this.#send(address, message),
  };
  health(connected: boolean, detail: string): TransportHealth {
    return { connected, received: this.received, dropped: this.dropped, rejected: this.rejected, detail };
  }
  /** The full name of a topic, service or node of this deployment. */
  resolve(name: string): string {
    const result = resolveRosName(name, this.#nameSpace());
    if (!result.ok) throw new RosSettingsError(result.error);
    return result.value;
  }
  /** Looks at who publishes; called when discovery changes and from time to time. */
  checkGraph(): void {
    if (this.#bus === null) return;
    for (const incoming of this.#incoming.values()) this.#checkIncoming(this.#bus, incoming);
    for (const [topic, out] of this.#outgoing) this.#checkOutgoing(this.#bus, topic, out);
  }
  /** Says once that a condition begins and once that it ends; in between, what is known of it by then. */
  condition(part: string, code: Code, active: boolean, detail: string): void {
    const key = `${code} ${part}`;
    const said = this.#active.get(key);
    if (active ? said === detail : said === undefined) return;
    if (active) this.#active.set(key, detail);
    else this.#active.delete(key);
    this.#context.door.health(`${this.#kind}:${part}`, code, active, detail);
  }

  /** What is wrong now: code and where. */
  conditions(): readonly string[] {
    return [...this.#active.keys()];
  }
  #nameSpace(): RosNameSpace {
    const remaps = this.#settings.remaps.map((text) => {
      const remap = parseRosRemap(text);
      if (!remap.ok) throw new RosSettingsError(remap.error);
      return remap.value;
    });
    return { node: this.#settings.node, namespace: this.#settings.namespace, remaps };
  }
  #qosOf(topic: string) {
    for (const [name, qos] of Object.entries(this.#settings.qos))
      if (this.resolve(name) === topic) return qos;
    return undefined;
  }
  #addChannel(binding: ChannelBinding): void {
    const { config } = binding;
    const topic = this.resolve(config.address);
    const { type, inverted } = typeOf(binding);
    const qos = channelQos(config.quantity, this.#qosOf(topic));
    const decoder = rosReading(type, {
      quantity: config.quantity,
      inverted,
      ...(this.#context.jointNames === undefined ? {} : { jointNames: this.#context.jointNames }),
      ...(config.frame === undefined ? {} : { frame: config.frame }),
      ...(config.angleMinRad === undefined ? {} : { angleMinRad: config.angleMinRad }),
      ...(config.angleStepRad === undefined ? {} : { angleStepRad: config.angleStepRad }),
    });
    if (decoder === null)
      throw new RosSettingsError(
        `channel "${binding.name}": ${type} carries no ${config.quantity}; possible: ${typesOfQuantity(config.quantity).join(", ")}`,
      );
    const known = this.#incoming.get(topic);
    if (known === undefined) {
      this.#incoming.set(topic, {
        topic,
        type,
        qos,
        listeners: [{ binding, decoder }],
        publishers: 0,
        lost: 0,
      });
      return;
    }
    if (known.type !== type)
      throw new RosSettingsError(`${topic} cannot be ${known.type} and ${type} at once`);
    known.qos = strictest(known.qos, qos);
    known.listeners.push({ binding, decoder });
  }
  #addOut(name: string, settings: OutSettings): void {
    const topic = this.resolve(name);
    if (this.#outgoing.has(topic)) throw new RosSettingsError(`${topic} is named twice under \`out\``);
    if (this.#incoming.has(topic))
      throw new RosSettingsError(`${topic} is a channel; the node would hear itself`);
    this.#outgoing.set(topic, {
      settings,
      encode: createOutEncoder(settings, this.#context.jointNames ?? []),
      writer: null,
    });
  }
  #subscribeProposals(bus: RosBus, name: string, settings: RosSettings["proposals"][string]): void {
    const topic = this.resolve(name);
    const read = createProposalReader(settings, this.#context.jointNames);
    const via = { transport: this.#name, caller: topic };
    const qos = withSettings(PROPOSAL_QOS, this.#qosOf(topic));
    bus.subscribe({ name: topic, type: rosTypeName(settings.message), qos }, (view, length) => {
      this.received++;
      const { clock } = this.#context;
      const raw = read(view, length, `${this.#kind}${topic}.${this.#proposals++}`, clock.epoch + clock.now());
      if (raw.ok) return this.#context.door.proposal(raw.value, via);
      this.rejected++;
      this.#context.door.refusedProposal("ROS_PROPOSAL_UNREADABLE", via);
    });
  }
  /** Signed requests in, what became of them out: the same on every ROS wire. */
  #subscribeRequests(bus: RosBus): void {
    const desk = new ReleaseDesk("signed", this.#context, null);
    const answers = bus.advertise({
      name: this.resolve("~/request_answer"),
      type: "std_msgs/msg/String",
      qos: COMMAND_QOS,
    });
    const topic = { name: this.resolve("~/request"), type: "std_msgs/msg/String", qos: PROPOSAL_QOS };
    const encoder = new RosEncoder();
    const reader = new CdrReader();
    bus.subscribe(topic, (view, length) => {
      this.received++;
      reader.open(view, 0, length);
      const text = reader.text();
      if (reader.finish() !== null) return void this.rejected++;
      answers.write(encoder.string(JSON.stringify(desk.text(text))));
    });
  }
  #receive(incoming: Incoming, view: DataView, length: number): void {
    this.received++;
    const row = this.#row;
    for (const { binding, decoder } of incoming.listeners) {
      const fault = decoder.decode(view, 0, length, row);
      if (fault === null) {
        this.#context.door.sample(binding.index, row.values, row.count, row.stampMicros, -1);
        continue;
      }
      this.rejected++;
      this.#context.door.fault(
        binding.index,
        "ROS_MESSAGE_UNREADABLE",
        `${incoming.topic}: ${wireFaultText(fault)}`,
      );
    }
  }
  /** A message larger than any this node takes. */
  tooLarge(topic: string, bytes: number): void {
    this.rejected++;
    for (const { binding } of this.#incoming.get(topic)?.listeners ?? [])
      this.#context.door.fault(binding.index, "ROS_MESSAGE_TOO_LARGE", `${topic}: ${bytes} bytes`);
  }
  /** A message that the wire could not even read as its type. */
  unreadable(topic: string, detail: string): void {
    this.rejected++;
    for (const { binding } of this.#incoming.get(topic)?.listeners ?? [])
      this.#context.door.fault(binding.index, "ROS_MESSAGE_UNREADABLE", `${topic}: ${detail}`);
  }
  #send(address: string, message: OutMessage): boolean {
    if (message.kind === "publish" && address.startsWith("~/answer/")) this.#answered(message.body);
    const proxy = this.#proxies.find(({ names }) => names.controller === this.#addressOf(address));
    if (proxy !== undefined) return this.#bus !== null && proxy.send(message);
    const out = this.#outgoing.get(this.#addressOf(address));
    if (out?.writer == null) return false;
    const { clock } = this.#context;
    if (message.kind === "permit" && message.expiresUs <= clock.now()) return false;
    const bytes = out.encode(message, clock.epoch + clock.now());
    if (bytes === null || !out.writer.write(bytes)) return false;
    return isInformation(out.settings) || out.writer.heard();
  }
  #answered(body: unknown): void {
    const { action_id, answer } = body as { action_id: string; answer: Record<string, unknown> };
    for (const proxy of this.#proxies) proxy.answer(action_id, answer);
  }
  /** Addresses are few and come from the deployment: each is resolved once. */
  #addressOf(written: string): string {
    // answers are told on one topic, to whoever proposed
    const address = written.startsWith("~/answer/") ? "~/answer" : written;
    let topic = this.#addresses.get(address);
    if (topic !== undefined) return topic;
    const resolved = resolveRosName(address, this.#nameSpace());
    topic = resolved.ok ? resolved.value : "";
    if (this.#addresses.size < MAX_ADDRESSES) this.#addresses.set(address, topic);
    return topic;
  }
  #checkIncoming(bus: RosBus, incoming: Incoming): void {
    const { topic, listeners } = incoming;
    const publishers = bus.publishersOf(topic);
    const names = publishers.map((p) => p.name).join(", ");
    this.condition(
      topic,
      "ROS_DUPLICATE_PUBLISHER",
      publishers.length > 1,
      `${publishers.length} publishers on ${topic}: ${names}`,
    );
    for (const { binding } of listeners) this.#checkSource(binding, topic, publishers);
    if (publishers.length === 0 && incoming.publishers > 0)
      for (const { binding } of listeners)
        this.#context.door.fault(
          binding.index,
          "ROS_PUBLISHER_GONE",
          `${topic}: the last publisher has left`,
        );
    incoming.publishers = publishers.length;
    const mismatch = bus.mismatchOf(topic);
    this.condition(topic, "ROS_QOS_MISMATCH", mismatch !== null, mismatch ?? "");
    const lost = bus.lostOf(topic);
    this.dropped += lost - incoming.lost;
    this.condition(
      topic,
      "ROS_SAMPLES_LOST",
      lost > incoming.lost,
      `${lost - incoming.lost} messages of ${topic}`,
    );
    incoming.lost = lost;
  }
  #checkSource(binding: ChannelBinding, topic: string, publishers: ReturnType<RosBus["publishersOf"]>): void {
    const wanted = binding.config.publisher;
    if (wanted === undefined) return;
    const foreign = publishers.filter((p) => p.name !== wanted && p.id !== wanted);
    const names = foreign.map((p) => p.name).join(", ");
    this.condition(
      `${topic}#${binding.name}`,
      "ROS_FOREIGN_PUBLISHER",
      foreign.length > 0,
      `${topic} comes from ${names}, expected ${wanted}`,
    );
  }
  #checkOutgoing(bus: RosBus, topic: string, out: Outgoing): void {
    if (!out.settings.exclusive) return;
    const foreign = bus.publishersOf(topic).filter((p) => !p.own);
    const names = foreign.map((p) => p.name).join(", ");
    this.condition(
      topic,
      "ROS_FOREIGN_PUBLISHER",
      foreign.length > 0,
      `${topic} is also published by ${names}`,
    );
  }
}

/** `device`: a type, after "inverted" when the source says 1 for pressed. Without it: the usual type of the quantity. */
function typeOf(binding: ChannelBinding): { type: string; inverted: boolean } {
  const { device, quantity } = binding.config;
  if (device === undefined) {
    const usual = typesOfQuantity(quantity)[0];
    if (usual === undefined)
      throw new RosSettingsError(`channel "${binding.name}": no ROS type carries ${quantity}`);
    return { type: usual, inverted: false };
  }
  const inverted = device.startsWith("inverted ");
  return { type: rosTypeName(inverted ? device.slice("inverted ".length) : device), inverted };
}

/** Told whether or not anybody listens; a command without a receiver has not been handed over. */
const isInformation = ({ message }: Pick<OutSettings, "message">): boolean =>
  message === "std_msgs/String" ||
  message === "std_msgs/Float64" ||
  message === "cellgate_msgs/State" ||
  message === "cellgate_msgs/Heartbeat" ||
  message === "cellgate_msgs/Verdict";

const STOP_FIRST = new Set(["estop", "estopDual", "protectiveStop", "safetyMode"]);
/** The bus serves subscriptions in the order of their creation: what can stop the cell comes first. */
function inStopOrder(incoming: Iterable<Incoming>): Incoming[] {
  const urgent = (i: Incoming): number =>
    i.listeners.some((l) => STOP_FIRST.has(l.binding.config.quantity)) ? 0 : 1;
  return [...incoming].sort((a, b) => urgent(a) - urgent(b));
}
