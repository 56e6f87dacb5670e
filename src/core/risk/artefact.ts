import { z } from "zod";
import { canonicalBytes } from "../base/canonical.ts";
import { dualHash } from "../base/hash.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Code } from "../domain/index.ts";
import { ACTIVATIONS } from "./network.ts";
import { featureListHash } from "./feature-list.ts";

export const HEAD_SCHEMA = "cellgate.head/1";
/** bounds against files made to exhaust memory; far above any head that runs in ten microseconds */
const FEATURES_MAX = 1_024;
const KNOTS_MAX = 256;
const PAIRS_MAX = 256;
const LAYERS_MAX = 16;
const WEIGHTS_MAX = 1_048_576;
const BYTES_OF_TEXT = 1_024;

const text = z.string().max(BYTES_OF_TEXT);
const real = z.number();
const atLeast0 = z.number().min(0);
const rising = (xs: readonly number[]): boolean => xs.every((x, i) => i === 0 || x > (xs[i - 1] as number));
const knots = z.array(real).min(1).max(KNOTS_MAX).refine(rising, "knots must rise");

const feature = z.strictObject({
  name: text.min(1),
  unit: text,
  group: text.min(1),
  direction: z.union([z.literal(1), z.literal(-1), z.literal(0)]),
});
const shape = z.strictObject({
  feature: z.number().int().min(0),
  knots,
  values: z.array(atLeast0).min(1).max(KNOTS_MAX),
  missing: atLeast0,
});
const pair = z.strictObject({
  a: z.number().int().min(0),
  b: z.number().int().min(0),
  knotsA: knots,
  knotsB: knots,
  values: z
    .array(atLeast0)
    .min(1)
    .max(KNOTS_MAX * 16),
  missing: atLeast0,
});
const additive = z.strictObject({
  kind: z.literal("additive"),
  shapes: z.array(shape).max(FEATURES_MAX),
  pairs: z.array(pair).max(PAIRS_MAX),
});
const layer = z.strictObject({
  inputs: z.number().int().min(1).max(65_536),
  outputs: z.number().int().min(1).max(65_536),
  weights: z.array(real).max(WEIGHTS_MAX),
  bias: z.array(real).max(65_536),
  activation: z.enum(ACTIVATIONS),
  alpha: z.number().min(0).max(10),
});
const network = z.strictObject({
  kind: z.literal("network"),
  mean: z.array(real).max(FEATURES_MAX),
  scale: z.array(z.number().positive()).max(FEATURES_MAX),
  layers: z.array(layer).min(1).max(LAYERS_MAX),
  reference: z.array(real).max(FEATURES_MAX),
});
const calibration = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("logistic"), slope: atLeast0, offset: real }),
  z.strictObject({
    kind: z.literal("steps"),
    energies: z.array(atLeast0).min(1).max(256).refine(rising, "energies must rise"),
    probabilities: z.array(z.number().min(0).max(1)).min(1).max(256),
  }),
  z.strictObject({ kind: z.literal("exponential") }),
]);
const alarm = z.strictObject({
  threshold: atLeast0,
  missRate: z.number().min(0).max(1),
  events: z.number().int().min(0),
  coverageFloor: z.number().min(0).max(1),
  scores: z.array(atLeast0).max(1_024),
});
/** What the head saw of ordinary operation: for the shift martingale and for the collapse detector. */
const ordinary = z.strictObject({
  /** V_s of ordinary frames in rising order, thinned out */
  energies: z.array(atLeast0).max(1_024),
  /** their standard deviation */
  spread: atLeast0,
  falseAlarmsPerHour: atLeast0,
});

/** The whole artefact but its name. */
export const headBody = z.strictObject({
  schema: z.literal(HEAD_SCHEMA),
  domain: text.min(1),
  /** events of the domain that it was trained to announce; left out: contact and collision */
  events: z.array(text.min(1)).max(32).optional(),
  /** how long before an event V_s shall rise */
  horizonMs: z.number().min(1).max(600_000),
  features: z.array(feature).min(1).max(FEATURES_MAX),
  featuresHash: text,
  model: z.discriminatedUnion("kind", [additive, network]),
  /** mean share of each feature in V_s; sums to 1 or, for an imported network, is the same for all */
  importance: z.array(z.number().min(0).max(1)).max(FEATURES_MAX),
  calibration,
  alarm,
  ordinary,
  training: z.strictObject({
    seed: z.number().int(),
    method: text,
    setting: z.record(text, real),
    /** what it was trained on: name, SHA-256 of the bytes, rows, positives */
    data: z
      .array(
        z.strictObject({ name: text, sha256: text, rows: z.number().int(), positives: z.number().int() }),
      )
      .max(4_096),
  }),
  metrics: z.record(text, real),
});
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
export type HeadBody = Frozen<z.infer<typeof headBody>>;
export type HeadArtefact = HeadBody & { readonly hash: string };

