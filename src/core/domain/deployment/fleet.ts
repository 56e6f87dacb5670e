import { z } from "zod";
import { MAX_TOTAL_BEFORE_ABORT } from "../limits.ts";
import { ms, nameText } from "./units.ts";

const file = z.string().min(1).max(4_096);
const topic = z
  .string()
  .regex(/^[^/+#$\s][^+#\s]*[^/+#\s]$|^[^/+#$\s]$/, "a topic without wildcards or a slash at either end")
  .max(512);
const bounds = z
  .strictObject({ min: z.number(), max: z.number() })
  .refine((b) => b.min <= b.max, "min must not be above max");

/**
 * The cell as part of a fleet. What is not accepted here no centre can do, whoever signed it; the caps and
 * the kill switch are the cell's own and hold with nobody reachable.
 */
export const fleetSchema = z.strictObject({
  url: z
    .string()
    .regex(/^mqtts?:\/\/[^/\s]+$/, "mqtt://host:port or mqtts://host:port")
    .max(512),
  base: topic.describe("the fleet's topics lie below <base>/<name>/"),
  name: nameText.describe("name of the fleet"),
  cell: nameText.optional().describe("name of this cell in the fleet; default: the cell's own"),
  username: z.string().min(1).max(256).optional(),
  passwordFile: file.optional(),
  tls: z
    .strictObject({ caFile: file, certFile: file.optional(), keyFile: file.optional() })
    .refine((t) => (t.certFile === undefined) === (t.keyFile === undefined), {
      message: "certFile and keyFile belong together",
      path: ["keyFile"],
    })
    .optional(),
  centreKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits")
    .describe("Ed25519 public key of the only centre whose orders count; `cellgate rollout keys` prints it"),
  reportMs: ms(50, 60_000).default(1_000).describe("how often the cell says what it holds and has decided"),
  accepts: z
    .array(z.enum(["head", "rules", "stage"]))
    .max(3)
    .default([])
    .describe("what a signed order may change; nothing unless it is listed"),
  maxStage: z.number().int().min(0).max(4).default(0).describe("no order leads beyond this gate stage"),
  mayChange: z
    .record(z.string().regex(/^rules\.[A-Za-z0-9_.]+$/), bounds)
    .default({})
    .describe(
      "numbers of the rules that an order may change, each with its bounds: rules.force.wrist.maxForceN",
    ),
  ordersPerDay: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe("more orders in a day latch: nothing is taken until a person re-arms the cell"),
  ordersTotal: z.number().int().min(1).max(MAX_TOTAL_BEFORE_ABORT).default(MAX_TOTAL_BEFORE_ABORT),
});
export type FleetConfig = z.infer<typeof fleetSchema>;
