import {
  ENGINE_NAMES,
  FAMILIES,
  findGazebo,
  loadBattery,
  NAMED,
  openEngine,
  ROBOT_FACTORY,
  SPLITS,
} from "../../../sim/index.ts";
import { RISK_DOMAINS } from "../../core/risk/index.ts";
import { command, EXIT } from "../command.ts";
import { flag } from "../options/index.ts";

const BATTERIES = RISK_DOMAINS.flatMap((domain) => domain.battery ?? []);

export const simListCommand = command({
  words: ["sim", "list"],
  summary: "scenarios, batteries and physics engines of the simulator",
  example: "cellgate sim list",
  options: { json: flag("one JSON object") },
  async run({ values }, io) {
    const engines = await Promise.all(
      ENGINE_NAMES.map(async (name) => ({ name, state: await stateOf(name, io.env) })),
    );
    const batteries = BATTERIES.map((name) => {
      const loaded = loadBattery(name);
      const count = (split: string): number =>
        loaded.ok ? loaded.value.entries.filter((entry) => entry.split === split).length : 0;
      return {
        name,
        state: loaded.ok ? loaded.value.sha256 : loaded.error,
        splits: Object.fromEntries(SPLITS.map((split) => [split, count(split)])),
      };
    });
    if (values.json) {
      io.out(
        JSON.stringify({
          families: FAMILIES.map(({ name, summary, classes }) => ({ name, summary, classes })),
          named: NAMED,
          batteries,
          engines,
        }),
      );
      return EXIT.ok;
    }
    io.out("Families (family/class):");
    for (const { name, summary, classes } of FAMILIES)
      io.out(`  ${name.padEnd(18)} ${summary} [${classes.join(" ")}]`);
    io.out("Short names (npm start -- --scenario NAME; scenario: of a transport of kind sim):");
    for (const [name, summary] of Object.entries(NAMED)) io.out(`  ${name.padEnd(18)} ${summary}`);
    io.out("Batteries:");
    for (const { name, state, splits } of batteries)
      io.out(
        `  ${name.padEnd(18)} ${Object.entries(splits)
          .map(([split, n]) => `${split} ${n}`)
          .join(", ")}  ${state.slice(0, 16)}`,
      );
    io.out("Engines:");
    for (const { name, state } of engines) io.out(`  ${name.padEnd(18)} ${state}`);
    return EXIT.ok;
  },
});

/** looks without starting a server */
async function stateOf(
  name: (typeof ENGINE_NAMES)[number],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (name === "gazebo") {
    const found = findGazebo(env);
    return found.ok ? `ready: ${found.value.version}` : found.error;
  }
  const opened = await openEngine(name, ROBOT_FACTORY, env);
  if (!opened.ok) return opened.error;
  await opened.value.close();
  return `ready: ${opened.value.version}`;
}
