import { z } from "zod";
import { ms, nameText } from "../../../core/domain/deployment/units.ts";
import { MAX_PROPOSAL_BYTES } from "../../../core/domain/index.ts";
import { TOPIC } from "./topics.ts";

const topic = z
  .string()
  .regex(TOPIC, "a topic without wildcards, empty levels or a slash at either end")
  .max(512);
const file = z.string().min(1).max(4_096);

const tls = z
  .strictObject({
    caFile: file.describe("certificate authority of the broker"),
    certFile: file.optional().describe("certificate of this cell"),
    keyFile: file.optional(),
    serverName: z
      .string()
      .max(253)
      .optional()
      .describe("name in the broker's certificate when it differs from the host"),
  })
  .refine((t) => (t.certFile === undefined) === (t.keyFile === undefined), {
    message: "certFile and keyFile belong together",
    path: ["keyFile"],
  });

const protection = z.strictObject({
  source: z.string().min(1).max(64).describe("the only sender whose envelopes are accepted"),
  keyFile: file
    .optional()
    .describe("hexadecimal HMAC key; without it CRC-32, which finds accidents but no attackers"),
  maxDelayMs: ms(1, 10_000).default(100).describe("longest way of a message, against the fastest recent one"),
  errorIntervalMs: ms(1_000, 36_000_000)
    .default(360_000)
    .describe("two envelope errors closer together latch the channel"),
});

const publisher = z.strictObject({
  name: nameText,
  statusTopic: topic.optional().describe("where the publisher and its last will say online or offline"),
  sparkplugNode: z
    .string()
    .regex(/^[^/+#]+\/[^/+#]+$/)
    .max(256)
    .optional()
    .describe("group/node of a Sparkplug edge node instead"),
  channels: z.array(nameText).min(1).max(64).describe("a live message on one of these ends `offline`"),
});

/** The plant's broker. Addresses of channels and actuators are topics; `~/` stands for `<base>/<cell>/`. */
export const mqttSettings = z
  .strictObject({
    kind: z.literal("mqtt"),
    url: z
      .string()
      .regex(/^mqtts?:\/\/[^/\s]+$/, "mqtt://host:port or mqtts://host:port")
      .max(512),
    base: topic.describe("enterprise/site/area/line, as the plant names it"),
    clientId: z.string().min(1).max(128).optional().describe("default: cellgate-<cell>-<transport>"),
    username: z.string().min(1).max(256).optional(),
    passwordFile: file.optional(),
    tls: tls.optional(),
    keepaliveSeconds: z.number().int().min(1).max(600).default(5),
    connectTimeoutMs: ms(100, 60_000).default(5_000),
    reconnectMs: ms(20, 60_000).default(500),
    commandExpirySeconds: z
      .number()
      .int()
      .min(1)
      .max(60)
      .default(1)
      .describe("the broker drops a command that is older"),
    commandKeyFile: file.optional().describe("hexadecimal HMAC key for commands; without it CRC-32"),
    maxPayloadBytes: z.number().int().min(256).max(4_194_304).default(MAX_PROPOSAL_BYTES),
    maxBacklogBytes: z
      .number()
      .int()
      .min(1_024)
      .max(1_048_576)
      .default(65_536)
      .describe("more unsent bytes: commands are refused instead of queued"),
    proposalsPerSecond: z.number().min(1).max(1_000).default(20),
    proposalExpirySeconds: z
      .number()
      .int()
      .min(1)
      .max(60)
      .default(10)
      .describe("proposals without a message expiry, or with a longer one, are refused"),
    requestMaxAgeMs: ms(100, 60_000).default(5_000).describe("signed requests older than this are refused"),
    protected: z
      .record(nameText, protection)
      .default({})
      .describe("channels whose messages carry the envelope"),
    unprotected: z
      .record(nameText, z.string().min(10).max(500))
      .default({})
      .describe("safety channels without envelope, each with the reason"),
    publishers: z.array(publisher).max(64).default([]).describe("publishers whose death stops the cell"),
    outboxRows: z
      .number()
      .int()
      .min(100)
      .max(1_000_000)
      .default(100_000)
      .describe("most messages that wait for the broker"),
    outboxWindow: z
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(64)
      .describe("messages under way without an answer"),
    telemetry: z
      .strictObject({
        deadband: z
          .number()
          .min(0)
          .max(1)
          .default(0.01)
          .describe(
            "share of the limit, or of the value, by which a figure has to differ to be published at once",
          ),
        everySeconds: z
          .number()
          .min(1)
          .max(3_600)
          .default(10)
          .describe("published again after this long, changed or not"),
        homeAssistant: z
          .string()
          .regex(/^[A-Za-z0-9_-]+$/)
          .max(64)
          .optional()
          .describe("prefix of Home Assistant's discovery; without it nothing is announced there"),
      })
      .optional()
      .describe("values, margins and state as JSON, one topic each below telemetry/"),
    probeMs: ms(100, 60_000).default(1_000).describe("period of the loop-back probe"),
    probeTimeoutMs: ms(100, 60_000).default(2_000),
    silentMs: ms(500, 600_000)
      .default(10_000)
      .describe("a topic without any message for this long after subscribing is reported"),
  })
  .refine((s) => s.url.startsWith("mqtts:") === (s.tls !== undefined), {
    message: "mqtts:// needs `tls`, mqtt:// must not have it",
    path: ["tls"],
  })
  .refine((s) => Object.keys(s.protected).every((name) => !(name in s.unprotected)), {
    message: "a channel is either protected or not",
    path: ["unprotected"],
  })
  .refine(
    (s) => s.publishers.every((p) => (p.statusTopic === undefined) !== (p.sparkplugNode === undefined)),
    { message: "a publisher has either statusTopic or sparkplugNode", path: ["publishers"] },
  );
export type MqttSettings = z.infer<typeof mqttSettings>;
/** Which figures a transport of a deployment wants to hear, and below which base; undefined: none. */
export function telemetryWanted(
  raw: unknown,
): (NonNullable<MqttSettings["telemetry"]> & { readonly base: string }) | undefined {
  const settings = mqttSettings.safeParse(raw);
  if (!settings.success || settings.data.telemetry === undefined) return undefined;
  return { ...settings.data.telemetry, base: settings.data.base };
}
export type ProtectionSettings = z.infer<typeof protection>;
export type PublisherSettings = z.infer<typeof publisher>;
