import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { batteryFile, drawBattery, loadBattery, scenarioOf } from "../../../sim/index.ts";
import { command, EXIT, UserError } from "../command.ts";
import { createProgress } from "../progress.ts";
import { MAX_COUNT, simKit } from "./choose.ts";
import { kinds, optional, withDefault } from "../options/index.ts";

export const simBatteryCommand = command({
  words: ["sim", "battery"],
  summary: "check that the generator still gives a battery's scenarios, or draw a new one",
  takes: "<name>",
  example: "cellgate sim battery robot-factory",
  options: {
    draw: optional(
      kinds.count(MAX_COUNT),
      "draw a new battery of this size and write it; releases before can no longer be compared",
    ),
    seed: withDefault(kinds.seed, "1", "seed of the draw"),
  },
  async run(input, io) {
    const [name] = input.positionals;
    if (name === undefined || !/^[a-z0-9-]+$/.test(name))
      throw new UserError("which battery?", "cellgate sim battery robot-factory");
    const kit = simKit();
    const { draw: size, seed } = input.values;
    if (size !== undefined) {
      const progress = createProgress(io, "sim battery", size, "scenarios");
      const battery = drawBattery(name, kit, seed, size, (done) => progress.update(done));
      progress.finish();
      mkdirSync(dirname(batteryFile(name)), { recursive: true });
      writeFileSync(batteryFile(name), `${JSON.stringify(battery, null, 1)}\n`);
      io.out(`${size} scenarios, ${battery.left_out} left out, manifest ${battery.sha256}`);
      return EXIT.ok;
    }
    const loaded = loadBattery(name);
    if (!loaded.ok) throw new UserError(loaded.error, "cellgate sim list names the batteries");
    const progress = createProgress(io, "sim battery", loaded.value.entries.length, "scenarios");
    let changed = 0;
    for (const [i, entry] of loaded.value.entries.entries()) {
      const scenario = scenarioOf(kit, entry);
      if (!scenario.ok) {
        changed++;
        io.err(scenario.error);
      }
      progress.update(i + 1);
    }
    progress.finish();
    io.out(`${loaded.value.entries.length} scenarios, ${changed} changed, manifest ${loaded.value.sha256}`);
    return changed === 0 ? EXIT.ok : EXIT.found;
  },
});
