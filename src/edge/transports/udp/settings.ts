import { z } from "zod";

/** One device that speaks UDP. Only datagrams from its address and port are heard. */
export const udpSettings = z.strictObject({
  kind: z.literal("udp"),
  host: z.string().min(1).max(253).describe("address of the device"),
  port: z.number().int().min(1).max(65_535).optional().describe("instead of the maker's default"),
  localPort: z.number().int().min(0).max(65_535).default(0).describe("0 lets the system choose"),
  device: z.string().min(1).max(64).describe("name from `cellgate devices list`"),
  deviceSettings: z.record(z.string(), z.json()).default({}).describe("see the device's README"),
  reopenMs: z
    .number()
    .min(20)
    .max(60_000)
    .default(500)
    .describe("wait between attempts to open the socket again"),
});
export type UdpSettings = z.infer<typeof udpSettings>;
