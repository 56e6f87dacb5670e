import { z } from "zod";

/** One serial port with one device behind it. Channels name the device's channels as their address. */
export const serialSettings = z.strictObject({
  kind: z.literal("serial"),
  path: z.string().min(1).max(256).describe("port, best by its lasting name: /dev/serial/by-id/…"),
  device: z.string().min(1).max(64).describe("name from `cellgate devices list`"),
  deviceSettings: z.record(z.string(), z.json()).default({}).describe("see the device's README"),
  baudRate: z.number().int().min(50).max(12_000_000).optional().describe("instead of the maker's default"),
  dataBits: z.union([z.literal(7), z.literal(8)]).optional(),
  parity: z.enum(["none", "even", "odd"]).optional(),
  stopBits: z.union([z.literal(1), z.literal(2)]).optional(),
  reopenMs: z
    .number()
    .min(20)
    .max(60_000)
    .default(250)
    .describe("wait between attempts to open the port again"),
});
export type SerialSettings = z.infer<typeof serialSettings>;
