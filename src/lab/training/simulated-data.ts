import {
  CLASSES,
  type ContactClass,
  createKit,
  createSim,
  drawScenario,
  FAMILIES,
  type Kit,
  ROBOT_FACTORY,
  type Scenario,
} from "../../../sim/index.ts";
import { createPrng } from "../../core/base/prng.ts";
import type { FrameCollector } from "./frame-collector.ts";

/** Families whose runs blind, freeze or silence a source: what nobody sees nobody can announce. */
const SIGHTLESS = ["sensor-blinded", "sensor-frozen", "sensor-lost"];

/** Which runs are drawn: so many of each class that a family has. */
export interface SimulatedSetting {
  readonly seed: number;
  readonly perClass: Readonly<Record<ContactClass, number>>;
  /** only these families; null: all but the sightless ones */
  readonly families: readonly string[] | null;
}
export interface SimulatedRun {
  readonly scenario: Scenario;
  readonly family: string;
  readonly wanted: ContactClass;
}
/** The list of runs that a seed names. A run that does not end in its class is kept: its label is what happened. */
export function* drawRuns(
  setting: SimulatedSetting,
  kit: Kit = createKit(ROBOT_FACTORY),
): Generator<SimulatedRun> {
  const stream = createPrng(setting.seed).split("simulated data");
  for (const family of FAMILIES) {
    if (setting.families === null ? SIGHTLESS.includes(family.name) : !setting.families.includes(family.name))
      continue;
    for (const wanted of CLASSES) {
      if (!family.classes.includes(wanted)) continue;
      for (let i = 0; i < setting.perClass[wanted]; i++) {
        const seed = stream.split(family.name).split(wanted).split(i).nextUint32();
        yield { scenario: drawScenario(kit, family, wanted, seed), family: family.name, wanted };
      }
    }
  }
}
export function countRuns(setting: SimulatedSetting): number {
  let count = 0;
  for (const family of FAMILIES) {
    if (setting.families === null ? SIGHTLESS.includes(family.name) : !setting.families.includes(family.name))
      continue;
    for (const wanted of CLASSES) if (family.classes.includes(wanted)) count += setting.perClass[wanted];
  }
  return count;
}

/** Runs one scenario to its contact or its end, with the arm doing its job whatever happens. */
export function collectRun(
  collector: FrameCollector,
  run: SimulatedRun,
  group: number,
): { readonly class: ContactClass; readonly contactUs: number } {
  const placeOf = new Map(collector.channels.map((c) => [c.config.address, c.index]));
  const sim = createSim({ scenario: run.scenario, obeys: false });
  collector.begin(`${run.family}/${run.wanted}/${run.scenario.seed}`, group);
  while (!sim.finished) {
    sim.step();
    const now = sim.now;
    sim.readings((channel, values, count) => {
      const index = placeOf.get(channel);
      if (index !== undefined) collector.sample(index, now, values, count);
    });
    const { contactAtUs } = sim.truth();
    if (contactAtUs < 0) continue;
    collector.event(contactAtUs);
    collector.end();
    return { class: sim.truth().class, contactUs: contactAtUs };
  }
  collector.end();
  return { class: sim.truth().class, contactUs: -1 };
}
