import { describe, expect, it } from "vitest";
import { SMALL_CELL, Story } from "./fixture.ts";

/** A base with a scanner that looks ahead: rays from -90 to 90 degrees, one each five. */
const RAYS = 37;
const STEP = Math.PI / (RAYS - 1);
const cellWith = (zones: string, command = "twistCommand"): string =>
  SMALL_CELL.replace(
    "rules:\n",
    `  scan: { quantity: scan, transport: test, address: scan, maxAgeMs: 100, minRateHz: 20, min: 0, max: 12, angleMinRad: ${-Math.PI / 2}, angleStepRad: ${STEP}, mount: { xM: 0.2, yM: 0, yawRad: 0 }, declaredConstant: true }
  asked: { quantity: ${command}, transport: test, address: asked, maxAgeMs: 300, minRateHz: 1, stamped: false }
rules:
`,
  )
    .replace(/ {2}proximity:[\s\S]*?actuators:/, `  zones:\n${zones}\nactuators:`)
    .replace(
      "actuators:\n",
      "actuators:\n  base: { kind: test, transport: test, address: cmd_vel, confirmMs: 400, command: asked }\n",
    );

const FREE = "    none: { channel: scan, action: hold, withinM: 0.01 }";
/** a wall across the way, so far ahead of the scanner */
const wall = (x: number): number[] =>
  Array.from({ length: RAYS }, (_, i) => {
    const c = Math.cos(-Math.PI / 2 + i * STEP);
    return c > 1e-3 ? Math.min(12, x / c) : 12;
  });
const OUTLINE =
  "outline: { channel: scan, action: approach, frame: cell, polygonM: [[0.3, 0.25], [0.3, -0.25], [-0.3, -0.25], [-0.3, 0.25]], beforeMs: 2000, minRays: 3, releaseMs: 100 }";

function driven(zones: string, distance = 8): Story {
  const story = new Story({ text: cellWith(zones) });
  story.world["scan"] = wall(distance);
  return story.running();
}
const ask = (story: Story, ...six: number[]): readonly number[] => {
  story.clear();
  story.read("asked", [...six, 0, 0, 0, 0, 0, 0].slice(0, 6), -1);
  return story.of("velocity").at(-1)!.values;
};

