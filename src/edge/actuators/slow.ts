import { z } from "zod";
import type { SlowEffect } from "../../core/domain/index.ts";
import type { CommandSender } from "../ports/index.ts";

/** How an actuator that follows a path is slowed: by a topic or service of its own. */
export const slowShape = {
  slow: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe("where the speed scale goes; without it slow cannot be carried and becomes a stop"),
} as const;

export const slowThrough =
  (address: string | undefined, sender: CommandSender) =>
  ({ scale }: SlowEffect): boolean =>
    address !== undefined && sender.send(address, { kind: "slow", scale });
