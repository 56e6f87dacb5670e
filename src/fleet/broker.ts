import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { connect, type MqttClient } from "mqtt";
import { FLEET_BUNDLE_BYTES_MAX } from "../core/domain/index.ts";

/** How a node or a centre reaches the fleet's broker. */
export interface BrokerAccess {
  readonly url: string;
  readonly username?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tls?:
    | {
        readonly caFile: string;
        readonly certFile?: string | undefined;
        readonly keyFile?: string | undefined;
      }
    | undefined;
}
const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 5_000;
const TOPIC_BYTES_MAX = 65_536;

/** A fresh session each time: nothing old waits at the broker, and nothing is queued while it is away. */
export function connectFleet(access: BrokerAccess, clientId: string): MqttClient {
  const { url, username, passwordFile, tls } = access;
  const client = connect(url, {
    protocolVersion: 5,
    clean: true,
    clientId,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    queueQoSZero: false,
    // a stranger on the broker fills nobody's memory
    properties: { sessionExpiryInterval: 0, maximumPacketSize: FLEET_BUNDLE_BYTES_MAX + TOPIC_BYTES_MAX },
    ...(username !== undefined && { username }),
    ...(passwordFile !== undefined && { password: readFileSync(passwordFile, "utf8").trim() }),
    ...(tls !== undefined && {
      ca: readFileSync(tls.caFile),
      ...(tls.certFile !== undefined && { cert: readFileSync(tls.certFile) }),
      ...(tls.keyFile !== undefined && { key: readFileSync(tls.keyFile) }),
    }),
  });
  // small messages leave at once: waiting for the answer to the last one costs 40 ms, most of a heartbeat
  client.on("connect", () => {
    const { stream } = client;
    if (stream instanceof Socket) stream.setNoDelay(true);
  });
  // it connects again by itself; who waits for a connection looks at `connected`
  client.on("error", () => undefined);
  return client;
}
