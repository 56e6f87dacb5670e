import { describe, expect, it } from "vitest";
import {
  createPermitReceiver,
  createSim,
  HEARTBEAT_SILENCE_US,
  type Sim,
  type SyncSim,
} from "../../sim/index.ts";
import { ROBOT_FACTORY } from "../../src/core/physics/cell.ts";
import type { OutMessage } from "../../src/edge/ports/index.ts";

const beat = (
  counter: number,
  mayMove = true,
  configHash = "a",
): Extract<OutMessage, { kind: "heartbeat" }> => ({
  kind: "heartbeat",
  counter,
  state: "RUNNING",
  mayMove,
  configHash,
});

describe("H40 the receiver of the permit heartbeat", () => {
  it("gives no leave before it was asked for, and none after three periods of silence", () => {
    const receiver = createPermitReceiver();
    expect(receiver.reason(0)).toBe("never-heard");
    receiver.heartbeat(beat(0), 0, true);
    expect(receiver.mayMove(HEARTBEAT_SILENCE_US)).toBe(true);
    expect(receiver.mayMove(HEARTBEAT_SILENCE_US + 1)).toBe(false);
    expect(receiver.reason(HEARTBEAT_SILENCE_US + 1)).toBe("silent");
  });
  it("takes a stuck counter for silence", () => {
    const receiver = createPermitReceiver();
    for (let t = 0; t <= 400_000; t += 50_000) receiver.heartbeat(beat(7), t, false);
    expect(receiver.reason(400_000)).toBe("never-heard");
    receiver.heartbeat(beat(7), 0, true);
    for (let t = 0; t <= 400_000; t += 50_000) receiver.heartbeat(beat(7), t, false);
    expect(receiver.reason(400_000)).toBe("silent");
  });
  it("hears another configuration or a counter that starts again only while the arm stands", () => {
    const receiver = createPermitReceiver();
    receiver.heartbeat(beat(9), 0, true);
    receiver.heartbeat(beat(10, true, "b"), 200_000, false);
    receiver.heartbeat(beat(0), 200_000, false);
    expect(receiver.mayMove(200_000)).toBe(false);
    receiver.heartbeat(beat(0), 200_000, true);
    expect(receiver.mayMove(200_000)).toBe(true);
  });
  it("a stop outlives one heartbeat that was still under way", () => {
    const receiver = createPermitReceiver();
    receiver.heartbeat(beat(0), 0, true);
    receiver.stop();
    receiver.heartbeat(beat(1), 50_000, false);
    expect(receiver.reason(50_000)).toBe("stopped");
    receiver.heartbeat(beat(2, false), 60_000, false);
    receiver.heartbeat(beat(3), 70_000, false);
    expect(receiver.reason(70_000)).toBe("stopped");
    receiver.heartbeat(beat(4), 80_000, false);
    expect(receiver.mayMove(80_000)).toBe(true);
  });
});

/** A node that permits until told otherwise. */
function drive(
  sim: SyncSim,
  steps: number,
  each: (k: number) => void = () => {},
  permit: (k: number) => boolean = () => true,
): void {
  for (let k = 0; k < steps; k++) {
    if (permit(k) && (sim.now / 1000) % 50 === 0) sim.command(beat(sim.now / 50_000));
    sim.step();
    each(k);
  }
}
/** A node whose heartbeat says the same each time. */
function beating(sim: SyncSim, steps: number, mayMove: boolean, each: () => void = () => {}): void {
  for (let k = 0; k < steps; k++) {
    if ((sim.now / 1000) % 50 === 0) sim.command(beat(sim.now / 50_000, mayMove));
    sim.step();
    each();
  }
}
const home = [...createSim({ scenario: "idle" }).scenario.arm.from];
const names = ROBOT_FACTORY.arm.joints.map((joint) => joint.name);
const trajectory = (positions: readonly number[], timeMs = 500) => ({
  schema: "cellgate.proposal/1",
  action_id: "a1",
  proposer: "p",
  target: "arm",
  verb: "trajectory",
  args: { joint_names: names, points: [{ positions_rad: positions, time_from_start_ms: timeMs }] },
});
const permit = (
  actionId: string,
  action: unknown,
  expiresUs = Number.MAX_SAFE_INTEGER,
  retreat = false,
): OutMessage => ({
  kind: "permit",
  actionId,
  proposalHash: "h",
  expiresUs,
  action,
  retreat,
});
const reportsOf = (sim: Sim): string[] => {
  const list: string[] = [];
  sim.reports(({ report, actionId, detail }) => list.push(`${actionId} ${report} ${detail}`.trim()));
  return list;
};

