import type { z } from "zod";

/** Settings of the concrete parts that a deployment may name, by kind. Without them only the frame is checked. */
export interface EdgeSchemas {
  readonly transports: Readonly<Record<string, z.ZodType>>;
  readonly actuators: Readonly<Record<string, z.ZodType>>;
}
