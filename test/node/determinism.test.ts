import { describe, expect, test } from "vitest";
import { createCell, createIngest } from "../../src/core/cell/index.ts";
import type { CellEvent, Micros, Sample } from "../../src/core/domain/index.ts";
import { createRunningHash, withDigest } from "../../src/node/index.ts";
import { createKinematics } from "../../src/core/robot/index.ts";
import { demo, runInProcess } from "./in-process.ts";
import { count } from "../count.ts";

const SEEDS = Number(process.env["CELLGATE_SEEDS"] ?? count(40, 200));
const SCENARIOS = ["walk-in", "miss", "collide", "e-stop", "sensor-frozen", "sensor-lost", "noisy"];

/** The recorded events through a fresh cell; ticks come again from their due times. */
function replay(scenario: string, events: readonly CellEvent[]): string {
  const { deployment, hash } = demo(scenario);
  const cell = createCell({
    deployment,
    configHash: hash,
    channels: Object.entries(deployment.channels).map(([name, config], index) => ({ index, name, config })),
    kinematics: createKinematics(deployment.robot),
    hash: createRunningHash(),
  });
  const receipts = withDigest({
    append: () => true,
    whenStored: async () => true,
    persistLatched: () => true,
    whenLatched: async () => true,
  });
  const ingest = createIngest(
    cell,
    {
      carry: (effects) => effects.forEach((e) => e.kind === "receipt" && receipts.append(e.receipt)),
      record: () => {},
    },
    Object.keys(deployment.channels).length,
  );
  for (const event of events) {
    if (event.kind === "tick") ingest.advance(event.t);
    else if (event.kind === "sample")
      ingest.sample(event.t, event.channel, event.values, event.values.length, event.stamp, event.sourceSeq);
    else {
      const { t, seq: _seq, ...body } = event;
      ingest.event(t as Micros, body as never);
    }
  }
  return receipts.digest();
}
const copy = (event: CellEvent): CellEvent =>
  event.kind === "sample"
    ? ({ ...event, values: Float64Array.from(event.values) } satisfies Sample)
    : { ...event };

describe("H44 replay is the live run", () => {
  test(`${SEEDS} seeds: twice the same run, and its tape, give the same receipt bytes`, async () => {
    const digests = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const scenario = SCENARIOS[seed % SCENARIOS.length]!;
      const events: CellEvent[] = [];
      const first = await runInProcess({
        seed,
        seconds: 1.5,
        scenario,
        record: (event) => void events.push(copy(event)),
      });
      const second = await runInProcess({ seed, seconds: 1.5, scenario });
      expect(second.digest, `seed ${seed}`).toBe(first.digest);
      expect(replay(scenario, events), `tape of seed ${seed}`).toBe(first.digest);
      digests.add(first.digest);
    }
    expect(digests.size).toBe(SEEDS);
  });

  test("one changed number on the tape changes the digest", async () => {
    const events: CellEvent[] = [];
    const live = await runInProcess({
      seed: 3,
      seconds: 1.5,
      record: (event) => void events.push(copy(event)),
    });
    const sample = events.find((e): e is Sample => e.kind === "sample" && e.t > 500_000)!;
    sample.values[0]! += 1e-9;
    expect(replay("walk-in", events)).not.toBe(live.digest);
  });
});
