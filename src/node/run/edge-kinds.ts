import { z } from "zod";
import { DEVICES } from "../../../devices/index.ts";
import { simTransportSchema } from "../../../sim/index.ts";
import { ACTUATORS, actuatorShape } from "../../edge/actuators/index.ts";
import { TRANSPORTS } from "../../edge/transports/registry.ts";
import type { EdgeSchemas } from "../deployment/index.ts";
import type { Registries } from "../extensions/index.ts";

/** Everything of ours that can stand at the edge of a cell. */
export const OUR_REGISTRIES: Registries = { devices: DEVICES, transports: TRANSPORTS, actuators: ACTUATORS };

/** Settings of everything that the registries hold. */
export const schemasOf = ({ transports, actuators }: Registries): EdgeSchemas => ({
  transports: { sim: simTransportSchema, ...Object.fromEntries(transports.map((t) => [t.kind, t.schema])) },
  actuators: {
    sim: z.strictObject({ kind: z.literal("sim"), ...actuatorShape }),
    ...Object.fromEntries(actuators.map((a) => [a.kind, a.schema])),
  },
});
export const EDGE_SCHEMAS: EdgeSchemas = schemasOf(OUR_REGISTRIES);