export interface HeadFault {
  readonly code: Extract<Code, "HEAD_UNREADABLE" | "HEAD_HASH_MISMATCH" | "HEAD_FEATURES_FOREIGN">;
  readonly detail: string;
}

export const headHash = (body: HeadBody): string => dualHash(canonicalBytes(body));

/** Names a finished head by its content; from then on it never changes. */
export function sealHead(body: HeadBody): HeadArtefact {
  return { ...body, hash: headHash(body) };
}

/** Believes nothing: shape, bounds, agreement of the parts, declared directions, hash. */
export function readHead(json: unknown): Result<HeadArtefact, HeadFault> {
  const parsed = headBody.extend({ hash: text }).safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return fault("HEAD_UNREADABLE", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not a head"}`);
  }
  const { hash, ...body } = parsed.data;
  if (headHash(body) !== hash) return fault("HEAD_HASH_MISMATCH", "content and hash do not belong together");
  const flaw = flawOf(body);
  return flaw === null ? ok(parsed.data) : fault("HEAD_UNREADABLE", flaw);
}
const fault = (code: HeadFault["code"], detail: string): { readonly ok: false; readonly error: HeadFault } =>
  err({ code, detail });

/** First disagreement between the parts, or null. */
export function flawOf(body: HeadBody): string | null {
  const n = body.features.length;
  if (new Set(body.features.map((f) => f.name)).size !== n) return "two features share a name";
  if (featureListHash(body.features) !== body.featuresHash)
    return "feature list and its hash do not belong together";
  if (body.importance.length !== n) return "importance needs one number per feature";
  if (
    body.calibration.kind === "steps" &&
    body.calibration.energies.length !== body.calibration.probabilities.length
  )
    return "calibration needs one probability per energy";
  return body.model.kind === "additive" ? additiveFlaw(body, body.model) : networkFlaw(body, body.model);
}

function additiveFlaw(
  body: HeadBody,
  model: Extract<HeadBody["model"], { kind: "additive" }>,
): string | null {
  for (const s of model.shapes) {
    const of = body.features[s.feature];
    if (of === undefined || s.knots.length !== s.values.length)
      return "a shape does not fit the feature list";
    if (!goes(s.values, of.direction)) return `the shape of ${of.name} breaks its direction`;
  }
  for (const p of model.pairs) {
    const [a, b] = [body.features[p.a], body.features[p.b]];
    const columns = p.knotsB.length;
    if (a === undefined || b === undefined || p.a === p.b || p.values.length !== p.knotsA.length * columns)
      return "a pair does not fit the feature list";
    for (let i = 0; i < p.knotsA.length; i++)
      if (!goes(p.values.slice(i * columns, (i + 1) * columns), b.direction))
        return `a pair breaks the direction of ${b.name}`;
    for (let j = 0; j < columns; j++)
      if (
        !goes(
          p.values.filter((_, at) => at % columns === j),
          a.direction,
        )
      )
        return `a pair breaks the direction of ${a.name}`;
  }
  return null;
}
const goes = (values: readonly number[], direction: number): boolean =>
  values.every((v, i) => i === 0 || (v - (values[i - 1] as number)) * direction >= 0);

function networkFlaw(body: HeadBody, model: Extract<HeadBody["model"], { kind: "network" }>): string | null {
  const n = body.features.length;
  if (model.mean.length !== n || model.scale.length !== n || model.reference.length !== n)
    return "normalisation does not fit the feature list";
  let width = n;
  for (const l of model.layers) {
    if (l.inputs !== width || l.weights.length !== l.inputs * l.outputs || l.bias.length !== l.outputs)
      return "layers do not fit together";
    width = l.outputs;
  }
  const last = model.layers[model.layers.length - 1];
  if (width !== 1 || (last?.activation !== "softplus" && last?.activation !== "relu"))
    return "the last layer must give one value that is never negative";
  return null;
}
