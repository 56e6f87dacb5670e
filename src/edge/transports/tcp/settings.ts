import { z } from "zod";

/** One device that listens on TCP. */
export const tcpSettings = z.strictObject({
  kind: z.literal("tcp"),
  host: z.string().min(1).max(253).describe("address of the device"),
  port: z.number().int().min(1).max(65_535).optional().describe("instead of the maker's default"),
  device: z.string().min(1).max(64).describe("name from `cellgate devices list`"),
  deviceSettings: z.record(z.string(), z.json()).default({}).describe("see the device's README"),
  reopenMs: z.number().min(20).max(60_000).default(500).describe("wait between attempts to connect again"),
  silenceMs: z
    .number()
    .min(100)
    .max(60_000)
    .default(3_000)
    .describe("a connection without a byte for this long is dropped"),
});
export type TcpSettings = z.infer<typeof tcpSettings>;
