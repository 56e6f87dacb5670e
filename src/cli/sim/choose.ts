import { createPrng } from "../../core/base/prng.ts";
import {
  CLASSES,
  type ContactClass,
  createKit,
  drawScenario,
  ENGINE_NAMES,
  FAMILIES,
  familyNamed,
  type Kit,
  loadBattery,
  NAMED,
  ROBOT_FACTORY,
  type Scenario,
  scenarioNamed,
  scenarioOf,
  SPLITS,
} from "../../../sim/index.ts";
import { RISK_DOMAINS } from "../../core/risk/index.ts";
import { EXIT, UserError } from "../command.ts";
import { kinds, optional, withDefault, type Values } from "../options/index.ts";

export const MAX_COUNT = 100_000;
const DEFAULT_COUNT = 10;
const BATTERIES = RISK_DOMAINS.flatMap((domain) => domain.battery ?? []);
/** What `--scenario` may be, beside family/class. */
const SCENARIO_WORDS = ["all", "near-miss", ...CLASSES, ...FAMILIES.map((f) => f.name)];

/** Options by which several commands choose what to simulate. */
export const chooseOptions = {
  scenario: withDefault(
    kinds.named("NAME", "a family, a class or family/class", SCENARIO_WORDS),
    "all",
    "family, class (near-miss, miss, touch, collide), family/class, or all",
  ),
  count: optional(kinds.count(MAX_COUNT), "how many (default: 10, or the whole battery)"),
  seed: withDefault(kinds.seed, "1", "seed of the draw; the same seed gives the same scenarios"),
  battery: optional(
    kinds.named("NAME", "the name of a battery", BATTERIES),
    "take the scenarios of a battery instead of drawing them",
  ),
  split: optional(
    kinds.choice(SPLITS),
    "only this part of the battery: train, calibration, promotion or untouched",
  ),
  quiet: optional(
    kinds.count(MAX_COUNT),
    "add so many misses in which nothing gives a reason to stop: they measure false stops",
  ),
  engine: withDefault(kinds.choice(ENGINE_NAMES), "embedded", "embedded, mujoco or gazebo"),
} as const;

export type ChooseValues = Values<typeof chooseOptions>;

export interface Chosen {
  readonly scenarios: readonly Scenario[];
  /** what was asked for, in words that stay the same when asked again */
  readonly request: string;
  readonly seed: number;
}
export const simKit = (): Kit => createKit(ROBOT_FACTORY);

export function chooseScenarios(values: ChooseValues, kit: Kit): Chosen {
  const chosen = chosenOnly(values, kit);
  const { quiet = 0 } = values;
  if (quiet === 0) return chosen;
  const scenarios = [...chosen.scenarios, ...quietMisses(quiet, chosen.seed, kit)];
  return { ...chosen, scenarios, request: `${chosen.request} and ${quiet} quiet misses` };
}

/** People pass at a distance, all sensors work: whoever stops here stops for nothing. */
function quietMisses(count: number, seed: number, kit: Kit): Scenario[] {
  const families = FAMILIES.filter((family) => QUIET_FAMILIES.includes(family.name));
  const root = createPrng(seed).split("quiet misses");
  return Array.from({ length: count }, (_, i) =>
    drawScenario(kit, families[i % families.length]!, "miss", root.split(i).nextUint32()),
  );
}
const QUIET_FAMILIES = ["walk-by", "reach-in", "overtaking-hand", "late-stop"];

function chosenOnly(values: ChooseValues, kit: Kit): Chosen {
  const { seed, battery, split, count = DEFAULT_COUNT, scenario: wish } = values;
  if (battery !== undefined) return fromBattery(battery, values, kit);
  if (split !== undefined)
    throw new UserError("--split needs --battery", "name the battery, for example --battery robot-factory");
  const pairs = pairsOf(wish);
  const root = createPrng(seed).split("generate").split(wish);
  const scenarios = Array.from({ length: count }, (_, i) => {
    const prng = root.split(i);
    const [familyName, wanted] = pairs[Math.floor(prng.nextFloat() * pairs.length)]!;
    return drawScenario(kit, familyNamed(familyName)!, wanted, prng.nextUint32());
  });
  return { scenarios, request: `${wish} × ${count} from seed ${seed}`, seed };
}

function fromBattery(name: string, { split, count }: ChooseValues, kit: Kit): Chosen {
  const loaded = loadBattery(name);
  if (!loaded.ok) throw new UserError(loaded.error, "cellgate sim list names the batteries");
  const entries = loaded.value.entries.filter((entry) => split === undefined || entry.split === split);
  const some = entries.slice(0, count);
  const scenarios = some.map((entry) => {
    const scenario = scenarioOf(kit, entry);
    if (!scenario.ok)
      throw new UserError(
        scenario.error,
        "use the release that the battery was made with, or draw a new battery",
        EXIT.failed,
      );
    return scenario.value;
  });
  return {
    scenarios,
    request: `battery ${name} ${loaded.value.sha256.slice(0, 16)} ${split ?? "all"} × ${scenarios.length}`,
    seed: loaded.value.seed,
  };
}

/** Families and classes that a wish means. */
function pairsOf(wish: string): readonly (readonly [family: string, wanted: ContactClass])[] {
  const all = FAMILIES.flatMap((family) => family.classes.map((wanted) => [family.name, wanted] as const));
  if (wish === "all") return all;
  const [familyName = "", className] = wish.split("/");
  const wanted = CLASSES.find((c) => c === (wish === "near-miss" ? "near" : (className ?? wish)));
  const pairs = all.filter(
    ([family, c]) =>
      (familyNamed(familyName) === undefined || family === familyName) &&
      (wanted === undefined || c === wanted),
  );
  const known = familyNamed(familyName) !== undefined || (wanted !== undefined && className === undefined);
  if (!known || pairs.length === 0)
    throw new UserError(
      `no scenario is called "${wish}"`,
      "cellgate sim list names families, classes and batteries",
    );
  return pairs;
}

/** One scenario by name; the short names too. */
export function oneScenario(name: string, seed: number, kit: Kit): Scenario {
  const found = scenarioNamed(kit, name, seed);
  if (found === null)
    throw new UserError(
      `no scenario is called "${name}"`,
      `known: ${[...Object.keys(NAMED), ...FAMILIES.map((f) => f.name)].join(", ")}`,
    );
  return found;
}

/** Ctrl-C ends the work after the piece at hand. */
export function interruptible(): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  return {
    signal: controller.signal,
    done() {
      process.removeListener("SIGINT", abort);
      process.removeListener("SIGTERM", abort);
    },
  };
}
