import { AnyDecoder, AnyEncoder, ddsNameOf, type MessageLayout, type RosMessage } from "../../wire/index.ts";
import type { RosQos } from "../ros/index.ts";
import type { DdsEndpoints } from "./endpoints.ts";
import { type Asker, askerAt, BODY_AT, framed, withServiceHeader } from "./service-header.ts";

/** As ROS has it for services: nothing is lost, nothing is kept for those who come late. */
const SERVICE_QOS: RosQos = { reliable: true, transientLocal: false, depth: 64, lifespanMs: null };

export interface DdsService {
  readonly name: string;
  readonly request: MessageLayout;
  readonly answer: MessageLayout;
}

/** Serves requests as the Cyclone middleware of ROS asks them. */
export function serveDds(
  bus: DdsEndpoints,
  service: DdsService,
  asked: (request: RosMessage, asker: Asker) => void,
  /** a request that is too large to read: `head` begins with its body */
  oversized?: (head: Uint8Array, asker: Asker) => void,
): (asker: Asker, answer: RosMessage) => boolean {
  const layout = withServiceHeader(service.request);
  const decoder = new AnyDecoder(layout);
  const encoder = new AnyEncoder(service.answer);
  const writer = bus.writer(
    ddsNameOf(service.name, "reply"),
    bus.type(withServiceHeader(service.answer)),
    SERVICE_QOS,
  );
  bus.read(ddsNameOf(service.name, "request"), bus.type(layout), SERVICE_QOS, {
    topic: service.name,
    listener(view, length) {
      const request = decoder.decode(view, 0, length);
      if (request.ok) asked(request.value, askerOf(request.value));
    },
    ...(oversized !== undefined && {
      oversized: (view, length) =>
        oversized(new Uint8Array(view.buffer, view.byteOffset + BODY_AT, length - BODY_AT), askerAt(view)),
    }),
  });
  return (asker, answer) => writer.write(framed(encoder.encode(answer), asker));
}

export interface DdsClient {
  /** the number under which the answer will come; null: nobody serves it, or it could not be handed over */
  ask(request: RosMessage): bigint | null;
  heard(): boolean;
}
/** Asks as the Cyclone middleware of ROS does; answers to others are left alone. */
export function askDds(
  bus: DdsEndpoints,
  service: DdsService,
  answered: (answer: RosMessage, number: bigint) => void,
  qos: RosQos = SERVICE_QOS,
): DdsClient {
  const encoder = new AnyEncoder(service.request);
  const layout = withServiceHeader(service.answer);
  const decoder = new AnyDecoder(layout);
  const writer = bus.writer(
    ddsNameOf(service.name, "request"),
    bus.type(withServiceHeader(service.request)),
    qos,
  );
  bus.read(ddsNameOf(service.name, "reply"), bus.type(layout), SERVICE_QOS, {
    topic: service.name,
    listener(view, length) {
      if (askerAt(view).client !== writer.handle) return;
      const answer = decoder.decode(view, 0, length);
      if (answer.ok) answered(answer.value, askerOf(answer.value).number);
    },
  });
  let number = 0n;
  return {
    ask(request) {
      if (!writer.heard()) return null;
      const asked = ++number;
      return writer.write(framed(encoder.encode(request), { client: writer.handle, number: asked }))
        ? asked
        : null;
    },
    heard: () => writer.heard(),
  };
}

const askerOf = (message: RosMessage): Asker => ({
  client: message["guid"] as bigint,
  number: message["number"] as bigint,
});
