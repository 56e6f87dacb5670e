import { afterAll, describe, expect, it } from "vitest";
import { findGazebo } from "../../sim/index.ts";
import { NativeGazebo } from "./gazebo-native.ts";

const found = findGazebo(process.env);
const STEPS = 50;
const ROUNDS = 4;

describe.skipIf(!found.ok)(`Gazebo's own transport${found.ok ? "" : `: skipped, ${found.error}`}`, () => {
  let gazebo: NativeGazebo | null = null;
  afterAll(async () => gazebo?.stop());

  it("a paused world moves by exactly the steps it is told, and tells its wrench", async () => {
    if (!found.ok) return;
    gazebo = await NativeGazebo.start(found.value);
    const stamps: number[] = [];
    let iterations = -1;
    await gazebo.subscribe("/gazebo/cell/arm/wrist_ft_joint/wrist_ft/wrench", "WrenchStamped", (message) => {
      const { sec, nsec } = message.time as { sec: number; nsec: number };
      stamps.push(Math.round(sec * 1e3 + nsec / 1e6));
    });
    await gazebo.subscribe("/gazebo/cell/world_stats", "WorldStatistics", (message) => {
      iterations = message.iterations as number;
    });
    const control = await gazebo.advertise("/gazebo/cell/world_control", "WorldControl");
    // both wires are up once a single step has come back over both
    await until("the first statistics", () => iterations >= 0);
    await until("a first wrench", () => {
      if (stamps.length === 0) control({ multi_step: 1 });
      return stamps.length > 0;
    });
    await settled(() => iterations);
    const first = iterations;
    const heard = stamps.length;
    for (let round = 1; round <= ROUNDS; round++) {
      control({ multi_step: STEPS });
      await until(`${round * STEPS} steps`, () => iterations >= first + round * STEPS);
    }
    await settled(() => stamps.length);
    expect(iterations).toBe(first + ROUNDS * STEPS);
    // Gazebo's sensor threads may miss a step on a busy machine: that is why data comes from the lockstep plugin
    expect(stamps.length).toBeGreaterThan(heard);
    expect(stamps.length - heard).toBeLessThanOrEqual(ROUNDS * STEPS);
    for (let i = 1; i < stamps.length; i++) expect(stamps[i]).toBeGreaterThan(stamps[i - 1]!);
  }, 300_000);
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what: string, done: () => boolean): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!done()) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await pause(50);
  }
}
/** steps under way come to their end; statistics are told five times a second, on a busy machine later */
async function settled(value: () => number): Promise<void> {
  for (let still = 0, before = value(); still < QUIET_LOOKS; before = value()) {
    await pause(500);
    still = value() === before ? still + 1 : 0;
  }
}
const QUIET_LOOKS = 4;
