import { assert } from "../base/assert.ts";
import { MAX_CHANNELS, type Proposal, type Sample } from "../domain/index.ts";
import type { FeatureFamily, FeatureSetting, FeatureSource, FeatureSpec } from "./feature.ts";
import { FEATURE_FAMILIES } from "./registry.ts";

/** A feature as a frame holds it: the spec and the group that it is present or missing with. */
export interface FrameFeature extends FeatureSpec {
  readonly group: string;
}
/** All features at one moment. Reused by the bank: who needs it later copies it. */
export interface Frame {
  readonly t: number;
  readonly values: Float64Array;
  /** 1: the value counts; 0: its group is missing now and the value is 0 */
  readonly present: Uint8Array;
}
/** Everything that the features of one cell remember. Fed in the order of the tape. */
export interface FeatureBank {
  readonly features: readonly FrameFeature[];
  sample(sample: Sample): void;
  fault(event: { readonly channel: number }): void;
  frame(t: number): Frame;
  /** the last frame with this action in it: what the cell says stays as it was. Reused like the frame. */
  acted(proposal: Proposal): Frame;
}

interface Seat {
  readonly source: FeatureSource;
  readonly at: number;
  readonly width: number;
}

export function createFeatureBank(
  setting: FeatureSetting,
  families: readonly FeatureFamily[] = FEATURE_FAMILIES,
): FeatureBank {
  const features: FrameFeature[] = [];
  const seats: Seat[] = [];
  for (const family of families) {
    const source = family.build(setting);
    if (source === null) continue;
    seats.push({ source, at: features.length, width: source.specs.length });
    features.push(...source.specs.map((spec) => ({ ...spec, group: family.name })));
  }
  assert(new Set(features.map((f) => f.name)).size === features.length, "two features share a name");
  const listeners = listenersOf(seats);
  const hearers = listeners.map((sources) => sources.filter(hears));
  const emptyFrame = () => ({
    t: -1,
    values: new Float64Array(features.length),
    present: new Uint8Array(features.length),
  });
  const frame = emptyFrame();
  const acted = emptyFrame();
  const aboutActions = seats.filter(({ source }) => source.onProposal !== undefined);
  return {
    features,
    sample(sample) {
      const wanted = hearers[sample.channel];
      if (wanted === undefined) return;
      for (let i = 0; i < wanted.length; i++) (wanted[i] as Listening).onSample(sample);
    },
    fault({ channel }) {
      for (const source of listeners[channel] ?? []) source.onFault?.(channel);
    },
    frame(t) {
      frame.t = t;
      for (let i = 0; i < seats.length; i++) write(seats[i] as Seat, frame);
      return frame;
    },
    acted(proposal) {
      acted.t = frame.t;
      acted.values.set(frame.values);
      acted.present.set(frame.present);
      for (const seat of aboutActions) {
        seat.source.onProposal?.(proposal);
        write(seat, acted);
        seat.source.onProposal?.(null);
      }
      return acted;
    },
  };
}

function write({ source, at, width }: Seat, { t, values, present }: Frame): void {
  const found = source.write(t, values, at) ? 1 : 0;
  for (let k = at; k < at + width; k++) {
    present[k] = found;
    if (found === 0) values[k] = 0;
  }
}

type Listening = FeatureSource & Required<Pick<FeatureSource, "onSample">>;
const hears = (source: FeatureSource): source is Listening => source.onSample !== undefined;

function listenersOf(seats: readonly Seat[]): readonly (readonly FeatureSource[])[] {
  const listeners: FeatureSource[][] = Array.from({ length: MAX_CHANNELS }, () => []);
  for (const { source } of seats) for (const channel of source.listens) listeners[channel]?.push(source);
  return listeners;
}
