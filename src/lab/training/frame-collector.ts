import {
  channelIndexOf,
  type Deployment,
  epochMicrosOf,
  microsOf,
  NO_SOURCE_SEQ,
  NO_STAMP,
  type Proposal,
  type Quantity,
  type Sample,
  seqOf,
} from "../../core/domain/index.ts";
import {
  createFeatureBank,
  type FeatureBank,
  type FeatureChannel,
  type FrameFeature,
} from "../../core/features/index.ts";
import type { Kinematics } from "../../core/robot/index.ts";
import { GrowingTable, type LabelledTable } from "./growing-table.ts";

export interface CollectorSetting {
  readonly deployment: Deployment;
  readonly kinematics: Kinematics;
  /** groups of features to keep; null: all */
  readonly groups: readonly string[] | null;
  /** features of those groups to leave out all the same */
  readonly without: readonly string[];
  /** 0: only frames that `keep` is asked for */
  readonly framePeriodUs: number;
  readonly horizonUs: number;
  /** rows this long after an event belong to neither side: the cell is recovering */
  readonly recoveryUs: number;
  /** frames before this are not kept: windows are still filling */
  readonly settleUs: number;
  /** events by name that count; what the recordings tell of others is left alone */
  readonly events?: readonly string[];
}
export const FRAME_PERIOD_US = 10_000;
export const RECOVERY_US = 2_000_000;
export const SETTLE_US = 300_000;

/** frames of an action that runs lie further apart: they are as many in sum as what they tell */
const ACTION_FRAME_PERIOD_US = 50_000;

interface HeldRow {
  readonly t: number;
  readonly values: Float64Array;
  readonly present: Uint8Array;
  readonly action: HeldAction | null;
}
/** A recorded action, from the moment in which it was proposed. */
interface HeldAction {
  readonly id: string;
  readonly proposal: Proposal;
  readonly from: number;
  next: number;
  /** −1: it has not ended */
  until: number;
  /** an actuator took it up: only then does anybody know what came of it */
  carried: boolean;
}

/** Feeds recordings through the same bank of features as the live node and keeps a frame at every due time. */
export class FrameCollector {
  readonly channels: readonly FeatureChannel[];
  readonly table: GrowingTable;
  readonly #setting: CollectorSetting;
  readonly #pick: Int32Array;
  readonly #sample: { -readonly [K in keyof Sample]: Sample[K] };
  readonly #rows: Float64Array[];
  #bank: FeatureBank;
  #held: HeldRow[] = [];
  #events: number[] = [];
  #actions: HeldAction[] = [];
  #stops: StopEdges;
  #now = 0;
  #next = 0;
  #source = -1;
  #group = -1;
  #seq = 0;

