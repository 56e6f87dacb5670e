import { z } from "zod";
import { DEVICES } from "../../../devices/index.ts";
import { simTransportSchema } from "../../../sim/index.ts";
import { ACTUATORS, actuatorShape } from "../../edge/actuators/index.ts";
import type { Verb } from "../../core/domain/index.ts";
import { TRANSPORTS } from "../../edge/transports/registry.ts";
import type { EdgeSchemas } from "../deployment/index.ts";
import type { Registries } from "../extensions/index.ts";

/** Everything of ours that can stand at the edge of a cell. */
export const OUR_REGISTRIES: Registries = { devices: DEVICES, transports: TRANSPORTS, actuators: ACTUATORS };

/** The simulated arm runs trajectories, has a hand, and one parameter. */
const SIM_VERBS: readonly Verb[] = ["trajectory", "gripper", "parameter"];

/** Settings of everything that the registries hold. */
export const schemasOf = ({ transports, actuators }: Registries): EdgeSchemas => ({
  transports: { sim: simTransportSchema, ...Object.fromEntries(transports.map((t) => [t.kind, t.schema])) },
  actuators: {
    sim: z.strictObject({ kind: z.literal("sim"), ...actuatorShape }),
    ...Object.fromEntries(actuators.map((a) => [a.kind, a.schema])),
  },
});
/** What an actuator with these settings can hand over as one command; null: nobody has said. */
export function verbsCarried(
  settings: { readonly kind: string },
  { actuators }: Pick<Registries, "actuators">,
): readonly Verb[] | null {
  if (settings.kind === "sim") return SIM_VERBS;
  return actuators.find((a) => a.kind === settings.kind)?.carries?.(settings) ?? null;
}
export const EDGE_SCHEMAS: EdgeSchemas = schemasOf(OUR_REGISTRIES);
