import { afterAll, describe, expect, it } from "vitest";
import {
  createKit,
  drawScenario,
  type EngineName,
  FAMILIES,
  familyNamed,
  findGazebo,
  openEngine,
  type Scenario,
  type SimEngine,
} from "../../sim/index.ts";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";
import { Director } from "../../sim/director.ts";
import { EmbeddedRun } from "../../src/core/physics/embedded-engine.ts";
import { COMMAND_WIDTH, FRAME, FRAME_WIDTH } from "../../src/core/physics/engine.ts";
import { openGazebo } from "../../sim/engines/gazebo.ts";
import { openMujoco } from "../../sim/engines/mujoco.ts";

const kit = createKit(ROBOT_FACTORY);
const gazeboHere = findGazebo(process.env);
const wanted = process.env.CELLGATE_GAZEBO === "1";
const STEPS = 5_000;
/** payload and friction that the servo does not know of shake for this long at the start */
const SETTLE = 50;

/** every frame of a scenario that nobody guards, on each engine, row by row */
function commands(scenario: Scenario): {
  start: { command: Float64Array; scanEvery: number };
  rows: Float64Array;
} {
  const director = new Director({ cell: ROBOT_FACTORY, scenario, obeys: false, torques: true });
  const start = { command: director.command.slice(), scanEvery: 25 };
  const rows = new Float64Array(STEPS * COMMAND_WIDTH);
  for (let k = 0; k < STEPS; k++) {
    director.step((k + 1) * 1_000);
    rows.set(director.command, k * COMMAND_WIDTH);
  }
  return { start, rows };
}
type Frames = { frames: Float64Array; scans: number[] };
async function frames(engine: EngineName, scenario: Scenario): Promise<Frames> {
  const { start, rows } = commands(scenario);
  const out = new Float64Array(STEPS * FRAME_WIDTH);
  const scans: number[] = [];
  let k = 0;
  const take = (frame: Float64Array, scan: Float64Array): void => {
    out.set(frame, FRAME_WIDTH * k++);
    if (frame[FRAME.scanned] === 1) scans.push(...scan);
  };
  if (engine === "gazebo") {
    const opened = await openGazebo(ROBOT_FACTORY, process.env);
    if (!opened.ok) throw new Error(opened.error);
    await opened.value.start(start);
    await opened.value.steps(rows, take);
    await opened.value.close();
    return { frames: out, scans };
  }
  const mujoco = engine === "mujoco" ? await openMujoco(ROBOT_FACTORY) : null;
  if (mujoco !== null && !mujoco.ok) throw new Error(mujoco.error);
  const run = mujoco === null ? new EmbeddedRun(ROBOT_FACTORY, start) : mujoco.value.start(start);
  for (let i = 0; i < STEPS; i++) {
    run.step(rows.subarray(i * COMMAND_WIDTH, (i + 1) * COMMAND_WIDTH));
    take(run.frame, run.scan);
  }
  return { frames: out, scans };
}
const at = ({ frames: rows }: Frames, step: number, place: number): number =>
  rows[step * FRAME_WIDTH + place]!;
const contactOf = (run: Frames): number => {
  for (let k = 0; k < STEPS; k++) if (at(run, k, FRAME.contactForce) > 0) return k;
  return STEPS;
};

/** largest difference of joint angles (mrad) and of wrist force (N) before contact */
function compare(a: Frames, b: Frames): { mrad: number; newton: number } {
  const end = Math.min(contactOf(a), contactOf(b));
  let mrad = 0;
  let newton = 0;
  for (let k = SETTLE; k < end - 1; k++) {
    for (let i = 0; i < 6; i++)
      mrad = Math.max(mrad, Math.abs(at(a, k, FRAME.q + i) - at(b, k, FRAME.q + i)) * 1_000);
    for (let i = 0; i < 3; i++)
      newton = Math.max(newton, Math.abs(at(a, k, FRAME.wrench + i) - at(b, k, FRAME.wrench + i)));
  }
  return { mrad, newton };
}
const CASES = [
  "walk-by/miss",
  "walk-by/collide",
  "reach-in/near",
  "reach-in/collide",
  "overtaking-hand/touch",
  "clamping/collide",
];
/** no contact: what the gripper holds or what pulls at it changes on the way */
const CHANGED_LOADS = ["dropped-payload/miss", "slip-in-gripper/miss", "cable-pull/miss"];
const draw = (name: string, seed = 11): Scenario => {
  const [family = "", kind] = name.split("/");
  return drawScenario(kit, familyNamed(family)!, kind as "miss", seed);
};