  constructor(setting: CollectorSetting) {
    this.#setting = setting;
    this.channels = Object.entries(setting.deployment.channels).map(([name, config], index) => ({
      index,
      name,
      config,
    }));
    this.#bank = this.#makeBank();
    const kept = keptFeatures(this.#bank.features, setting);
    this.#pick = Int32Array.from(kept, (k) => k.place);
    this.table = new GrowingTable(
      kept.map(({ feature: { name, unit, group, direction } }) => ({ name, unit, group, direction })),
    );
    this.#rows = [];
    this.#stops = new StopEdges(this.channels);
    this.#sample = {
      kind: "sample",
      t: microsOf(0),
      seq: seqOf(0),
      channel: channelIndexOf(0),
      stamp: NO_STAMP,
      sourceSeq: NO_SOURCE_SEQ,
      values: new Float64Array(0),
    };
  }
  #makeBank(): FeatureBank {
    const { deployment, kinematics } = this.#setting;
    return createFeatureBank({ deployment, kinematics, channels: this.channels });
  }

  /** A new recording: nothing of the one before is remembered. Recordings of one `group` are never separated. */
  begin(name: string, group: number): void {
    this.end();
    this.#bank = this.#makeBank();
    this.#source = this.table.source(name);
    this.#group = group;
    this.#stops = new StopEdges(this.channels);
    this.#now = 0;
    this.#next = this.#setting.settleUs;
    this.#seq = 0;
  }
  /** One reading, in the order of time. */
  sample(channel: number, t: number, values: ArrayLike<number>, count: number): void {
    this.advance(t);
    const row = this.#rowOf(channel, count);
    for (let i = 0; i < count; i++) row[i] = values[i] as number;
    this.#sample.t = microsOf(t);
    this.#sample.seq = seqOf(this.#seq++);
    this.#sample.channel = channelIndexOf(channel);
    this.#sample.stamp = epochMicrosOf(-1);
    this.#sample.values = row;
    this.#bank.sample(this.#sample);
    const stop = this.#stops.see(channel, row);
    if (stop !== null) this.happened(t, stop);
  }
  fault(channel: number, t: number): void {
    this.advance(t);
    this.#bank.fault({ channel });
  }
  /** Something that should have been foreseen. */
  event(t: number): void {
    this.#events.push(t);
  }
  /** An event that a recording tells of by its name in the domain. false: such events do not count here. */
  happened(t: number, name: string): boolean {
    const counts = this.#setting.events?.includes(name) === true;
    const { horizonUs } = this.#setting;
    // one thing that happened may be told twice, by the input and by the cell
    if (!counts || this.#events.some((e) => Math.abs(t - e) <= horizonUs)) return false;
    this.event(t);
    return true;
  }
  /** An action was proposed; its frames count once somebody took it up. */
  proposed(t: number, id: string, proposal: Proposal): void {
    this.advance(t);
    const action = { id, proposal, from: t, next: t, until: -1, carried: false };
    this.#actions.push(action);
    this.#bank.frame(t);
    this.#takeAction(t, action);
  }
  /** What its actuator said of it. */
  reported(t: number, id: string, report: "accepted" | "failed" | "completed" | "aborted"): void {
    this.advance(t);
    const action = this.#actions.findLast((a) => a.id === id && a.until < 0);
    if (action === undefined) return;
    if (report !== "failed") action.carried = true;
    if (report !== "accepted") action.until = t;
  }
  /** events of the present recording so far */
  get eventCount(): number {
    return this.#events.length;
  }
  /** actions of the present recording that were carried out */
  get carriedOut(): number {
    return this.#actions.filter((a) => a.carried).length;
  }
  /** A frame that comes with its label: rows of a table that was labelled by hand. No others are taken then. */
  keep(t: number, label: number, group: number): void {
    const frame = this.#bank.frame(t);
    this.table.add({
      values: frame.values,
      present: frame.present,
      pick: this.#pick,
      label,
      group,
      t,
      source: this.#source,
    });
  }
  /** Takes the frames that are due before `t`. */
  advance(t: number): void {
    this.#now = Math.max(this.#now, t);
    if (this.#setting.framePeriodUs === 0) return;
    while (this.#next <= t) {
      this.#take(this.#next);
      this.#next += this.#setting.framePeriodUs;
    }
  }
  #take(t: number): void {
    const frame = this.#bank.frame(t);
    this.#held.push({ t, values: frame.values.slice(), present: frame.present.slice(), action: null });
    for (const action of this.#actions) if (action.until < 0 && t >= action.next) this.#takeAction(t, action);
  }
  #takeAction(t: number, action: HeldAction): void {
    action.next = t + ACTION_FRAME_PERIOD_US;
    const { values, present } = this.#bank.acted(action.proposal);
    this.#held.push({ t, values: values.slice(), present: present.slice(), action });
  }
  /** Labels the frames of the recording, now that its events are known. */
  end(): void {
    const { horizonUs, recoveryUs } = this.#setting;
    for (const { t, values, present, action } of this.#held) {
      if (action?.carried === false) continue;
      // an action is risky as a whole when something happened while it ran
      const until = action === null ? t + horizonUs : action.until < 0 ? this.#now : action.until;
      const ahead = this.#events.some((e) => e >= t && e <= until);
      const after = this.#events.some((e) => t > e && t <= e + recoveryUs);
      if (after && !ahead) continue;
      this.table.add({
        values,
        present,
        pick: this.#pick,
        label: ahead ? 1 : 0,
        group: this.#group,
        t,
        source: this.#source,
        ofAction: action !== null,
      });
    }
    for (const t of this.#events) this.table.event(this.#source, t);
    this.#held = [];
    this.#events = [];
    this.#actions = [];
  }
  finish(): LabelledTable {
    this.end();
    return this.table.finish();
  }
  #rowOf(channel: number, count: number): Float64Array {
    const row = this.#rows[channel];
    if (row !== undefined && row.length === count) return row;
    const made = new Float64Array(count);
    this.#rows[channel] = made;
    return made;
  }
}

function keptFeatures(
  features: readonly FrameFeature[],
  { groups, without }: CollectorSetting,
): { feature: FrameFeature; place: number }[] {
  return features
    .map((feature, place) => ({ feature, place }))
    .filter(
      ({ feature }) => (groups === null || groups.includes(feature.group)) && !without.includes(feature.name),
    );
}

/** Stops that the inputs themselves tell of, as they begin. */
class StopEdges {
  readonly #nameOf: readonly (string | null)[];
  readonly #healthy: Uint8Array;

  constructor(channels: readonly FeatureChannel[]) {
    this.#nameOf = channels.map(({ config }) => STOP_INPUTS[config.quantity] ?? null);
    this.#healthy = new Uint8Array(channels.length);
  }
  /** the event that begins with this reading, or null */
  see(channel: number, row: Float64Array): string | null {
    const name = this.#nameOf[channel] ?? null;
    if (name === null) return null;
    const healthy = row.every((value) => value === 1);
    const began = !healthy && this.#healthy[channel] === 1;
    this.#healthy[channel] = healthy ? 1 : 0;
    return began ? name : null;
  }
}
/** a part that the gripper puts down is no event: what a grip channel means, the cell alone can say */
const STOP_INPUTS: Readonly<Partial<Record<Quantity, string>>> = {
  estop: "estop",
  estopDual: "estop",
  protectiveStop: "protective_stop",
};