describe("velocities on their way to a base", () => {
  it("5 passes what is asked in the same step, and zero when nobody asks any more", () => {
    const story = driven(FREE);
    expect(ask(story, 0.5, 0, 0, 0, 0, 0.3)).toEqual([0.5, 0, 0, 0, 0, 0.3]);
    story.clear();
    story.wait(290);
    expect(story.of("velocity").every(({ values }) => values[0] === 0.5)).toBe(true);
    story.wait(60);
    expect(story.of("velocity").at(-1)!.values).toEqual([0, 0, 0, 0, 0, 0]);
  });
  it("is never silent: at most a block period between two words, running or blocked", () => {
    const story = driven(FREE);
    story.clear();
    story.wait(1_000);
    expect(story.of("velocity").length).toBeGreaterThanOrEqual(19);
    story.world["estop"] = [0];
    story.clear();
    story.wait(1_000);
    const blocks = story.of("block").filter(({ actuator }) => actuator === 0);
    expect(blocks.length).toBeGreaterThanOrEqual(19);
    // what is asked meanwhile goes nowhere
    story.read("asked", [1, 0, 0, 0, 0, 0], -1);
    expect(story.of("velocity")).toEqual([]);
  });
  it("a number that is none, or a sensor that cannot be read, is zero at once", () => {
    const story = driven(`    ${OUTLINE}`);
    expect(ask(story, 0.5)[0]).toBe(0.5);
    story.clear();
    story.read("asked", [Number.NaN, 0, 0, 0, 0, 0], -1);
    expect(story.of("velocity").at(-1)!.values[0]).toBe(0);
    expect(ask(story, 0.5)[0]).toBe(0.5);
    story.clear();
    story.read("scan", [Number.NaN, ...wall(8).slice(1)]);
    expect(story.of("velocity").at(-1)!.values[0]).toBe(0);
  });
  it("hold zone: zero while it is occupied, and on again by itself", () => {
    const story = driven(
      "    front: { channel: scan, action: hold, frame: cell, circleM: { xM: 0.2, yM: 0, radiusM: 0.5 }, minRays: 3, releaseMs: 100 }",
    );
    expect(ask(story, 0.5)[0]).toBe(0.5);
    story.world["scan"] = wall(0.3);
    story.clear();
    story.wait(20);
    expect(story.of("block")[0]!.code).toBe("ZONE_HOLD");
    story.world["scan"] = wall(3);
    story.wait(300);
    expect(story.state).toBe("RUNNING");
    expect(ask(story, 0.5)[0]).toBe(0.5);
  });
  it("slow zone: its own share; the least of several", () => {
    const story = driven(
      "    far: { channel: scan, action: slow, withinM: 2, ratio: 0.5 }\n    near: { channel: scan, action: slow, withinM: 1, ratio: 0.2 }",
      1.5,
    );
    expect(ask(story, 1, 0, 0, 0, 0, 1)).toEqual([0.5, 0, 0, 0, 0, 0.5]);
    story.world["scan"] = wall(0.8);
    story.wait(30);
    expect(ask(story, 1)[0]).toBeCloseTo(0.2);
  });
  it("limit zone: caps speed and turn together, so that the curve stays", () => {
    const story = driven(
      "    slowly: { channel: scan, action: limit, withinM: 2, linearMPerS: 0.4, angularRadPerS: 0.5 }",
      1.5,
    );
    expect(ask(story, 0.8, 0, 0, 0, 0, 0.2)).toEqual([0.4, 0, 0, 0, 0, 0.1]);
    expect(ask(story, 0.2, 0, 0, 0, 0, 1)).toEqual([0.1, 0, 0, 0, 0, 0.5]);
    expect(ask(story, 0.2)[0]).toBe(0.2);
    expect(story.state).toBe("RUNNING");
  });
  it("approach: what keeps the time to the wall; backwards and sideways on the spot stay free", () => {
    // 1 m from the scanner at 0.2, outline ends at 0.3: 0.9 m of way
    const story = driven(`    ${OUTLINE}`, 1);
    expect(ask(story, 0.3)[0]).toBe(0.3);
    const slower = ask(story, 0.9)[0]!;
    // one second of the two that must be left
    expect(slower).toBeGreaterThan(0.42);
    expect(slower).toBeLessThan(0.46);
    expect(story.receipts().some(({ body }) => JSON.stringify(body).includes("VELOCITY_APPROACH"))).toBe(
      true,
    );
    expect(ask(story, -0.9)[0]).toBe(-0.9);
    story.world["scan"] = wall(0.05);
    story.wait(30);
    expect(ask(story, 0.9)[0]).toBe(0);
  });
  it("approach: a turn is driven along its arc", () => {
    const story = driven(`    ${OUTLINE}`, 12);
    const clear = wall(12);
    // a post to the left, beside the straight way, on the arc
    const post = clear.map((r, i) => (Math.abs(-Math.PI / 2 + i * STEP - 0.6) < 0.15 ? 0.9 : r));
    story.world["scan"] = post;
    story.wait(30);
    expect(ask(story, 0.6)[0]).toBe(0.6);
    expect(ask(story, 0.6, 0, 0, 0, 0, 0.7)[0]).toBeLessThan(0.6);
  });
  it("never asks for more than the robot's own limit", () => {
    const story = driven(FREE);
    expect(ask(story, 6, 0, 0, 0, 0, 2)).toEqual([1.5, 0, 0, 0, 0, 0.5]);
  });
  it("of joints: no joint faster than its limit, and slow zones count", () => {
    const text = cellWith("    near: { channel: scan, action: slow, withinM: 1, ratio: 0.5 }", "jogCommand");
    const story = new Story({ text });
    story.world["scan"] = wall(8);
    story.running();
    const jog = (...two: number[]): readonly number[] => {
      story.clear();
      story.read("asked", two, -1);
      return story.of("velocity").at(-1)!.values;
    };
    expect(jog(0.5, -1)).toEqual([0.5, -1]);
    expect(jog(4, 1)).toEqual([2, 0.5]);
    story.world["scan"] = wall(0.8);
    story.wait(30);
    expect(jog(0.5, -1)).toEqual([0.25, -0.5]);
    const wrong = cellWith(
      "    room: { channel: scan, action: limit, withinM: 1, linearMPerS: 0.5 }",
      "jogCommand",
    );
    expect(() => new Story({ text: wrong })).toThrow(/means nothing for joint velocities/);
  });
  it("the same tape gives the same velocities", () => {
    const run = (): unknown => {
      const story = driven(`    ${OUTLINE}`, 2);
      for (let i = 0; i < 50; i++) {
        story.read("asked", [i / 40, 0, 0, 0, 0, i / 60], -1);
        story.world["scan"] = wall(2 - i / 40);
        story.wait(10);
      }
      return story.of("velocity");
    };
    expect(run()).toEqual(run());
  });
});
