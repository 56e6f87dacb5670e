import {
  createKit,
  createSim,
  drawScenario,
  familyNamed,
  type Kit,
  ROBOT_FACTORY,
} from "../../../sim/index.ts";
import {
  channelIndexOf,
  type Deployment,
  epochMicrosOf,
  microsOf,
  NO_SOURCE_SEQ,
  type Sample,
  seqOf,
} from "../../core/domain/index.ts";
import { createFeatureBank } from "../../core/features/index.ts";
import type { Measurement, Side } from "../../core/promotion/index.ts";
import type { Head } from "../../core/risk/index.ts";
import { createKinematics } from "../../core/robot/index.ts";
import { violationsOf } from "./measure-cell.ts";
import type { Task } from "./task.ts";
import { hindsightEnergy } from "./yardstick.ts";

const TICK_US = 10_000;
/** windows are still filling */
const SETTLE_US = 300_000;
let kit: Kit | null = null;

/** Follows one head through a scenario in which nobody stops the arm: what it would have let happen. */
class HeadSide {
  readonly head: Head | null;
  readonly #stopUs: number;
  #energy = 0;
  #score: number | null = null;
  #firstAlarmUs = -1;
  #alarmTicks = 0;
  #freeTicks = 0;
  /** when the arm would stand still after the present alarm; −1: no alarm */
  #stillAtUs = -1;

  constructor(head: Head | null, stopUs: number) {
    this.head = head;
    this.#stopUs = stopUs;
  }
  tick(t: number, frame: { values: Float64Array; present: Uint8Array }): void {
    const v = this.head === null ? 0 : this.head.evaluate(frame);
    // unknown is RED in the cell, so it is an alarm here
    const alarm = this.head !== null && !(v < this.head.threshold);
    if (this.head !== null && v >= 0 && v < Number.POSITIVE_INFINITY)
      this.#score = Math.max(this.#score ?? 0, v / Math.max(this.head.threshold, 1e-12));
    if (alarm) this.#alarmTicks++;
    else this.#freeTicks++;
    if (alarm && this.#firstAlarmUs < 0) this.#firstAlarmUs = t;
    if (alarm && this.#stillAtUs < 0) this.#stillAtUs = t + this.#stopUs;
    if (!alarm) this.#stillAtUs = -1;
  }
  observe(t: number, energy: number): void {
    if (this.#stillAtUs < 0 || t < this.#stillAtUs) this.#energy = Math.max(this.#energy, energy);
  }
  result(contactAtUs: number, violations: Record<string, number>): Side {
    const stopped = this.#firstAlarmUs >= 0;
    const inTime = stopped && (contactAtUs < 0 || this.#firstAlarmUs + this.#stopUs <= contactAtUs);
    return {
      energy: this.#energy,
      score: this.#score,
      stopped,
      inTime,
      decisions: [this.#freeTicks, this.#alarmTicks],
      // an alarm that comes after the contact, or too late to stand still before it, prevents nothing
      violations: inTime ? {} : violations,
    };
  }
}

export interface Heads {
  readonly deployment: Deployment;
  readonly urdf: string | undefined;
  /** null: the cell has no head */
  readonly before: Head | null;
  readonly after: Head;
}
/** Both heads hear the same run: common random numbers by construction. */
export function measureHeads(task: Task, { deployment, urdf, before, after }: Heads): Measurement {
  kit ??= createKit(ROBOT_FACTORY);
  const family = familyNamed(task.family);
  if (family === undefined) throw new RangeError(`no family is called "${task.family}"`);
  const sim = createSim({ scenario: drawScenario(kit, family, task.class, task.seed), obeys: false });
  const channels = Object.entries(deployment.channels).map(([name, config], index) => ({
    index,
    name,
    config,
  }));
  const placeOf = new Map(channels.map((c) => [c.config.address, c.index]));
  const bank = createFeatureBank({
    deployment,
    channels,
    kinematics: createKinematics(deployment.robot, urdf),
  });
  const stopUs = deployment.robot.stopTimeMs * 1_000;
  const sides = [new HeadSide(before, stopUs), new HeadSide(after, stopUs)] as const;
  const rows = channels.map(() => new Float64Array(0));
  let seq = 0;
  let due = SETTLE_US;
  while (!sim.finished) {
    sim.step();
    sim.readings((channel, values, count, stampUs, sourceSeq) => {
      const index = placeOf.get(channel);
      if (index === undefined) return;
      if (rows[index]!.length !== count) rows[index] = new Float64Array(count);
      const row = rows[index]!;
      for (let i = 0; i < count; i++) row[i] = values[i]!;
      bank.sample(sampleOf(sim.now, seq++, index, row, stampUs, sourceSeq));
    });
    const truth = sim.truth();
    if (sim.now >= due) {
      const frame = bank.frame(due);
      for (const side of sides) side.tick(due, frame);
      due += TICK_US;
    }
    const energy = hindsightEnergy(truth);
    for (const side of sides) side.observe(sim.now, energy);
  }
  const truth = sim.truth();
  const { contactAtUs, class: happened } = truth;
  const violations = violationsOf(truth);
  const [a, b] = sides.map((side) => side.result(contactAtUs, violations)) as [Side, Side];
  return {
    scenario: task.name,
    family: task.family,
    set: task.set,
    sampled: task.sampled,
    // what the cell masters today must not be lost; what nobody can see is no test of a head
    hard: happened === "collide" && (before === null ? false : a.inTime),
    // a near miss deserves its alarm: only what stayed far is harmless
    risky: happened !== "miss",
    baseline: a,
    candidate: b,
  };
}

const sampleOf = (
  t: number,
  seq: number,
  index: number,
  values: Float64Array,
  stampUs: number,
  sourceSeq: number,
): Sample => ({
  kind: "sample",
  t: microsOf(t),
  seq: seqOf(seq),
  channel: channelIndexOf(index),
  stamp: epochMicrosOf(stampUs),
  sourceSeq: sourceSeq ?? NO_SOURCE_SEQ,
  values,
});
