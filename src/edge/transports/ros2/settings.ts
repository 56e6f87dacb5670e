import { z } from "zod";
import { rosShape } from "../ros/index.ts";

const MAX_DOMAIN_ID = 232;

export const ros2SettingsSchema = z.strictObject({
  kind: z.literal("ros2"),
  domainId: z
    .number()
    .int()
    .min(0)
    .max(MAX_DOMAIN_ID)
    .optional()
    .describe("ROS_DOMAIN_ID of the cell; the environment's when absent"),
  library: z
    .string()
    .max(512)
    .optional()
    .describe("folder of the rclnodejs package, when it is not among this node's own"),
  diagnosticsMs: z.number().int().min(100).max(60_000).default(1_000).describe("period of /diagnostics"),
  graphMs: z.number().int().min(20).max(5_000).default(100).describe("how often publishers are looked at"),
  ...rosShape,
});
export type Ros2Settings = z.infer<typeof ros2SettingsSchema>;
