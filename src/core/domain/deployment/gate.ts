import { z } from "zod";
import {
  GATE_LATENCY_BUDGET_MS,
  MAX_JOINTS,
  MONTE_CARLO_DEFAULT_NOISE,
  MONTE_CARLO_DEFAULT_SIMS,
  MONTE_CARLO_LATENCY_BUDGET_MS,
  PERMIT_LIFETIME_US,
} from "../limits.ts";
import { VERBS } from "../proposal.ts";
import { retreatSchema } from "./retreat.ts";
import {
  hz,
  metre,
  monitored,
  mPerS,
  ms,
  nameText,
  needsReason,
  newton,
  rad,
  ratio,
  REASON_MISSING,
} from "./units.ts";

const MS_PER_DAY = 86_400_000;
const rosName = z
  .string()
  .regex(/^[A-Za-z0-9_~/.-]+$/, "letters, digits and _ ~ / . -")
  .max(256);
const named = <S extends z.ZodType>(schema: S) => z.record(nameText, schema);
const point = z.tuple([metre(-100, 100), metre(-100, 100), metre(-100, 100)]);
/** Part of the schema that may be switched off with a reason. */
const check = <S extends z.ZodRawShape>(shape: S) =>
  z
    .strictObject({ ...shape, ...monitored })
    .refine((value) => needsReason(value as { monitored: boolean; because?: string | undefined }), {
      message: REASON_MISSING,
      path: ["because"],
    });

/** What may be moved or set, by its full name. Anything else is RED. */
const target = z.strictObject({
  path: rosName.describe("fully qualified name: what a proposal's target must resolve to"),
  actuator: nameText.optional().describe("which actuator carries it out; the first of the chain when absent"),
  verbs: z
    .array(z.enum(VERBS as [string, ...string[]]))
    .min(1)
    .describe("what may be asked of it"),
});

/** A box in the cell's frame. */
const zone = z
  .strictObject({
    kind: z.enum(["forbidden", "work"]).describe("forbidden: no body point of the arm may enter it"),
    min: point.describe("lower corner, metre"),
    max: point.describe("upper corner, metre"),
  })
  .refine((z0) => z0.min.every((low, i) => low < z0.max[i]!), {
    message: "min must lie below max on each axis",
    path: ["max"],
  });

const waypoint = z.strictObject({
  positionsRad: z.array(rad(-100, 100)).min(1).max(MAX_JOINTS),
  atMs: ms(0, 600_000).describe("counted from the start of the skill"),
});

/** What a hand does as a step of a plan. */
const skillGripper = z.strictObject({
  target: rosName.describe("the gripper's full name: a target that allows the verb gripper"),
  widthM: metre(0, 1).describe("opening"),
  forceN: newton(0, 2_000).describe("most force"),
});

const skillShape = z.strictObject({
  durationMs: ms(1, 600_000).describe("longest time the skill takes"),
  requires: z.array(nameText).max(32).default([]).describe("facts that must hold before it starts"),
  gives: z.array(nameText).max(32).default([]).describe("facts that hold afterwards"),
  removes: z.array(nameText).max(32).default([]).describe("facts that no longer hold afterwards"),
  zones: z
    .array(nameText)
    .max(32)
    .default([])
    .describe("zones in which it may work; empty: any that is not forbidden"),
  risk: z.enum(["low", "high"]).default("low").describe("high: the whole plan runs in the simulator first"),
  waypoints: z.array(waypoint).max(256).default([]).describe("how the arm moves; empty: it stands"),
  gripper: skillGripper.optional().describe("what the hand does while the arm stands"),
  pause: z.literal(true).optional().describe("nothing is commanded; the arm stands for the stated time"),
  repeatable: z.boolean().default(true).describe("false: at most once in a plan"),
});
const skill = skillShape.refine(
  (s) => [s.waypoints.length > 0, s.gripper !== undefined, s.pause === true].filter(Boolean).length <= 1,
  { message: "a skill is one step: waypoints, a gripper or a pause", path: ["waypoints"] },
);

const parameter = z.union([
  z.strictObject({ min: z.number(), max: z.number(), safetyRelevant: z.boolean().default(true) }),
  z.strictObject({ flag: z.literal(true), safetyRelevant: z.boolean().default(true) }),
  z.strictObject({
    oneOf: z.array(z.string().max(256)).min(1).max(64),
    safetyRelevant: z.boolean().default(true),
  }),
]);

