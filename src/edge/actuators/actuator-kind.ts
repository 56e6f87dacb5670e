import { z } from "zod";
import { ms, nameText } from "../../core/domain/deployment/units.ts";
import { ACTUATOR_ASKED, type Verb } from "../../core/domain/index.ts";
import type { Actuator, CommandSender } from "../ports/index.ts";

/** What every actuator of the chain states. */
export const actuatorShape = {
  transport: nameText.describe("which transport carries the commands"),
  address: z.string().min(1).max(256).describe("topic or register at the transport"),
  confirmMs: ms(10, 30_000).describe(
    "motion must have ended this long after a block; then the next of the chain is asked",
  ),
  asked: z
    .enum(ACTUATOR_ASKED)
    .default("at-once")
    .describe("at-once: told of every stop in the same call; in-turn: when those before it did not suffice"),
} as const;

/** One kind of actuator: its settings and how it is built. Listed in registry.ts. */
export interface ActuatorKind {
  readonly kind: string;
  /** what it does, for a person choosing one */
  readonly purpose: string;
  readonly schema: z.ZodType;
  /** what it can hand over as one command; absent: nobody has said, and everything is tried. Plans go by their steps. */
  carries?(settings: unknown): readonly Verb[];
  /** `settings` has passed the schema */
  create(name: string, settings: unknown, sender: CommandSender): Actuator;
}
/** Keeps schema and builder of a kind together, so that the builder knows the parsed settings. */
export function actuatorKind<S extends z.ZodType>(
  kind: string,
  purpose: string,
  schema: S,
  carries: (settings: z.infer<S>) => readonly Verb[],
  create: (name: string, settings: z.infer<S>, sender: CommandSender) => Actuator,
): ActuatorKind {
  return {
    kind,
    purpose,
    schema,
    carries: (settings) => carries(settings as z.infer<S>),
    create: (name, settings, sender) => create(name, settings as z.infer<S>, sender),
  };
}
