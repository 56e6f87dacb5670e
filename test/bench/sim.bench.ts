import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createKit,
  createSim,
  drawScenario,
  type EngineName,
  familyNamed,
  findGazebo,
  generateBags,
  openEngine,
  ROBOT_FACTORY,
  type Scenario,
} from "../../sim/index.ts";
import type { Bench, Figure } from "./bench.ts";

const kit = createKit(ROBOT_FACTORY);
const COUNT: Readonly<Record<EngineName, number>> = { embedded: 12, mujoco: 8, gazebo: 8 };
const scenarios = (count: number): Scenario[] =>
  Array.from({ length: count }, (_, i) =>
    drawScenario(kit, familyNamed(i % 2 === 0 ? "walk-by" : "reach-in")!, "near", 500 + i),
  );
const silent = { reading: () => {}, step: () => {} };
const TARGETS: Readonly<Record<EngineName, { readonly realTime: string; readonly rate: string }>> = {
  embedded: { realTime: "≥ 50 × real time", rate: "" },
  mujoco: { realTime: "", rate: "≥ 200 five-second trajectories a minute" },
  gazebo: {
    realTime: "≥ 4 × real time, 30 solver iterations",
    rate: "≥ 60 five-second trajectories a minute on two cores",
  },
};

/** Simulated seconds per second, sensors and truth included, without writing; the bare scenario drawing is the baseline. */
async function speed(name: EngineName): Promise<Figure[]> {
  const opened = await openEngine(name, ROBOT_FACTORY, process.env);
  if (!opened.ok) return [{ name: `${name}: not measured`, value: 0, unit: "×", note: opened.error }];
  const list = scenarios(COUNT[name]);
  await opened.value.record(list[0]!, silent);
  const start = performance.now();
  for (const scenario of list) await opened.value.record(scenario, silent);
  const seconds = (performance.now() - start) / 1000;
  const simulated = list.reduce((sum, scenario) => sum + scenario.durationUs / 1e6, 0);
  await opened.value.close();
  return [
    {
      name: `${name}: simulated time`,
      value: simulated / seconds,
      unit: "× real time",
      target: TARGETS[name].realTime,
      note: opened.value.version,
    },
    {
      name: `${name}: trajectories of 5 s`,
      value: (list.length / seconds) * 60,
      unit: "1/min",
      target: TARGETS[name].rate,
    },
  ];
}

/** The same with bags written and hashed: what `sim generate` does. Ratio: to the embedded engine in the same run. */
async function bags(name: EngineName, baseline: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-bench-"));
  try {
    const list = scenarios(COUNT[name]);
    const start = performance.now();
    const made = await generateBags({
      cell: ROBOT_FACTORY,
      engine: name,
      scenarios: list,
      folder,
      request: "bench",
      seed: 500,
      env: process.env,
      signal: new AbortController().signal,
      progress: () => {},
    });
    if (!made.ok) return [{ name: `${name}: bags not measured`, value: 0, unit: "1/min", note: made.error }];
    const value = (list.length / ((performance.now() - start) / 1000)) * 60;
    return [
      {
        name: `${name}: labelled bags of 5 s`,
        value,
        unit: "1/min",
        ...(baseline > 0 && { baseline, ratio: value / baseline }),
        target: TARGETS[name].rate,
        note: "engine start included",
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One embedded step with all sensors; an empty callback on the same feed is the baseline. */
function stepCost(): Figure {
  const sim = createSim({ scenario: "walk-in", obeys: false });
  const steps = 20_000;
  let readings = 0;
  for (let k = 0; k < steps; k++) {
    void sim.step();
    sim.readings(() => {});
  }
  const start = performance.now();
  for (let k = 0; k < steps; k++) {
    void sim.step();
    sim.readings(() => readings++);
  }
  const value = ((performance.now() - start) / steps) * 1_000;
  const loop = performance.now();
  for (let k = 0; k < readings; k++) Math.fround(k);
  const baseline = ((performance.now() - loop) / steps) * 1_000;
  return {
    name: "embedded: 1 ms step with sensors",
    value,
    unit: "µs",
    baseline,
    ratio: value / Math.max(baseline, 1e-6),
    target: "≤ 8 µs",
    note: `${readings} readings`,
  };
}

export const benches: Bench[] = [
  {
    name: "sim",
    async run() {
      const engines: EngineName[] = findGazebo(process.env).ok
        ? ["embedded", "mujoco", "gazebo"]
        : ["embedded", "mujoco"];
      const figures: Figure[] = [stepCost()];
      for (const name of engines) figures.push(...(await speed(name)));
      let baseline = 0;
      for (const name of engines) {
        const made = await bags(name, baseline);
        if (name === "embedded") baseline = made[0]!.value;
        figures.push(...made);
      }
      return figures;
    },
  },
];
