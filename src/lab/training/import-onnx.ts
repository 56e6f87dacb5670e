import { z } from "zod";
import { err, ok, type Result } from "../../core/base/result.ts";
import {
  bindHead,
  featureListHash,
  HEAD_SCHEMA,
  type HeadArtefact,
  type HeadFeature,
  sealHead,
} from "../../core/risk/index.ts";
import { networkOf, parseOnnx } from "./onnx.ts";

/** What an ONNX file does not say: which feature each input is, and how V_s is to be used. */
const importSchema = z.strictObject({
  domain: z.string().min(1).max(64),
  horizonMs: z.number().min(1).max(600_000),
  threshold: z.number().min(0),
  features: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(256),
        unit: z.string().max(64),
        group: z.string().min(1).max(64),
        direction: z.union([z.literal(1), z.literal(-1), z.literal(0)]),
        mean: z.number().default(0),
        scale: z.number().positive().default(1),
      }),
    )
    .min(1)
    .max(1_024),
});
export type ImportRequest = z.infer<typeof importSchema>;

/** An ONNX network and its feature file as a head. Declared directions must be provable, or it is refused. */
export function importOnnx(
  bytes: Uint8Array,
  request: unknown,
  dataSha256: string,
): Result<HeadArtefact, string> {
  const read = importSchema.safeParse(request);
  if (!read.success)
    return err(`feature file: ${read.error.issues[0]?.path.join(".")}: ${read.error.issues[0]?.message}`);
  const { domain, horizonMs, threshold } = read.data;
  const parsed = parseOnnx(bytes, read.data.features.length);
  if (!parsed.ok) return parsed;
  const features: HeadFeature[] = read.data.features.map(({ name, unit, group, direction }) => ({
    name,
    unit,
    group,
    direction,
  }));
  const n = features.length;
  const artefact = sealHead({
    schema: HEAD_SCHEMA,
    domain,
    horizonMs,
    features,
    featuresHash: featureListHash(features),
    model: networkOf(
      parsed.value.layers,
      n,
      read.data.features.map((f) => f.mean),
      read.data.features.map((f) => f.scale),
    ),
    importance: new Array<number>(n).fill(1 / n),
    calibration: parsed.value.endsInProbability
      ? { kind: "exponential" }
      : { kind: "logistic", slope: 1, offset: 0 },
    alarm: { threshold, missRate: 0, events: 0, coverageFloor: 0, scores: [] },
    ordinary: { energies: [], spread: 0, falseAlarmsPerHour: 0 },
    training: {
      seed: 0,
      method: "imported from ONNX",
      setting: {},
      data: [{ name: "network", sha256: dataSha256, rows: 0, positives: 0 }],
    },
    metrics: {},
  });
  const head = bindHead(artefact, features);
  return head.ok ? ok(artefact) : err(head.error.detail);
}
