import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalText } from "../src/core/base/canonical.ts";
import { createPrng, type Prng } from "../src/core/base/prng.ts";
import { err, ok, type Result } from "../src/core/base/result.ts";
import type { CellDescription } from "../src/core/physics/index.ts";
import { createSim } from "./create-sim.ts";
import { happened, labelOf } from "./label.ts";
import { EMBEDDED_VERSION } from "./open-engine.ts";
import { CLASSES, type ContactClass, type Scenario } from "./scenario.ts";
import { drawScenario, FAMILIES, familyNamed, type Kit } from "./scenarios/index.ts";
import { cellHash, scenarioHash, sha256 } from "./world-hash.ts";

/** A fixed set of scenarios. What training, calibration and promotion may see is disjoint; nobody sees `untouched` before a release. */
export const SPLITS = ["train", "calibration", "promotion", "untouched"] as const;
export type Split = (typeof SPLITS)[number];
export const BATTERY_FORMAT = "cellgate.battery/1";
const SHARES: readonly (readonly [Split, number])[] = [
  ["train", 0.5],
  ["calibration", 0.65],
  ["promotion", 0.9],
  ["untouched", 1],
];

const entrySchema = z.strictObject({
  family: z.string(),
  class: z.enum(CLASSES),
  seed: z.number().int(),
  split: z.enum(SPLITS),
  /** SHA-256 of the whole scenario: a changed generator is noticed */
  scenario_sha256: z.string().length(64),
});
const batterySchema = z.strictObject({
  format: z.literal(BATTERY_FORMAT),
  name: z.string(),
  seed: z.number().int(),
  cell_sha256: z.string().length(64),
  /** draws that did not end in the class they were drawn for and were left out */
  left_out: z.number().int(),
  entries: z.array(entrySchema),
  sha256: z.string().length(64),
});
export type Battery = z.infer<typeof batterySchema>;
export type BatteryEntry = z.infer<typeof entrySchema>;

const folderOf = (name: string): string => join(import.meta.dirname, "batteries", name);
export const batteryFile = (name: string): string => join(folderOf(name), "manifest.json");

/** The battery as it is fixed in the tree; its hash is checked. */
export function loadBattery(name: string): Result<Battery, string> {
  const file = batteryFile(name);
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(file)) return err(`no battery is called "${name}"`);
  const read = batterySchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!read.success) return err(`${file}: ${read.error.issues[0]?.message}`);
  const { sha256: stated, ...body } = read.data;
  return sha256(canonicalText(body)) === stated
    ? ok(read.data)
    : err(`${file}: its hash does not fit; it was edited`);
}

/** The scenario that an entry names; words when the generator no longer gives the same one. */
export function scenarioOf(kit: Kit, entry: BatteryEntry): Result<Scenario, string> {
  const family = familyNamed(entry.family);
  if (family === undefined) return err(`no family is called "${entry.family}"`);
  const scenario = drawScenario(kit, family, entry.class, entry.seed);
  return scenarioHash(scenario) === entry.scenario_sha256
    ? ok(scenario)
    : err(`${scenario.name}: the generator gives another scenario than the battery fixed`);
}

const WEIGHTS: Readonly<Record<ContactClass, number>> = { miss: 1, near: 3, touch: 2, collide: 1 };

/** Family and class are drawn with equal weight for each pair that exists; near misses count triple, touches double. */
function drawPair(prng: Prng): { family: (typeof FAMILIES)[number]; wanted: ContactClass } {
  const pairs = FAMILIES.flatMap((family) =>
    family.classes.flatMap((wanted) => Array.from({ length: WEIGHTS[wanted] }, () => ({ family, wanted }))),
  );
  return pairs[Math.floor(prng.nextFloat() * pairs.length)]!;
}

/** Draws a battery anew: each scenario from the generator, kept when its class really happens on the embedded engine. */
export function drawBattery(
  name: string,
  kit: Kit,
  seed: number,
  size: number,
  progress: (done: number) => void,
): Battery {
  const root = createPrng(seed).split("battery").split(name);
  const entries: BatteryEntry[] = [];
  let leftOut = 0;
  for (let draw = 0; entries.length < size; draw++) {
    const prng = root.split(draw);
    const { family, wanted } = drawPair(prng);
    const own = prng.nextUint32();
    const scenario = drawScenario(kit, family, wanted, own);
    const place = prng.nextFloat();
    if (!reallyHappens(kit.cell, scenario)) {
      leftOut++;
      continue;
    }
    const split = SHARES.find(([, upTo]) => place < upTo)![0];
    entries.push({
      family: family.name,
      class: wanted,
      seed: own,
      split,
      scenario_sha256: scenarioHash(scenario),
    });
    progress(entries.length);
  }
  const body = {
    format: BATTERY_FORMAT,
    name,
    seed,
    cell_sha256: cellHash(kit.cell),
    left_out: leftOut,
    entries,
  } as const;
  return { ...body, sha256: sha256(canonicalText(body)) };
}

function reallyHappens(cell: CellDescription, scenario: Scenario): boolean {
  const sim = createSim({ cell, scenario, obeys: false });
  while (!sim.finished) void sim.step();
  return happened(labelOf(scenario, sim.truth(), { engine: "embedded", version: EMBEDDED_VERSION }));
}
