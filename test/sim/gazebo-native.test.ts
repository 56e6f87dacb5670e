import { afterAll, describe, expect, it } from "vitest";
import { findGazebo } from "../../sim/index.ts";
import { NativeGazebo } from "./gazebo-native.ts";

const found = findGazebo(process.env);
const STEPS = 50;
const ROUNDS = 4;

describe.skipIf(!found.ok)(`Gazebo's own transport${found.ok ? "" : `: skipped, ${found.error}`}`, () => {
  let gazebo: NativeGazebo | null = null;
  afterAll(async () => gazebo?.stop());

  it("a paused world moves by exactly the steps it is told, and no wrench is lost", async () => {
    if (!found.ok) return;
    gazebo = await NativeGazebo.start(found.value);
    const stamps: number[] = [];
    let iterations = -1;
    let first = -1;
    await gazebo.subscribe("/gazebo/cell/arm/wrist_ft_joint/wrist_ft/wrench", "WrenchStamped", (message) => {
      const { sec, nsec } = message.time as { sec: number; nsec: number };
      stamps.push(Math.round(sec * 1e3 + nsec / 1e6));
    });
    await gazebo.subscribe("/gazebo/cell/world_stats", "WorldStatistics", (message) => {
      iterations = message.iterations as number;
      if (first < 0) first = iterations;
    });
    const control = await gazebo.advertise("/gazebo/cell/world_control", "WorldControl");
    await until(() => first >= 0);
    for (let round = 1; round <= ROUNDS; round++) {
      control({ multi_step: STEPS });
      await until(() => iterations >= first + round * STEPS && stamps.length >= round * STEPS - 1);
    }
    expect(iterations).toBe(first + ROUNDS * STEPS);
    // the first steps after a start may pass before the sensor's thread looks; from then on none is missing
    const gaps = stamps.slice(1).map((stamp, i) => stamp - stamps[i]!);
    expect(new Set(gaps)).toEqual(new Set([1]));
    expect(stamps.length).toBeGreaterThanOrEqual(ROUNDS * STEPS - 1);
  });
});

async function until(done: () => boolean): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!done()) {
    if (Date.now() > deadline) throw new Error("waited too long");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