const limits = z.strictObject({
  horizonMs: ms(10, 600_000).default(30_000).describe("longest action"),
  steps: z
    .number()
    .int()
    .min(10)
    .max(1_000)
    .default(50)
    .describe("moments of an action that a trial looks at"),
  minSeparationM: metre(0.01, 5)
    .default(0.2)
    .describe("distance that always remains, besides what speed and stopping add"),
  maxForceN: newton(1, 5_000).default(140).describe("most force at the wrist or on a person"),
  gripperMaxN: newton(1, 2_000).default(140).describe("most force a gripper may be asked for"),
  startToleranceRad: rad(0.001, 1)
    .default(0.05)
    .describe("how far the measured pose may lie from the action's start"),
  pathToleranceRad: rad(0.001, 1)
    .default(0.1)
    .describe("how far a joint may lie from the permitted path while the arm runs it"),
  goalToleranceRad: rad(0.0001, 1)
    .default(0.02)
    .describe("how far a joint may lie from the goal when the arm has come to rest there"),
  stateMaxAgeMs: ms(1, 5_000).default(200).describe("oldest pose an action may be judged on"),
});

const person = z.strictObject({
  channels: z
    .array(nameText)
    .max(64)
    .default([])
    .describe("range and scan channels that see people; empty: all of them"),
  speedMPerS: mPerS(0.1, 5).default(1.6).describe("fastest walk that the trials assume"),
  horizonMs: ms(100, 60_000).default(2_000).describe("how long a person is assumed to keep walking"),
  uncertaintyM: metre(0, 2).default(0.1).describe("uncertainty of where a person is"),
  stiffnessNPerM: z
    .number()
    .min(1_000)
    .max(1_000_000)
    .default(75_000)
    .describe("of the body region met first"),
  massKg: z.number().min(0.1).max(200).default(4.4).describe("effective mass of the body region met first"),
});

const monteCarlo = z.strictObject({
  sims: z.number().int().min(30).max(10_000).default(MONTE_CARLO_DEFAULT_SIMS),
  noise: ratio(0.001, 1)
    .default(MONTE_CARLO_DEFAULT_NOISE)
    .describe("relative spread of speed, payload, timing and distance"),
  budgetMs: ms(1, MONTE_CARLO_LATENCY_BUDGET_MS).default(MONTE_CARLO_LATENCY_BUDGET_MS),
  deepSims: z
    .number()
    .int()
    .min(100)
    .max(100_000)
    .default(1_024)
    .describe("trials of a helper's deeper look"),
});

/** How much of the score each term may take away; none of them can be switched off by a zero. */
const weights = z.strictObject({
  drift: ratio(0.05).default(0.5),
  entropy: ratio(0.05).default(0.3),
  stability: ratio(0.05).default(0.3),
  loop: ratio(0.05).default(0.6),
  variance: ratio(0.05).default(0.5),
});

const reasoning = z.strictObject({
  required: z.boolean().default(false).describe("true: a proposal without evidence is RED"),
  missingPenalty: ratio(0.01).default(0.05).describe("counted for each kind of evidence that is missing"),
  maxAgeMs: ms(100, 3_600_000)
    .default(10_000)
    .describe("reasoning that began this long ago counts as fully drifted"),
});

const stageEvidence = z.strictObject({
  minDecisions: z
    .number()
    .int()
    .min(10)
    .max(1_000_000)
    .default(100)
    .describe("decisions judged at the present stage"),
  maxDisagreementShare: ratio(0.001, 0.5)
    .default(0.05)
    .describe("upper bound on the share of passed actions during which the cell stopped"),
  maxLatencyMs: ms(1, 1_000).default(GATE_LATENCY_BUDGET_MS).describe("p99 from proposal to verdict"),
});

const escalation = z.strictObject({
  afterMs: ms(1_000, 3_600_000).describe("after this long without a decision"),
  to: z.array(nameText).min(1).max(16).describe("operators who may then answer, whatever their roles"),
});
const delegation = z
  .strictObject({
    from: nameText.describe("an operator with the role approve"),
    to: nameText.describe("the operator who may answer in that one's place"),
    until: z.iso.datetime({ offset: true }).describe("when that ends, for example 2027-01-07T06:00:00Z"),
  })
  .refine((d) => d.from !== d.to, { message: "nobody stands in for oneself", path: ["to"] });