describe("the simulated arm", () => {
  it("does not move until it may, and stops by itself when the heartbeat ends", () => {
    const sim = createSim({ scenario: "idle" });
    for (let k = 0; k < 1000; k++) sim.step();
    expect(sim.arm()).toMatchObject({ rate: 0, held: "never-heard", armedAtUs: -1 });
    drive(sim, 600);
    expect(sim.arm().rate).toBe(1);
    drive(sim, 500, undefined, () => false);
    expect(sim.arm()).toMatchObject({ rate: 0, held: "silent" });
    expect(sim.truth().toolMPerS).toBeLessThan(1e-3);
  });
  it("stops within the time and way that its description states, from any moment of its job", () => {
    const { stopTimeMs, stopDistanceM } = ROBOT_FACTORY.arm;
    for (let at = 300; at < 5_700; at += 300) {
      const sim = createSim({ scenario: "idle" });
      drive(sim, at);
      sim.command({ kind: "stop", pose: [], code: "TEST" });
      const from = sim.truth().tool.slice();
      drive(sim, stopTimeMs, undefined, () => false);
      expect(sim.truth().toolMPerS, `stopped at ${at} ms`).toBeLessThan(0.002);
      const way = Math.hypot(...[0, 1, 2].map((k) => sim.truth().tool[k]! - from[k]!));
      expect(way).toBeLessThan(stopDistanceM);
    }
  });
  it("slows to the pace it is told; a pace that is no number stops it", () => {
    const sim = createSim({ scenario: "idle" });
    drive(sim, 300);
    sim.command({ kind: "slow", scale: 0.3 });
    drive(sim, 400);
    expect(sim.arm().rate).toBeCloseTo(0.3, 12);
    sim.command({ kind: "slow", scale: Number.NaN });
    drive(sim, 400);
    expect(sim.arm().rate).toBe(0);
  });
  it("runs a permitted trajectory once, returns to its job and says so", () => {
    const sim = createSim({ scenario: "idle" });
    drive(sim, 400);
    const target = home.map((angle, i) => (i === 0 ? angle + 0.3 : angle));
    sim.command(permit("a1", trajectory(target)));
    let nearest = Infinity;
    const joints = new Float64Array(6);
    drive(sim, 4_000, () => {
      sim.readings((channel, values) => {
        if (channel === "joint_states") joints.set(values.subarray(0, 6));
      });
      nearest = Math.min(nearest, Math.max(...target.map((angle, i) => Math.abs(angle - joints[i]!))));
    });
    expect(nearest).toBeLessThan(0.002);
    expect(reportsOf(sim)).toEqual(["a1 accepted", "a1 completed"]);
  });
  it("backs away although it is stopped: alone, on its own leave, and stays where that ends", () => {
    const sim = createSim({ scenario: "idle" });
    drive(sim, 400);
    sim.command({ kind: "stop", pose: [], code: "TEST" });
    beating(sim, 600, false);
    const joints = new Float64Array(6);
    const look = (): void =>
      sim.readings((channel, values) => {
        if (channel === "joint_states") joints.set(values.subarray(0, 6));
      });
    beating(sim, 50, false, look);
    const target = Array.from(joints, (angle, i) => (i === 0 ? angle + 0.2 : angle));
    sim.command(permit("back", trajectory(target, 1_000), undefined, true));
    beating(sim, 3_000, false, look);
    expect(reportsOf(sim)).toEqual(["back accepted", "back completed"]);
    expect(Math.max(...target.map((angle, i) => Math.abs(angle - joints[i]!)))).toBeLessThan(0.002);
  });
  it("a stop, silence or a leave for everything ends it; an ordinary permit does not begin under a stop", () => {
    const begun = () => {
      const sim = createSim({ scenario: "idle" });
      drive(sim, 400);
      sim.command({ kind: "stop", pose: [], code: "TEST" });
      beating(sim, 600, false);
      return sim;
    };
    const target = home.map((angle, i) => (i === 0 ? angle + 0.4 : angle));
    const stopped = begun();
    stopped.command(permit("back", trajectory(target, 2_000), undefined, true));
    beating(stopped, 500, false);
    expect(stopped.arm().rate).toBe(1);
    stopped.command({ kind: "stop", pose: [], code: "TEST" });
    beating(stopped, 600, false);
    expect(reportsOf(stopped)).toEqual(["back accepted", "back aborted stopped"]);
    const silent = begun();
    silent.command(permit("back", trajectory(target, 2_000), undefined, true));
    beating(silent, 500, false);
    drive(silent, 800, undefined, () => false);
    expect(reportsOf(silent)).toEqual(["back accepted", "back aborted stopped"]);
    const freed = begun();
    freed.command(permit("back", trajectory(target, 2_000), undefined, true));
    beating(freed, 500, false);
    beating(freed, 50, true);
    beating(freed, 600, false);
    expect(reportsOf(freed)).toContain("back aborted stopped");
    const ordinary = begun();
    ordinary.command(permit("go", trajectory(target, 2_000)));
    beating(ordinary, 500, false);
    expect(reportsOf(ordinary)).toEqual(["go aborted stopped before it began"]);
  });
  it("refuses what it cannot do, in words", () => {
    const sim = createSim({ scenario: "idle" });
    drive(sim, 100);
    const late = sim.now - 1;
    sim.command(permit("old", trajectory(home), late));
    sim.command(permit("far", trajectory([99, 0, 0, 0, 0, 0])));
    drive(sim, 500);
    sim.command(permit("odd", { verb: "dance" }));
    drive(sim, 500);
    const parameter = (args: object): object => ({ ...trajectory(home), verb: "parameter", args });
    sim.command(permit("gain", parameter({ name: "servo_gain", value: 0.5 })));
    drive(sim, 500);
    sim.command(permit("halt", parameter({ name: "job_pace", value: 0 })));
    drive(sim, 500);
    sim.command(permit("on", { ...trajectory(home), verb: "power", args: { on: true } }));
    drive(sim, 500);
    expect(reportsOf(sim)).toEqual([
      "old failed permit has expired",
      "far failed a point lies outside the joint limits",
      "odd failed not an action that this arm knows",
      "gain failed this arm's only parameter is job_pace, 0.1 to 1",
      "halt failed this arm's only parameter is job_pace, 0.1 to 1",
      "on failed this arm runs trajectories and grippers, not power",
    ]);
  });
  it("a permitted pace slows its job, not an action, and lasts until another one", () => {
    const sim = createSim({ scenario: "idle" });
    drive(sim, 400);
    const pace = (value: number): object => ({
      ...trajectory(home),
      verb: "parameter",
      args: { name: "job_pace", value },
    });
    sim.command(permit("slower", pace(0.5)));
    drive(sim, 1_000);
    expect(sim.arm().rate).toBeCloseTo(0.5, 6);
    sim.command(
      permit(
        "go",
        trajectory(
          home.map((angle, i) => (i === 0 ? angle + 0.3 : angle)),
          1_500,
        ),
      ),
    );
    drive(sim, 1_500);
    expect(sim.arm().rate).toBe(1);
    drive(sim, 2_500);
    expect(sim.arm().rate).toBeCloseTo(0.5, 6);
    sim.command(permit("full", pace(1)));
    drive(sim, 1_000);
    expect(sim.arm().rate).toBe(1);
    expect(reportsOf(sim)).toEqual(
      ["slower", "go", "full"].flatMap((id) => [`${id} accepted`, `${id} completed`]),
    );
  });
  it("A3 an action that was stopped half way is over: it never goes on by itself", () => {
    const sim = createSim({ scenario: "idle" });
    drive(sim, 400);
    sim.command(permit("a1", trajectory(home.map((angle, i) => (i === 0 ? angle + 0.6 : angle)))));
    drive(sim, 700);
    sim.command({ kind: "stop", pose: [], code: "TEST" });
    drive(sim, 500, undefined, () => false);
    drive(sim, 3_000);
    expect(reportsOf(sim)).toEqual(["a1 accepted", "a1 aborted stopped"]);
    expect(sim.arm().rate).toBe(1);
  });
  it("a revoked action is aborted and the job goes on", () => {
    const sim = createSim({ scenario: "idle" });
    drive(sim, 400);
    sim.command(permit("a1", trajectory(home.map((angle, i) => (i === 0 ? angle + 0.6 : angle)))));
    drive(sim, 700);
    sim.command({ kind: "revoke", actionId: "a1", code: "TEST", pose: [] });
    drive(sim, 1_500);
    expect(reportsOf(sim)).toEqual(["a1 accepted", "a1 aborted revoked"]);
    expect(sim.arm().rate).toBe(1);
  });
});
