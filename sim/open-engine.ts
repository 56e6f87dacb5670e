import { ok, type Result } from "../src/core/base/result.ts";
import { type CellDescription, COMMAND_WIDTH, type EngineName, STEP_US } from "../src/core/physics/index.ts";
import { createSim, type Sim, SimCore, type SyncEngine } from "./create-sim.ts";
import { type GazeboEngine, openGazebo } from "./engines/gazebo.ts";
import { openMujoco } from "./engines/mujoco.ts";
import type { Scenario } from "./scenario.ts";
import type { ReadingCallback } from "./sensors.ts";
import type { Truth } from "./truth.ts";

/** What happens in one step of a recorded run. */
export interface Watcher {
  readonly reading: ReadingCallback;
  /** after the readings of a step */
  readonly step: (nowUs: number, truth: Truth) => void;
}
/** The physics behind one port: the same scenarios, sensors and truth on each. Errors of an engine are thrown. */
export interface SimEngine {
  readonly name: EngineName;
  readonly version: string;
  /** runs a scenario to its end with an arm that nobody guards */
  record(scenario: Scenario, watcher: Watcher): Promise<Truth>;
  /** a cell for a node to guard; one at a time */
  begin(scenario: Scenario, obeys: boolean): Promise<Sim>;
  close(): Promise<void>;
}
export const EMBEDDED_VERSION = "2";

export async function openEngine(
  name: EngineName,
  cell: CellDescription,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<SimEngine, string>> {
  if (name === "embedded") return ok(syncEngine(name, EMBEDDED_VERSION, cell, undefined, () => {}));
  if (name === "mujoco") {
    const opened = await openMujoco(cell);
    return opened.ok
      ? ok(syncEngine(name, opened.value.version, cell, opened.value, () => opened.value.close()))
      : opened;
  }
  const opened = await openGazebo(cell, env);
  return opened.ok ? ok(gazeboEngine(opened.value, cell)) : opened;
}

function syncEngine(
  name: EngineName,
  version: string,
  cell: CellDescription,
  engine: SyncEngine | undefined,
  close: () => void,
): SimEngine {
  const sim = (scenario: Scenario, obeys: boolean): Sim =>
    createSim({ cell, scenario, obeys, ...(engine && { engine }) });
  return {
    name,
    version,
    begin: async (scenario, obeys) => sim(scenario, obeys),
    async record(scenario, watcher) {
      const run = sim(scenario, false);
      try {
        while (!run.finished) {
          void run.step();
          run.readings(watcher.reading);
          watcher.step(run.now, run.truth());
        }
        return run.truth();
      } finally {
        run.close();
      }
    },
    close: async () => close(),
  };
}

/** Rows that are sent at once: large enough that the socket never waits, small enough to stay small. */
const BATCH = 500;

function gazeboEngine(gazebo: GazeboEngine, cell: CellDescription): SimEngine {
  return {
    name: "gazebo",
    version: gazebo.version,
    async begin(scenario, obeys) {
      const core = new SimCore(cell, scenario, obeys, true);
      await gazebo.start(core.start);
      return core.driven(
        () => gazebo.steps(core.prepare(), (frame, scan) => core.absorb(frame, scan)),
        () => {},
      );
    },
    async record(scenario, watcher) {
      const core = new SimCore(cell, scenario, false, true);
      await gazebo.start(core.start);
      // nobody guards the arm: no command depends on a frame, so they go out ahead
      for (let left = scenario.durationUs / STEP_US + 1; left > 0; left -= BATCH) {
        const rows = new Float64Array(Math.min(BATCH, left) * COMMAND_WIDTH);
        for (let at = 0; at < rows.length; at += COMMAND_WIDTH) rows.set(core.prepare(), at);
        await gazebo.steps(rows, (frame, scan) => {
          core.absorb(frame, scan);
          core.readings(watcher.reading);
          watcher.step(core.now, core.truth);
        });
      }
      return core.truth;
    },
    close: () => gazebo.close(),
  };
}
