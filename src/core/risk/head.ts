import { err, ok, type Result } from "../base/result.ts";
import { createAdditiveEvaluator, type Evaluator } from "./additive.ts";
import { type HeadArtefact, type HeadFault, readHead } from "./artefact.ts";
import { probabilityOf } from "./calibration.ts";
import type { FrameView, HeadFeature } from "./feature-list.ts";
import { createNetworkEvaluator, unprovenDirections } from "./network.ts";

/** Groups that an action brings along: without one they say nothing, and nothing is missing. */
export const ACTION_GROUPS: ReadonlySet<string> = new Set(["plan", "program", "decision", "hidden"]);
/** Less than this share of what V_s of the cell usually rests on is present: it is not known. */
export const KNOWN_SHARE_MIN = 0.5;

/** A verified head, bound to the features that a cell makes. Allocates nothing per evaluation. */
export interface Head {
  readonly artefact: HeadArtefact;
  readonly hash: string;
  /** above this V_s counts as an alarm */
  readonly threshold: number;
  /** names of the contributions, in their order */
  readonly names: readonly string[];
  /** features of the head that the cell does not make */
  readonly absent: readonly string[];
  /** V_s ≥ 0; NaN: not known (too much is missing, or a value is not a number) */
  evaluate(frame: FrameView): number;
  /** shares of the value that evaluate gave last; they sum to it. Reused: copy what is needed later. */
  contributions(frame?: FrameView): Float64Array;
  /** chance of a risk event within the head's horizon */
  probability(energy: number): number;
}

/** Reads a head and binds it to the features of a cell (a bank's list, or the head's own for tables). */
export function loadHead(json: unknown, features?: readonly HeadFeature[]): Result<Head, HeadFault> {
  const read = readHead(json);
  if (!read.ok) return read;
  return bindHead(read.value, features ?? read.value.features);
}

export function bindHead(artefact: HeadArtefact, features: readonly HeadFeature[]): Result<Head, HeadFault> {
  const foreign = (detail: string) => err<HeadFault>({ code: "HEAD_FEATURES_FOREIGN", detail });
  const placeOf = new Map(features.map((f, i) => [f.name, i]));
  const places = new Int32Array(artefact.features.length).fill(-1);
  const absent: string[] = [];
  for (const [i, wanted] of artefact.features.entries()) {
    const place = placeOf.get(wanted.name);
    const made = place === undefined ? undefined : features[place];
    if (place === undefined || made === undefined) {
      absent.push(wanted.name);
      continue;
    }
    if (made.unit !== wanted.unit || made.group !== wanted.group || made.direction !== wanted.direction)
      return foreign(
        `${wanted.name} is ${made.unit}, ${made.group}, ${made.direction} here; the head expects ${wanted.unit}, ${wanted.group}, ${wanted.direction}`,
      );
    places[i] = place;
  }
  const { model } = artefact;
  if (model.kind === "network") {
    const unproven = unprovenDirections(model, artefact.features);
    if (unproven.length > 0)
      return err({
        code: "HEAD_UNREADABLE",
        detail: `the network may break the direction of ${unproven.join(", ")}`,
      });
  }
  const known = artefact.importance.reduce(
    (sum, share, i) => sum + ((places[i] as number) >= 0 ? share : 0),
    0,
  );
  if (known < KNOWN_SHARE_MIN)
    return foreign(
      `the cell makes only ${Math.round(known * 100)} % of what the head rests on; missing: ${absent.join(", ")}`,
    );
  return ok(createHead(artefact, places, absent));
}

function createHead(artefact: HeadArtefact, places: Int32Array, absent: readonly string[]): Head {
  const { model } = artefact;
  const n = artefact.features.length;
  const evaluator: Evaluator =
    model.kind === "additive"
      ? createAdditiveEvaluator(model, n, places)
      : createNetworkEvaluator(model, n, places);
  const importance = Float64Array.from(artefact.importance, (share, i) =>
    ACTION_GROUPS.has((artefact.features[i] as HeadFeature).group) ? 0 : share,
  );
  const wanted = KNOWN_SHARE_MIN * importance.reduce((sum, share) => sum + share, 0);
  const names = artefact.features.map((f) => f.name);
  const evaluate = (frame: FrameView): number => {
    let known = 0;
    for (let i = 0; i < n; i++) {
      const place = places[i] as number;
      if (place >= 0 && frame.present[place] === 1) known += importance[i] as number;
    }
    return known < wanted ? Number.NaN : evaluator.evaluate(frame);
  };
  return {
    artefact,
    hash: artefact.hash,
    threshold: artefact.alarm.threshold,
    names: model.kind === "network" ? [...names, "reference"] : names,
    absent,
    evaluate,
    contributions(frame) {
      if (frame !== undefined) evaluate(frame);
      return evaluator.contributions;
    },
    probability: (energy) => probabilityOf(artefact.calibration, energy),
  };
}
