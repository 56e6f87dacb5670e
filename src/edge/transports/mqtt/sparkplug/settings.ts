import { z } from "zod";
import { ms } from "../../../../core/domain/deployment/units.ts";
import { DATATYPES, type Datatype } from "./payload.ts";

const level = z
  .string()
  .regex(/^[^/+#\s]+$/, "no slash, wildcard or space")
  .max(128);
const file = z.string().min(1).max(4_096);
const types = Object.keys(DATATYPES) as [Datatype, ...Datatype[]];
const metrics = z
  .record(z.string().min(1).max(256), z.enum(types))
  .describe("name → type; `Node Control/…` and bdSeq are the node's own");

const tls = z.strictObject({
  caFile: file,
  certFile: file.optional(),
  keyFile: file.optional(),
  serverName: z.string().max(253).optional(),
});

/** A Sparkplug B edge node beside the plant's topics. It informs; nothing that moves goes through it. */
export const sparkplugSettings = z
  .strictObject({
    kind: z.literal("sparkplug"),
    url: z
      .string()
      .regex(/^mqtts?:\/\/[^/\s]+$/, "mqtt://host:port or mqtts://host:port")
      .max(512),
    group: level.describe("Sparkplug group id"),
    node: level.describe("edge node id; unique in its group"),
    primaryHost: level.optional().describe("births wait until this host application is online"),
    metrics: metrics.default({}).describe("metrics of the node itself"),
    devices: z.record(level, metrics).default({}).describe("devices below the node, each with its metrics"),
    clientId: z.string().min(1).max(128).optional(),
    username: z.string().min(1).max(256).optional(),
    passwordFile: file.optional(),
    tls: tls.optional(),
    keepaliveSeconds: z.number().int().min(1).max(600).default(30),
    connectTimeoutMs: ms(100, 60_000).default(5_000),
    reconnectMs: ms(20, 60_000).default(1_000),
    maxPayloadBytes: z.number().int().min(256).max(1_048_576).default(65_536),
    maxBacklogBytes: z.number().int().min(1_024).max(1_048_576).default(65_536),
  })
  .refine((s) => s.url.startsWith("mqtts:") === (s.tls !== undefined), {
    message: "mqtts:// needs `tls`, mqtt:// must not have it",
    path: ["tls"],
  })
  .refine(
    (s) =>
      [s.metrics, ...Object.values(s.devices)].every((m) =>
        Object.keys(m).every((name) => name !== "bdSeq" && !name.startsWith("Node Control/")),
      ),
    {
      message: "bdSeq and Node Control/… belong to the node itself",
      path: ["metrics"],
    },
  );
export type SparkplugSettings = z.infer<typeof sparkplugSettings>;
