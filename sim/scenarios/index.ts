import { assert } from "../../src/core/base/assert.ts";
import { createPrng, type Prng } from "../../src/core/base/prng.ts";
import { workPlan } from "../arm-path.ts";
import type { CellDescription } from "../../src/core/physics/index.ts";
import { standing, track } from "../person.ts";
import { CLASSES, type ContactClass, type Scenario } from "../scenario.ts";
import { FAULT_FAMILIES } from "./fault-families.ts";
import { between, type Built, type Family, type Kit, SCENARIO_US, walking } from "./kit.ts";
import { PERSON_FAMILIES } from "./person-families.ts";

export { createKit, type Family, type Kit } from "./kit.ts";
export const FAMILIES: readonly Family[] = [...PERSON_FAMILIES, ...FAULT_FAMILIES];
export const familyNamed = (name: string): Family | undefined =>
  FAMILIES.find((family) => family.name === name);

const DRAWS_MAX = 200;

/** The scenario of a family and class that a seed names. */
export function drawScenario(kit: Kit, family: Family, wanted: ContactClass, seed: number): Scenario {
  assert(family.classes.includes(wanted), `${family.name} never ends as ${wanted}`);
  const stream = createPrng(seed).split(family.name).split(wanted);
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const prng = stream.split(draw);
    const built = family.build(kit, prng, wanted);
    if (built !== null)
      return complete(kit.cell, built, perturb(prng.split("perturbation"), kit.cell), {
        name: `${family.name}-${wanted}-${seed}`,
        family: family.name,
        seed,
        expected: wanted,
      });
  }
  assert(false, `${family.name}/${wanted}: no case in ${DRAWS_MAX} draws from seed ${seed}`);
}

/** What differs from day to day: friction, load, noise, latencies, a drifting force sensor. */
function perturb(prng: Prng, cell: CellDescription): Partial<Scenario> {
  const nominalKg = cell.tool.payloadKg;
  return {
    frictionFactor: between(prng, 0.5, 2),
    noiseFactor: between(prng, 0.6, 1.8),
    sensorLatencyUs: Math.floor(between(prng, 0, 8)) * 1_000,
    actuatorLatencyUs: Math.floor(between(prng, 1, 20)) * 1_000,
    payload: { nominalKg, actualKg: nominalKg + between(prng, -0.2, 0.2), dropAtUs: -1, slipAtUs: -1 },
    sensorFaults: [
      {
        channel: "wrist_ft",
        kind: "drift",
        offset: between(prng, -1.5, 1.5),
        fromUs: 0,
        untilUs: SCENARIO_US,
      },
    ],
  };
}

type Identity = Pick<Scenario, "name" | "family" | "seed" | "expected">;
function complete(
  cell: CellDescription,
  built: Built,
  perturbed: Partial<Scenario>,
  identity: Identity,
): Scenario {
  const nominalKg = cell.tool.payloadKg;
  const quiet = {
    durationUs: SCENARIO_US,
    payload: { nominalKg, actualKg: nominalKg, dropAtUs: -1, slipAtUs: -1 },
    cable: null,
    sensorFaults: [],
    presses: [],
    frictionFactor: 0,
    noiseFactor: 1,
    sensorLatencyUs: 0,
    actuatorLatencyUs: 0,
    operator: [],
    repeatUs: 0,
  };
  const merged = { ...quiet, ...perturbed, ...built, ...identity };
  const { payload } = built;
  return {
    ...merged,
    sensorFaults: [...(perturbed.sensorFaults ?? []), ...(built.sensorFaults ?? [])],
    payload:
      payload === undefined
        ? merged.payload
        : { ...payload, actualKg: perturbed.payload?.actualKg ?? payload.actualKg },
  };
}

/** The demonstration: the robot works, a person walks in, looks, leaves; an operator resets, then resumes. Again and again. */
function walkIn(kit: Kit, seed: number): Scenario {
  const repeatUs = 24_000_000;
  const body = {
    ...track([3, 1.6, 0], [4, 7.5, [1.35, 0.35, 0]], [10, 13.5, [3, 1.6, 0]]),
    repeatUs,
  };
  const built: Built = {
    arm: workPlan(kit.cell, kit.planner),
    person: walking(body),
    causes: ["person"],
    durationUs: 0,
    repeatUs,
    operator: [
      { atUs: 15_000_000, act: "reset" },
      { atUs: 16_500_000, act: "resume" },
    ],
  };
  return complete(kit.cell, built, {}, { name: "walk-in", family: "walk-in", seed, expected: null });
}
/** Nobody comes, nothing happens. */
function idle(kit: Kit, seed: number): Scenario {
  const built: Built = {
    arm: workPlan(kit.cell, kit.planner),
    person: walking(standing([3, 1.6, 0])),
    causes: ["none"],
    durationUs: 0,
  };
  return complete(kit.cell, built, {}, { name: "idle", family: "idle", seed, expected: "miss" });
}

/** Short names for the demonstration and for one case of each kind. */
export const NAMED: Readonly<Record<string, string>> = {
  "walk-in": "the demonstration: a person walks in and out, an operator resets and resumes; repeats",
  idle: "the robot works alone; no end",
  miss: "walk-by that stays far",
  near: "walk-by that comes near",
  touch: "walk-by that touches",
  collide: "walk-by that collides",
  "e-stop": "somebody presses the emergency stop",
  "sensor-frozen": "a source freezes",
  "sensor-lost": "a source falls silent",
  noisy: "a ranging sensor becomes noisy",
};
const ALIAS: Readonly<Record<string, readonly [string, ContactClass]>> = {
  miss: ["walk-by", "miss"],
  near: ["walk-by", "near"],
  touch: ["walk-by", "touch"],
  collide: ["walk-by", "collide"],
  "e-stop": ["emergency-stop", "miss"],
  "sensor-frozen": ["sensor-frozen", "near"],
  "sensor-lost": ["sensor-lost", "near"],
  noisy: ["noisy", "near"],
};

/** Scenarios that never end. */
const ENDLESS: Readonly<Record<string, (kit: Kit, seed: number) => Scenario>> = { "walk-in": walkIn, idle };

/** A scenario by a short name, or by family and class ("reach-in/near"); null: no such name. */
export function scenarioNamed(kit: Kit, name: string, seed: number): Scenario | null {
  const endless = Object.hasOwn(ENDLESS, name) ? ENDLESS[name] : undefined;
  if (endless !== undefined) return endless(kit, seed);
  const drawn = drawnBy(name);
  return drawn === null ? null : drawScenario(kit, drawn.family, drawn.wanted, seed);
}
export const isScenarioName = (name: string): boolean =>
  Object.hasOwn(ENDLESS, name) || drawnBy(name) !== null;

function drawnBy(name: string): { family: Family; wanted: ContactClass } | null {
  const [familyName = "", className] =
    (Object.hasOwn(ALIAS, name) ? ALIAS[name] : undefined) ?? name.split("/");
  const family = familyNamed(familyName);
  const wanted = CLASSES.find((c) => c === className) ?? family?.classes[0];
  return family === undefined || wanted === undefined || !family.classes.includes(wanted)
    ? null
    : { family, wanted };
}