describe("the embedded model against MuJoCo", () => {
  it.each([...CASES, ...CHANGED_LOADS])(
    "%s: angles within 0.1 mrad, wrist force within 0.05 N, first contact within 2 ms",
    async (name) => {
      const scenario = draw(name);
      const [embedded, mujoco] = [await frames("embedded", scenario), await frames("mujoco", scenario)];
      const { mrad, newton } = compare(embedded, mujoco);
      expect(mrad).toBeLessThan(0.1);
      expect(newton).toBeLessThan(0.05);
      expect(Math.abs(contactOf(embedded) - contactOf(mujoco))).toBeLessThanOrEqual(2);
    },
  );
});

describe("one port", () => {
  const opened: SimEngine[] = [];
  const open = async (name: EngineName): Promise<SimEngine> => {
    const engine = await openEngine(name, ROBOT_FACTORY, process.env);
    if (!engine.ok) throw new Error(engine.error);
    opened.push(engine.value);
    return engine.value;
  };
  afterAll(async () => {
    for (const engine of opened) await engine.close();
  });
  it("classes are equal on embedded and MuJoCo, for every family", async () => {
    const [embedded, mujoco] = [await open("embedded"), await open("mujoco")];
    const silent = { reading: () => {}, step: () => {} };
    for (const family of FAMILIES)
      for (const kind of family.classes) {
        const scenario = drawScenario(kit, family, kind, 31);
        const [a, b] = [await embedded.record(scenario, silent), await mujoco.record(scenario, silent)];
        expect(`${scenario.name} ${b.class}`).toBe(`${scenario.name} ${a.class}`);
      }
  });
  it("MuJoCo gives the same frames twice", async () => {
    const scenario = draw("walk-by/collide");
    expect((await frames("mujoco", scenario)).frames).toEqual((await frames("mujoco", scenario)).frames);
  });
});

describe.skipIf(!gazeboHere.ok && !wanted)(
  `Gazebo 11 against MuJoCo${gazeboHere.ok ? "" : ` (skipped: ${gazeboHere.error})`}`,
  () => {
    it.each(CASES)(
      "%s: angles within 0.1 mrad, wrist force within 0.05 N, first contact within 2 ms",
      async (name) => {
        const scenario = draw(name);
        const [gazebo, mujoco] = [await frames("gazebo", scenario), await frames("mujoco", scenario)];
        const { mrad, newton } = compare(gazebo, mujoco);
        expect(mrad).toBeLessThan(0.1);
        expect(newton).toBeLessThan(0.05);
        expect(Math.abs(contactOf(gazebo) - contactOf(mujoco))).toBeLessThanOrEqual(2);
      },
    );
    it("rays of Gazebo agree with rays from poses, but for edges", async () => {
      const scenario = draw("walk-by/miss");
      const [gazebo, embedded] = [await frames("gazebo", scenario), await frames("embedded", scenario)];
      const off = gazebo.scans.filter((range, i) => Math.abs(range - embedded.scans[i]!) > 0.005).length;
      expect(gazebo.scans.length).toBe(embedded.scans.length);
      expect(off / gazebo.scans.length).toBeLessThan(0.002);
    });
    it("a fresh server gives the same frames and scans, bit for bit", async () => {
      const scenario = draw("walk-by/collide");
      const [one, two] = [await frames("gazebo", scenario), await frames("gazebo", scenario)];
      expect(two.frames).toEqual(one.frames);
      expect(two.scans).toEqual(one.scans);
    });
  },
);
