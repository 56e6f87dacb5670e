import type { MessageLayout } from "../../wire/index.ts";
import type { GoalsIn, GoalsOut, RosAction, RosActionClient, RosActionServer } from "./action.ts";

/** Quality of service of one topic, as far as both ROS wires can state it. */
export interface RosQos {
  readonly reliable: boolean;
  /** late joiners get the last messages */
  readonly transientLocal: boolean;
  readonly depth: number;
  /** an older message is never sent again after a gap in the connection; null: no limit (state topics) */
  readonly lifespanMs: number | null;
  /** offered by writers where the middleware takes it: how often there is something, and how soon an end is noticed */
  readonly deadlineMs?: number;
  readonly livelinessMs?: number;
}
/** A topic by its full ROS name, `package/msg/Type`. */
export interface RosTopic {
  readonly name: string;
  readonly type: string;
  readonly qos: RosQos;
}
/** A service that is only asked, never waited for: motion says whether it worked. */
export interface RosService {
  readonly name: string;
  /** `package/srv/Type` */
  readonly type: string;
  readonly request: MessageLayout;
}
/** Somebody who publishes a topic, as discovery tells it. */
export interface RosPublisher {
  /** unique while it lives */
  readonly id: string;
  /** for people, and for a channel's `publisher` */
  readonly name: string;
  readonly own: boolean;
}
/** `view` holds one serialized message of `length` bytes from its start, and is reused after the call. */
export type RosListener = (view: DataView, length: number) => void;

export interface RosWriter {
  /** true: handed to the system now. Bytes are checked and copied before the call returns. */
  write(bytes: Uint8Array): boolean;
  /** somebody is there to receive it */
  heard(): boolean;
}

/** What a ROS 2 wire does for the node. Everything is created before motion is allowed. */
export interface RosBus {
  subscribe(topic: RosTopic, listener: RosListener): void;
  advertise(topic: RosTopic): RosWriter;
  /** what is written is the request as CDR */
  requester(service: RosService): RosWriter;
  /** goals of others come in */
  serveAction(action: RosAction, goals: GoalsIn): RosActionServer;
  actionClient(action: RosAction, goals: GoalsOut): RosActionClient;
  publishersOf(topic: string): readonly RosPublisher[];
  /** why a publisher of this topic is not heard although it is there, or null */
  mismatchOf(topic: string): string | null;
  /** messages of a topic that were lost since the bus was opened */
  lostOf(topic: string): number;
}