/** Settings of the gate: what may be proposed, how it is judged. */
export const gateSchema = z.strictObject({
  stage: z
    .number()
    .int()
    .min(0)
    .max(4)
    .default(0)
    .describe("0 shadow, 1 YELLOW only, 2 full gate, 3 Monte Carlo, 4 auto-spawn; where the node starts"),
  namespace: z
    .string()
    .regex(/^\/([A-Za-z_][A-Za-z0-9_]*(\/[A-Za-z_][A-Za-z0-9_]*)*)?$/)
    .max(256)
    .default("/")
    .describe("relative names are resolved against it"),
  node: nameText
    .default("cellgate")
    .describe("names that begin with ~ are resolved against namespace and node"),
  remaps: z.record(rosName, rosName).default({}).describe("from name to name, applied before matching"),
  targets: named(target).default({}),
  proposers: named(z.strictObject({ callers: z.array(z.string().min(1).max(256)).min(1).max(64) }))
    .default({})
    .describe("who may propose, as `transport:caller`; empty: anybody"),
  zones: named(zone).default({}),
  skills: named(skill).default({}),
  facts: z.array(nameText).max(64).default([]).describe("facts that hold before every plan"),
  locks: z.array(nameText).max(64).default([]).describe("resources that a plan may take"),
  parameters: named(parameter).default({}),
  limits: limits.prefault({}),
  person: person.prefault({}),
  monteCarlo: monteCarlo.prefault({}),
  weights: weights.prefault({}),
  reasoning: reasoning.prefault({}),
  energy: check({
    limit: z
      .number()
      .min(1e-6)
      .max(1e9)
      .optional()
      .describe("V_s above it is RED; the risk head's own threshold when absent"),
  }).prefault({}),
  look: check({
    cost: ratio(0.0001, 1)
      .default(0.002)
      .describe("what waiting for another reading costs, as share of a right decision"),
    waitMs: ms(10, 2_000).default(150).describe("longest wait for the reading"),
  }).prefault({}),
  deferral: check({
    alpha: ratio(0.001, 0.5).default(0.02).describe("share of familiar actions that may be deferred"),
    minCalibration: z
      .number()
      .int()
      .min(20)
      .max(1_000)
      .optional()
      .describe(
        "before that many familiar actions of a verb at a target none is GREEN; never fewer than 1/alpha − 1, which is what counts when absent",
      ),
    shiftAlarm: z
      .number()
      .min(10)
      .max(1e6)
      .default(100)
      .describe("betting gain at which the world counts as shifted"),
    gamma: ratio(0.0001, 0.5).default(0.01).describe("step of the adaptive level"),
  }).prefault({}),
  helpers: z
    .strictObject({
      budgetMs: ms(50, 10_000).default(1_000).describe("longest wait for helpers before a verdict"),
    })
    .prefault({}),
  sandbox: check({ budgetMs: ms(50, 60_000).default(2_000) }).prefault({}),
  loopWindowMs: ms(1_000, MS_PER_DAY)
    .default(600_000)
    .describe("an unanswered question is remembered this long"),
  approvals: z
    .strictObject({
      expiresMs: ms(1_000, 3_600_000).default(120_000),
      signed: z.boolean().default(false).describe("true: an approval needs the operator's Ed25519 signature"),
      persons: z
        .number()
        .int()
        .min(1)
        .max(5)
        .default(1)
        .describe("how many different persons have to say yes"),
      highRiskPersons: z
        .number()
        .int()
        .min(1)
        .max(5)
        .default(2)
        .describe("the same for a plan with a high-risk skill"),
      escalation: escalation.optional().describe("who is asked besides when nobody has decided in time"),
      delegations: z
        .array(delegation)
        .max(64)
        .default([])
        .describe("who may answer in whose place, and until when; both together are one person"),
    })
    .prefault({}),
  permitMs: ms(10, 5_000)
    .default(PERMIT_LIFETIME_US / 1_000)
    .describe("the actuator must begin within this time"),
  snapshotMaxAgeMs: ms(10, 5_000)
    .default(200)
    .describe("older readings at release: the action is judged again"),
  storeTimeoutMs: ms(10, 10_000).default(1_000).describe("longest wait for the receipt to be durable"),
  watcher: z
    .strictObject({
      tighten: ratio(0.1, 0.99).default(0.8).describe("share of each limit that a watched action may use"),
      graceMs: ms(10, 10_000).default(500).describe("added to the stated duration"),
    })
    .prefault({}),
  fairness: z
    .strictObject({
      maxOpenPerProposer: z.number().int().min(1).max(64).default(8),
      maxProposalsPerSecond: hz(0.1, 10_000).default(50),
    })
    .prefault({}),
  stageEvidence: stageEvidence.prefault({}),
  rest: z
    .strictObject({
      changeM: metre(0.005, 1)
        .default(0.05)
        .describe("people who are seen to have moved by more than this have the rest judged again"),
      everyMs: ms(5, 1_000).default(40).describe("at most this often"),
    })
    .optional()
    .describe(
      "what is left of a running motion is judged again when people move: slower first, then broken off; absent: the rules alone guard it",
    ),
  retreat: retreatSchema.optional().describe("motion that a block allows; absent: none"),
});
export type GateConfig = z.infer<typeof gateSchema>;
