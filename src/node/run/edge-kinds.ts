import { z } from "zod";
import { simTransportSchema } from "../../../sim/index.ts";
import { ACTUATORS, actuatorShape } from "../../edge/actuators/index.ts";
import type { EdgeSchemas } from "../deployment/index.ts";
import { TRANSPORTS } from "../../edge/transports/registry.ts";

/** Settings of everything that this build can put at the edge of a cell. */
export const EDGE_SCHEMAS: EdgeSchemas = {
  transports: { sim: simTransportSchema, ...Object.fromEntries(TRANSPORTS.map((t) => [t.kind, t.schema])) },
  actuators: {
    sim: z.strictObject({ kind: z.literal("sim"), ...actuatorShape }),
    ...Object.fromEntries(ACTUATORS.map((a) => [a.kind, a.schema])),
  },
};
