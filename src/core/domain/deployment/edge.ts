import { z } from "zod";
import { ROLES } from "../severity.ts";
import { ms, nameText } from "./units.ts";

/** Settings of one transport; `kind` picks the schema in transports/registry. */
export const transportSchema = z.looseObject({ kind: nameText });

/**
 * How the end of a permitted action is learnt. wire: the actuator says so. motion: the measured joints show
 * it. duration: what is permitted lasts as long as it states, and is then ended by this node.
 */
export const ACTUATOR_REPORTS = ["wire", "motion", "duration"] as const;
export type ActuatorReports = (typeof ACTUATOR_REPORTS)[number];
/** When an actuator is told of a stop: in the call that has the sample, or when those before it did not suffice. */
export const ACTUATOR_ASKED = ["at-once", "in-turn"] as const;

/**
 * How the steps of a plan that state no motion reach the receiver. by-name: as a program of one skill, which it
 * knows. by-steps: not at all, so every skill has to say what it does.
 */
export const ACTUATOR_SKILLS = ["by-name", "by-steps"] as const;

/** One actuator of the chain, in the order of escalation. `kind` picks the schema in actuators/registry. */
export const actuatorSchema = z.looseObject({
  kind: nameText,
  transport: nameText.describe("which transport carries the commands"),
  address: z.string().min(1).max(256),
  confirmMs: ms(10, 30_000).describe("motion must have ended this long after a block"),
  reports: z.enum(ACTUATOR_REPORTS).optional(),
  asked: z.enum(ACTUATOR_ASKED).optional(),
  command: nameText.optional(),
  skills: z.enum(ACTUATOR_SKILLS).optional(),
  gripper: z.string().min(1).max(256).optional(),
});

export const operatorSchema = z.strictObject({
  name: nameText,
  roles: z
    .array(z.enum(ROLES))
    .describe("what this operator may do; empty: a program that proposes and looks, no more"),
  publicKey: z.string().max(256).optional().describe("Ed25519, for signed approvals and requests"),
});

export const controlSchema = z.strictObject({
  host: z.enum(["127.0.0.1", "::1", "localhost"]).default("127.0.0.1"),
  port: z.number().int().min(0).max(65_535).default(8787).describe("0 lets the system choose a free port"),
  maxBodyBytes: z.number().int().min(256).max(1_048_576).default(65_536),
  maxRequestsPerSecond: z.number().int().min(1).max(10_000).default(50),
  listen: z
    .strictObject({
      host: z.string().min(1).max(256).describe("address of this machine at which others may look"),
      port: z
        .number()
        .int()
        .min(0)
        .max(65_535)
        .default(8788)
        .describe("0 lets the system choose a free port"),
      tls: z
        .strictObject({
          cert: z.string().min(1).max(1_024).describe("certificate chain, PEM, beside the deployment"),
          key: z.string().min(1).max(1_024).describe("its private key, PEM, beside the deployment"),
        })
        .describe("there is no looking from elsewhere without it: a token would go over the wire in clear"),
    })
    .optional()
    .describe("looking from another machine, with a token for each person; absent: this machine alone"),
});

export const selfSchema = z.strictObject({
  maxLoopLagMs: ms(5, 5_000)
    .default(150)
    .describe("longer event-loop lag: the node declares itself stale and blocks"),
  slowRatio: z
    .number()
    .min(0.01)
    .max(0.9)
    .default(0.25)
    .describe("speed while a slow cause is active, share of full speed"),
  startTimeoutMs: ms(100, 600_000)
    .default(5_000)
    .describe("required channels missing for longer than this are reported as a fault"),
  reactionTimeMs: ms(1, 1_000)
    .default(20)
    .describe("measured p99 from sample to block of this node, used until measured"),
});
