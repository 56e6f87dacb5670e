import { createPrng } from "../../core/base/prng.ts";
import {
  CLASSES,
  type ContactClass,
  createKit,
  drawScenario,
  ENGINE_NAMES,
  type EngineName,
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
import { type CommandInput, EXIT, UserError } from "../command.ts";

/** Options by which several commands choose what to simulate. */
export const chooseOptions = {
  scenario: {
    type: "string",
    help: "family, class (near-miss, miss, touch, collide), family/class, or all (default: all)",
  },
  count: { type: "string", help: "how many (default: 10)" },
  seed: { type: "string", help: "seed of the draw; the same seed gives the same scenarios (default: 1)" },
  battery: { type: "string", help: "take the scenarios of a battery instead of drawing them" },
  split: {
    type: "string",
    help: "only this part of the battery: train, calibration, promotion or untouched",
  },
  quiet: {
    type: "string",
    help: "add so many misses in which nothing gives a reason to stop: they measure false stops",
  },
  engine: { type: "string", help: "embedded (default), mujoco or gazebo" },
} as const;

export const textOf = ({ values }: CommandInput, name: string): string | null => {
  const value = values[name];
  return typeof value === "string" ? value : null;
};

export function engineOf(input: CommandInput): EngineName {
  const name = textOf(input, "engine") ?? "embedded";
  const found = ENGINE_NAMES.find((engine) => engine === name);
  if (found === undefined)
    throw new UserError(`no engine is called "${name}"`, `choose one of ${ENGINE_NAMES.join(", ")}`);
  return found;
}

export function wholeOf(input: CommandInput, name: string, fallback: number, max: number): number {
  const text = textOf(input, name);
  if (text === null) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < (name === "seed" ? 0 : 1) || value > max)
    throw new UserError(`--${name} ${text}`, `give a whole number up to ${max}`);
  return value;
}

export interface Chosen {
  readonly scenarios: readonly Scenario[];
  /** what was asked for, in words that stay the same when asked again */
  readonly request: string;
  readonly seed: number;
}
export const MAX_COUNT = 100_000;
export const simKit = (): Kit => createKit(ROBOT_FACTORY);

export function chooseScenarios(input: CommandInput, kit: Kit): Chosen {
  const chosen = chosenOnly(input, kit);
  const quiet = textOf(input, "quiet") === null ? 0 : wholeOf(input, "quiet", 0, MAX_COUNT);
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

function chosenOnly(input: CommandInput, kit: Kit): Chosen {
  const seed = wholeOf(input, "seed", 1, 2 ** 47);
  const battery = textOf(input, "battery");
  if (battery !== null) return fromBattery(battery, input, kit);
  if (textOf(input, "split") !== null)
    throw new UserError("--split needs --battery", "name the battery, for example --battery robot-factory");
  const count = wholeOf(input, "count", 10, MAX_COUNT);
  const wish = textOf(input, "scenario") ?? "all";
  const pairs = pairsOf(wish);
  const root = createPrng(seed).split("generate").split(wish);
  const scenarios = Array.from({ length: count }, (_, i) => {
    const prng = root.split(i);
    const [familyName, wanted] = pairs[Math.floor(prng.nextFloat() * pairs.length)]!;
    return drawScenario(kit, familyNamed(familyName)!, wanted, prng.nextUint32());
  });
  return { scenarios, request: `${wish} × ${count} from seed ${seed}`, seed };
}

function fromBattery(name: string, input: CommandInput, kit: Kit): Chosen {
  const loaded = loadBattery(name);
  if (!loaded.ok) throw new UserError(loaded.error, "cellgate sim list names the batteries");
  const split = textOf(input, "split");
  if (split !== null && !SPLITS.some((s) => s === split))
    throw new UserError(`no split is called "${split}"`, `choose one of ${SPLITS.join(", ")}`);
  const entries = loaded.value.entries.filter((entry) => split === null || entry.split === split);
  const some = entries.slice(0, wholeOf(input, "count", entries.length, MAX_COUNT));
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
