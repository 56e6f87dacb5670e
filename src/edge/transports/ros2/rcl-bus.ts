import { AnyDecoder, encapsulationOf } from "../../wire/index.ts";
import type {
  GoalsIn,
  GoalsOut,
  RosAction,
  RosActionClient,
  RosActionServer,
  RosBus,
  RosListener,
  RosPublisher,
  RosQos,
  RosService,
  RosTopic,
  RosWriter,
} from "../ros/index.ts";
import type { Rcl, RclNode, RclQos } from "./rcl.ts";
import { createRclActionClient, serveRclAction } from "./rcl-action.ts";

/** Larger than any scan or trajectory that the node takes. */
const MAX_MESSAGE_BYTES = 1_048_576;

export interface RclBusEvents {
  tooLarge(topic: string, bytes: number): void;
  unreadable(topic: string, detail: string): void;
  failed(detail: string): void;
}

/** Raw messages over rclnodejs. No throw ever leaves a callback: one that does aborts the process. */
export class RclBus implements RosBus {
  readonly #rcl: Rcl;
  readonly #node: RclNode;
  readonly #events: RclBusEvents;
  readonly #ownName: string;
  readonly #advertised = new Set<string>();
  #open = true;

  constructor(rcl: Rcl, node: RclNode, ownName: string, events: RclBusEvents) {
    this.#rcl = rcl;
    this.#node = node;
    this.#ownName = ownName;
    this.#events = events;
  }
  subscribe(topic: RosTopic, listener: RosListener): void {
    const options = { qos: this.#qos(topic.qos), isRaw: true } as const;
    this.#node.createSubscription(topic.type, topic.name, options, (message) =>
      this.#guarded(() => this.#deliver(topic.name, message, listener)),
    );
  }
  advertise(topic: RosTopic): RosWriter {
    const publisher = this.#node.createPublisher(topic.type, topic.name, { qos: this.#qos(topic.qos) });
    this.#advertised.add(topic.name);
    return {
      write: (bytes) => {
        if (!this.#open || !isWhole(bytes)) return false;
        // the binding keeps no reference, but wants a Buffer that begins where its memory begins
        return this.#guarded(() => publisher.publish(Buffer.from(bytes)));
      },
      heard: () => this.#open && publisher.subscriptionCount > 0,
    };
  }
  requester(service: RosService): RosWriter {
    const client = this.#node.createClient(service.type, service.name);
    const decoder = new AnyDecoder(service.request);
    return {
      write: (bytes) => {
        if (!this.#open || !isWhole(bytes)) return false;
        const request = decoder.decode(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
        if (!request.ok || !client.isServiceServerAvailable()) return false;
        return this.#guarded(() => client.sendRequest(request.value, () => undefined));
      },
      heard: () => this.#open && client.isServiceServerAvailable(),
    };
  }
  serveAction(action: RosAction, goals: GoalsIn): RosActionServer {
    return serveRclAction(this.#rcl, this.#node, action, goals, (body) => this.#guarded(body));
  }
  actionClient(action: RosAction, goals: GoalsOut): RosActionClient {
    return createRclActionClient(this.#rcl, this.#node, action, goals, {
      guarded: (body) => this.#guarded(body),
      statusQos: this.#qos({ reliable: true, transientLocal: true, depth: 1, lifespanMs: null }),
    });
  }
  publishersOf(topic: string): readonly RosPublisher[] {
    let own = this.#advertised.has(topic);
    return this.#node.getPublishersInfoByTopic(topic).map((info, i) => {
      const name = `${info.node_namespace.replace(/\/$/, "")}/${info.node_name}`;
      // one publisher of this name is ours; a second one has only taken the name
      const isOwn = own && name === this.#ownName;
      if (isOwn) own = false;
      return { id: `${name}#${i}`, name, own: isOwn };
    });
  }
  mismatchOf(): string | null {
    return null;
  }
  lostOf(): number {
    return 0;
  }
  close(): void {
    this.#open = false;
  }

  #deliver(topic: string, message: Buffer, listener: RosListener): void {
    if (!this.#open) return;
    if (message.length > MAX_MESSAGE_BYTES) return this.#events.tooLarge(topic, message.length);
    if (!isWhole(message))
      return this.#events.unreadable(topic, `${message.length} bytes without a CDR header`);
    listener(new DataView(message.buffer, message.byteOffset, message.length), message.length);
  }
  #guarded(body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      this.#events.failed(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return false;
    }
  }
  #qos(qos: RosQos): RclQos {
    const { HistoryPolicy, ReliabilityPolicy, DurabilityPolicy } = this.#rcl.QoS;
    return new this.#rcl.QoS(
      HistoryPolicy.RMW_QOS_POLICY_HISTORY_KEEP_LAST,
      qos.depth,
      qos.reliable
        ? ReliabilityPolicy.RMW_QOS_POLICY_RELIABILITY_RELIABLE
        : ReliabilityPolicy.RMW_QOS_POLICY_RELIABILITY_BEST_EFFORT,
      qos.transientLocal
        ? DurabilityPolicy.RMW_QOS_POLICY_DURABILITY_TRANSIENT_LOCAL
        : DurabilityPolicy.RMW_QOS_POLICY_DURABILITY_VOLATILE,
    );
  }
}

/** An empty buffer crashes the binding, and bytes without a header are decoded as if they were a value. */
function isWhole(bytes: Uint8Array): boolean {
  if (bytes.length <= 4) return false;
  return encapsulationOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length) !== -1;
}
