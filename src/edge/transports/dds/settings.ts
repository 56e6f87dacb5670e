import { z } from "zod";
import { rosShape } from "../ros/index.ts";

/** No larger domain id has a free port range. */
const MAX_DOMAIN_ID = 232;
const host = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]+$/, "a host name or address")
  .max(253);

export const ddsSettingsSchema = z.strictObject({
  kind: z.literal("dds"),
  domainId: z.number().int().min(0).max(MAX_DOMAIN_ID).default(0).describe("ROS_DOMAIN_ID of the cell"),
  network: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]+$/)
    .max(64)
    .default("lo")
    .describe("network interface, by name or address; lo: this machine only"),
  multicast: z
    .boolean()
    .default(false)
    .describe("true: discovery and data may use multicast on that interface"),
  peers: z
    .array(host)
    .max(64)
    .default([])
    .describe("hosts to look for participants on; with no multicast and none given: this machine"),
  maxParticipants: z
    .number()
    .int()
    .min(4)
    .max(120)
    .default(32)
    .describe("participants looked for on each peer"),
  security: z
    .string()
    .max(4_096)
    .optional()
    .describe("file:// address of a Cyclone DDS configuration with DDS Security"),
  library: z.string().max(512).optional().describe("path of libddsc, when it is not where the system looks"),
  ...rosShape,
});
export type DdsSettings = z.infer<typeof ddsSettingsSchema>;
