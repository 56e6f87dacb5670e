import type { MqttClient } from "mqtt";
import type { AnchorConfig } from "../../../core/domain/index.ts";
import type { Outgoing, Sink } from "./sink.ts";

/** A retained message on a broker elsewhere: whoever connects later still gets the newest checkpoint. */
type Settings = Extract<AnchorConfig, { kind: "mqtt" }>;

const CONNECT_TIMEOUT_MS = 3_000;
const RETAINED_WAIT_MS = 500;

export function mqttSink(settings: Settings): Sink {
  const { url, topic, username, passwordEnv } = settings;
  // loaded on first use: most ledgers have no broker, and a start should not wait for its client
  const connect = async (): Promise<MqttClient> =>
    (await import("mqtt")).connectAsync(url, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false,
      clean: true,
      ...(username === undefined ? {} : { username }),
      ...(passwordEnv === undefined ? {} : { password: process.env[passwordEnv] ?? "" }),
    });
  const withClient = async <T>(use: (client: MqttClient) => Promise<T>): Promise<T> => {
    const client = await connect();
    client.on("error", () => undefined);
    try {
      return await use(client);
    } finally {
      client.end(true);
    }
  };
  const retained = async (client: MqttClient): Promise<string[]> => {
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const timer = setTimeout(() => resolve([]), RETAINED_WAIT_MS);
    client.on("message", (from, payload, packet) => {
      if (from === topic && packet.retain) resolve([payload.toString("utf8")]);
    });
    await client.subscribeAsync(topic, { qos: 1 });
    const notes = await promise;
    clearTimeout(timer);
    return notes;
  };
  return {
    name: `mqtt:${withoutSecrets(url)}/${topic}`,
    last: () => withClient(retained),
    send: (outgoing: Outgoing) =>
      withClient(async (client) => {
        await client.publishAsync(topic, outgoing.note, { qos: 1, retain: true });
        return outgoing.note;
      }),
  };
}

/** the name of a sink stands in receipts and must not carry a password */
const withoutSecrets = (url: string): string => url.replace(/\/\/[^@/]*@/, "//");
