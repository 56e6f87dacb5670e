import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { batteryFile, drawBattery, loadBattery, scenarioOf } from "../../../sim/index.ts";
import { type Command, EXIT, UserError } from "../command.ts";
import { createProgress } from "../progress.ts";
import { simKit, textOf, wholeOf } from "./choose.ts";

export const simBatteryCommand: Command = {
  words: ["sim", "battery"],
  summary: "check that the generator still gives a battery's scenarios, or draw a new one",
  usage: "<name> [--draw N --seed S]",
  example: "cellgate sim battery robot-factory",
  options: {
    draw: {
      type: "string",
      help: "draw a new battery of this size and write it; releases before can no longer be compared",
    },
    seed: { type: "string", help: "seed of the draw" },
  },
  async run(input, io) {
    const [name] = input.positionals;
    if (name === undefined || !/^[a-z0-9-]+$/.test(name))
      throw new UserError("which battery?", "cellgate sim battery robot-factory");
    const kit = simKit();
    if (textOf(input, "draw") !== null) {
      const size = wholeOf(input, "draw", 0, 100_000);
      const progress = createProgress(io, "sim battery", size, "scenarios");
      const battery = drawBattery(name, kit, wholeOf(input, "seed", 1, 2 ** 47), size, (done) =>
        progress.update(done),
      );
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
};
