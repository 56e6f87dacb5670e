import { z } from "zod";

/** An action before it runs. Version 1 of the wire format; unknown fields are refused. */
export const PROPOSAL_SCHEMA = "cellgate.proposal/1";
const name = z.string().min(1).max(256);
const real = z.number();
const joints = z.array(real).min(1).max(16);

export const trajectoryArgs = z.strictObject({
  joint_names: z.array(name).min(1).max(16),
  points: z
    .array(
      z.strictObject({
        positions_rad: joints,
        velocities_rad_s: joints.optional(),
        time_from_start_ms: z.number().min(0).max(600_000),
      }),
    )
    .min(1)
    .max(2_000),
  payload_kg: z.number().min(0).max(1_000).optional(),
});
export const twistArgs = z.strictObject({
  linear_m_s: z.tuple([real, real, real]),
  angular_rad_s: z.tuple([real, real, real]),
  duration_ms: z.number().min(1).max(60_000),
});
export const gripperArgs = z.strictObject({
  width_m: z.number().min(0).max(1),
  force_n: z.number().min(0).max(2_000),
});
export const programArgs = z.strictObject({
  tokens: z.array(name).min(1).max(1_024),
});
export const planArgs = z.strictObject({
  nodes: z
    .array(
      z.strictObject({
        id: name,
        skill: name,
        zone: name.optional(),
        acquires: z.array(name).max(32).optional(),
        releases: z.array(name).max(32).optional(),
      }),
    )
    .min(1)
    .max(512),
  edges: z.array(z.tuple([name, name])).max(4_096),
});
export const parameterArgs = z.strictObject({ name, value: z.union([real, z.boolean(), name]) });
export const powerArgs = z.strictObject({ on: z.boolean() });

export const evidence = z.strictObject({
  /** when the proposer began to reason (epoch microseconds) and what it saw then */
  reasoning_started_at: z.number().int().nonnegative().optional(),
  context_hash: z.string().max(256).optional(),
  decision_probabilities: z.array(z.number().min(0).max(1)).max(4_096).optional(),
  decision_logits: z.array(real).max(4_096).optional(),
  confidence_trajectory: z.array(z.number().min(0).max(1)).max(4_096).optional(),
  questions: z.array(z.string().max(1_024)).max(256).optional(),
  hidden_base: z.array(real).max(4_096).optional(),
  hidden_cell: z.array(real).max(4_096).optional(),
  program_tokens: z.array(name).max(1_024).optional(),
});

const common = {
  schema: z.literal(PROPOSAL_SCHEMA),
  action_id: name,
  proposer: name,
  /** what is to move: an actuator, or a parameter's owner; resolved to its full name before matching */
  target: name,
  evidence: evidence.optional(),
  chunk: z
    .literal(true)
    .optional()
    .describe("a stretch of a policy's stream: it takes the place of what is left of the one before"),
  generation: z
    .number()
    .int()
    .min(0)
    .max(16)
    .optional()
    .describe("how many offers of helpers it descends from; what the gate knows of that counts as well"),
  retreat: z
    .literal(true)
    .optional()
    .describe("a motion out of a block, away from whoever is near; judged by rules of its own"),
};
const verb = <V extends string, A extends z.ZodType>(value: V, args: A) =>
  z.strictObject({ ...common, verb: z.literal(value), args });

export const proposalSchema = z.discriminatedUnion("verb", [
  verb("trajectory", trajectoryArgs),
  verb("twist", twistArgs),
  verb("gripper", gripperArgs),
  verb("program", programArgs),
  verb("plan", planArgs),
  verb("parameter", parameterArgs),
  verb("power", powerArgs),
]);
export type Proposal = z.infer<typeof proposalSchema>;
export type Verb = Proposal["verb"];
export type Evidence = z.infer<typeof evidence>;
export const VERBS: readonly Verb[] = [
  "trajectory",
  "twist",
  "gripper",
  "program",
  "plan",
  "parameter",
  "power",
];
