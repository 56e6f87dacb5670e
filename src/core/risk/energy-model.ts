import type { FaultEvent, Micros, Proposal, Sample } from "../domain/index.ts";
import type { FrameView } from "./feature-list.ts";
import { eventsByCode } from "./domains/registry.ts";
import type { Head } from "./head.ts";
import { createSmellWatch, type SmellReport, type SmellWatch, type WorkMode } from "./smells.ts";

/** What the energy needs of a bank of features. */
export interface FrameSource {
  /** what its frames hold, in their order; absent: nobody asks what the cell does */
  readonly features?: readonly { readonly name: string }[];
  sample(sample: Sample): void;
  fault(event: { readonly channel: number }): void;
  frame(t: number): FrameView;
  /** the last frame with this action in it */
  acted(proposal: Proposal): FrameView;
}
/** V_s of the cell with an action in it, and the shares that it is made of. */
export interface EnergyOfAction {
  /** null: not known */
  readonly value: number | null;
  readonly contributions: Readonly<Record<string, number>>;
}
/** Bank and head as the cell uses them: fed with every sample, asked at every tick. */
export interface LearnedEnergy {
  readonly modelHash: string;
  /** current alarm threshold; adaptive inference only ever lowers it */
  readonly threshold: number;
  readonly smells: SmellWatch;
  sample(sample: Sample): void;
  fault(event: FaultEvent): void;
  /** V_s ≥ 0, or null when it is not known */
  evaluate(t: Micros): number | null;
  /** V_s of the state that was evaluated last, with this action in it; the state's own numbers stay as they are */
  ofAction(proposal: Proposal): EnergyOfAction;
  contributions(): Readonly<Record<string, number>>;
  /** chance of a risk event within the head's horizon */
  probability(energy: number): number;
  /** something happened; what the head's domain calls an event should have been announced by V_s */
  event(t: Micros, code: string): void;
}

export function createLearnedEnergy(setting: {
  readonly bank: FrameSource;
  readonly head: Head;
  readonly seed: number;
  readonly report: SmellReport;
}): LearnedEnergy {
  const { bank, head, report } = setting;
  const smells = createSmellWatch(head.artefact, setting.seed, report);
  const events = eventsByCode(head.artefact.domain);
  const { events: learned = CONTACTS } = head.artefact;
  const isLearned = (event: string): boolean => learned.includes(event);
  let known = true;
  let last = Number.NaN;
  let state: FrameView | null = null;
  const modeOf = modeReader(bank);
  const shares = (): Record<string, number> => {
    const found = head.contributions();
    const record: Record<string, number> = {};
    for (let i = 0; i < found.length; i++)
      if (found[i] !== 0) record[head.names[i] as string] = found[i] as number;
    return record;
  };
  return {
    modelHash: head.hash,
    get threshold() {
      return smells.threshold;
    },
    smells,
    sample: (sample) => bank.sample(sample),
    fault: (event) => bank.fault(event),
    evaluate(t) {
      const frame = bank.frame(t);
      state = frame;
      last = head.evaluate(frame);
      const isKnown = isEnergy(last);
      if (isKnown !== known)
        report("VS_UNKNOWN", !isKnown, "too many of its features are missing, or one is not a number");
      known = isKnown;
      if (!isKnown) return null;
      smells.energy(t, last, movementOf(frame), modeOf(frame));
      return last;
    },
    ofAction(proposal) {
      // an action in a state that nobody knows is not known either
      if (state === null || !known) return { value: null, contributions: {} };
      const value = head.evaluate(bank.acted(proposal));
      const found = isEnergy(value) ? { value, contributions: shares() } : { value: null, contributions: {} };
      // the head keeps the shares of what it evaluated last: they belong to the state
      head.evaluate(state);
      return found;
    },
    contributions: () => (known ? shares() : {}),
    probability: (energy) => head.probability(energy),
    event(t, code) {
      const event = events.get(code);
      if (event !== undefined) smells.event(t, `${event} (${code})`, isLearned(event));
    },
  };
}

const isEnergy = (value: number): boolean => value >= 0 && value < Number.POSITIVE_INFINITY;

/** joints slower than this share of their limits stand still */
const STANDING_SHARE = 0.01;
/** What the cell does, from how fast its joints or its tool move; without either there is one mode only. */
function modeReader({ features = [] }: FrameSource): (frame: FrameView) => WorkMode {
  const place = ["joint_speed_share", "tool_speed_m_s"]
    .map((name) => features.findIndex((feature) => feature.name === name))
    .find((at) => at >= 0);
  if (place === undefined) return () => "moving";
  return ({ values, present }) =>
    present[place] === 1 && (values[place] as number) < STANDING_SHARE ? "standing" : "moving";
}

/** what a head announces that does not say it: older heads learned contacts alone */
const CONTACTS: readonly string[] = ["contact", "collision"];

/** Enough to tell a still frame from a moving one: a weighted sum that changes when any value does. */
const previous = new WeakMap<Float64Array, { sum: number }>();
function movementOf(frame: FrameView): number {
  let sum = 0;
  for (let i = 0; i < frame.values.length; i++) sum += (frame.values[i] as number) / (i + 1);
  const held = previous.get(frame.values);
  if (held === undefined) {
    previous.set(frame.values, { sum });
    return 0;
  }
  const moved = Math.abs(sum - held.sum);
  held.sum = sum;
  return moved;
}
