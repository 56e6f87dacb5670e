import { afterEach, describe, expect, it } from "vitest";
import { loadCyclone } from "../../../../src/edge/transports/dds/library.ts";
import { until } from "../../../contract/ros-door.ts";
import { armCell, type LiveCell, liveCell } from "./live-cell.ts";
import { endPeers, type Peer, peerMissing, startPeer, testDomain } from "./peer.ts";

const loaded = await loadCyclone(process.env["LIBDDSC"]);
const missing = loaded.ok ? peerMissing() : loaded.error.detail;
const skipped = missing === null ? "" : ` (skipped: ${missing})`;

const OWN = "/cellgate_arm/follow_joint_trajectory";
const proxied = (more: { gate?: string; cancelMs?: number; rules?: string } = {}): string =>
  armCell({
    transport: `    out:
      /jtc/joint_trajectory: { message: trajectory_msgs/JointTrajectory }
      /jtc/speed_scaling_input: { message: control_msgs/SpeedScalingFactor }
      /cellgate/block: { message: std_msgs/Bool }
      /controller_manager/switch_controller: { message: controller_manager_msgs/SwitchController }
    actions:
      ${OWN}: { controller: /jtc/follow_joint_trajectory, target: /arm, proposer: moveit, cancelMs: ${more.cancelMs ?? 2_000} }`,
    actuators: `  arm: { kind: follow, transport: wire, address: /jtc/follow_joint_trajectory, confirmMs: 3000, slow: /jtc/speed_scaling_input }
  hold: { kind: trajectory, transport: wire, address: /jtc/joint_trajectory, joints: 2, confirmMs: 3000, slow: /jtc/speed_scaling_input }
  block: { kind: bool, transport: wire, address: /cellgate/block, confirmMs: 3000 }
  controllers: { kind: controller, transport: wire, address: /controller_manager/switch_controller, controllers: [jtc], confirmMs: 3000 }`,
    ...(more.gate !== undefined && { gate: more.gate }),
    ...(more.rules !== undefined && { rules: more.rules }),
  });

const said = (peer: Peer, word: string): string[] => peer.lines.filter((line) => line.startsWith(`${word} `));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const LONG = 120_000;

describe.skipIf(missing !== null)(`goals of an arm through the gate${skipped}`, () => {
  let cell: LiveCell | null = null;
  afterEach(async () => {
    await cell?.close();
    cell = null;
    await endPeers();
  });
  const begin = async (
    domain: number,
    text = proxied(),
    mode = "",
  ): Promise<{ cell: LiveCell; arm: Peer; moveit: Peer }> => {
    const arm = startPeer(["arm", mode], { domain, program: "action" });
    const live = await liveCell(text, domain);
    cell = live;
    const moveit = startPeer(["sender", OWN], { domain, program: "action" });
    await live.arm();
    await moveit.line((line) => line.startsWith("ready"));
    return { cell: live, arm, moveit };
  };
  const ask = (peer: Peer, line: string): void => void peer.process.stdin.write(`${line}\n`);
  const result = (peer: Peer, number: number): Promise<string> =>
    peer.line((line) => line.startsWith("result") && line.split(" ")[2] === String(number), 40_000);

  it(
    "a permitted goal goes on, its feedback and its result come back, and the permit ends with it",
    async () => {
      const { cell, arm, moveit } = await begin(testDomain(70));
      ask(moveit, "goal path 0.4 0.2 2000");
      expect(await result(moveit, 1)).toMatch(/status 4 code 0/);
      // the controller's word counts once the joints are measured standing at the goal
      await until("end of the permit", () => cell.permits().length === 2);
      expect(cell.permits()).toEqual(["PERMIT_RELEASED", "ACTION_COMPLETED"]);
      expect(said(moveit, "feedback").length).toBeGreaterThan(1);
      // positions, speeds and times as judged; accelerations would make another curve of it
      expect(said(arm, "goal")[0]).toMatch(/3 points, 0 tolerances, 0 accelerations/);
      const accepted = cell.events
        .filter((e) => e.kind === "actuator")
        .map((e) => e.kind === "actuator" && e.report);
      expect(accepted.filter((report) => report !== "failed")).toEqual(["accepted", "completed"]);
      // the receipt of the verdict was durable before the permit was made
      const types = cell.receipts.map(({ body }) => body.receipt_type);
      expect(types.indexOf("gate_decision")).toBeLessThan(types.indexOf("permit_used"));
    },
    LONG,
  );

  it(
    "fuzzed goals are refused with code, reason and remedy; none reaches the controller",
    async () => {
      const { cell, arm, moveit } = await begin(testDomain(71));
      const bad: readonly [kind: string, code: RegExp][] = [
        ["empty", /PROPOSAL_MALFORMED.*points/],
        ["nan", /PROPOSAL_NUMBER_INVALID/],
        ["inf", /PROPOSAL_NUMBER_INVALID/],
        ["count", /JOINTS_MISMATCH/],
        ["short", /JOINTS_MISMATCH/],
        ["strange", /JOINTS_MISMATCH.*a, b/],
        ["backward", /TRAJECTORY_TIMES_INVALID/],
        ["negative", /PROPOSAL_MALFORMED.*time_from_start/],
        ["fast", /JOINT_SPEED|JOINT_ACCELERATION|SPEED/],
        ["toomany", /PROPOSAL_TOO_LARGE/],
        ["later", /ROS_GOAL_UNREADABLE.*start time/],
      ];
      for (const [kind] of bad) {
        ask(moveit, `goal ${kind}`);
        await pause(150);
      }
      for (const [i, [kind, code]] of bad.entries()) {
        const line = await result(moveit, i + 1);
        expect([kind, line]).toEqual([kind, expect.stringMatching(code)]);
        expect(line).toMatch(/status 6 code -1 [A-Z_]+: .+\. .+\./);
      }
      expect(said(arm, "goal")).toEqual([]);
      expect(cell.permits()).toEqual([]);
      const refused = cell.receipts.filter(({ body }) => body.receipt_type === "block");
      expect(refused).toHaveLength(bad.length);
      // after all of them a good one still passes
      ask(moveit, "goal turned 0.2 0.1 1500");
      expect(await result(moveit, bad.length + 1)).toMatch(/status 4/);
    },
    LONG,
  );

  it(
    "a second goal while one runs is refused and the first one goes on; the same goal twice is not taken",
    async () => {
      const { cell, moveit } = await begin(testDomain(72));
      ask(moveit, "goal path 0.6 0.2 4000");
      await moveit.line((line) => line.startsWith("feedback"), 20_000);
      ask(moveit, "goal again 0.6 0.2 4000");
      await moveit.line((line) => line.startsWith("refused"), 10_000);
      ask(moveit, "goal path 0.1 0.1 1000");
      expect(await result(moveit, 3)).toMatch(/status 6 .*TARGET_BUSY/);
      expect(await result(moveit, 1)).toMatch(/status 4/);
      // the controller's word counts once the joints are measured standing at the goal
      await until("end of the permit", () => cell.permits().length === 2);
      expect(cell.permits()).toEqual(["PERMIT_RELEASED", "ACTION_COMPLETED"]);
    },
    LONG,
  );

  it(
    "its sender cancels: the controller is told, both sides hear of it",
    async () => {
      const { cell, arm, moveit } = await begin(testDomain(73));
      ask(moveit, "goal path 0.8 0.2 8000");
      await moveit.line((line) => line.startsWith("feedback"), 20_000);
      ask(moveit, "cancel");
      expect(await result(moveit, 1)).toMatch(/status 5/);
      expect(said(moveit, "canceling")[0]).toMatch(/1 code 0/);
      await until("the controller has cancelled", () => said(arm, "canceled").length === 1);
      expect(cell.permits()).toEqual(["PERMIT_RELEASED", "ACTION_ABORTED"]);
      expect(cell.node.cell.state).toBe("RUNNING");
    },
    LONG,
  );

  it(
    "a stop cancels the goal, holds and sets the block level at once; the sender reads why",
    async () => {
      const { cell, arm, moveit } = await begin(testDomain(74));
      ask(moveit, "goal path 0.8 0.2 8000");
      await moveit.line((line) => line.startsWith("feedback"), 20_000);
      ask(arm, "estop 0");
      expect(await result(moveit, 1)).toMatch(/status 6 .*ESTOP_PRESSED/);
      await arm.line((line) => line.startsWith("hold"), 10_000);
      expect(said(arm, "block").at(-1)).toMatch(/ 1$/);
      expect(said(arm, "switch")).toEqual([]);
      expect(cell.node.cell.state).toBe("STOPPED");
      ask(moveit, "goal path 0.1 0.1 1000");
      expect(await result(moveit, 2)).toMatch(/status 6 .*GATE_CELL_BLOCKED.*ESTOP_PRESSED/);
    },
    LONG,
  );

  it(
    "a controller that ignores cancel and hold loses its controllers",
    async () => {
      const { cell, arm, moveit } = await begin(testDomain(75), proxied({ cancelMs: 300 }), "stubborn");
      ask(moveit, "goal path 2.5 0.2 20000");
      await moveit.line((line) => line.startsWith("feedback"), 20_000);
      ask(moveit, "cancel");
      await arm.line((line) => line.startsWith("cancel"), 10_000);
      await arm.line((line) => line.startsWith("hold"), 20_000);
      await arm.line((line) => line.startsWith("switch"), 20_000);
      expect(cell.node.cell.reflex.latched().map((c) => c.code)).toContain("REVOKE_NOT_CARRIED");
      expect(await result(moveit, 1)).toMatch(/status 6/);
    },
    LONG,
  );

  it(
    "a controller that refuses a goal, and one that is not there",
    async () => {
      const { cell, moveit } = await begin(testDomain(76), proxied(), "reject");
      ask(moveit, "goal path 0.3 0.2 1500");
      expect(await result(moveit, 1)).toMatch(/status 6 .*ROS_GOAL_NOT_TAKEN/);
      expect(cell.permits()).toEqual(["PERMIT_RELEASED", "ACTION_ABORTED"]);
    },
    LONG,
  );

  it(
    "a goal that goes past the gate to the controller stops the cell",
    async () => {
      const { cell, arm } = await begin(testDomain(77));
      const other = startPeer(["sender", "/jtc/follow_joint_trajectory"], {
        domain: testDomain(77),
        program: "action",
      });
      await other.line((line) => line.startsWith("ready"));
      ask(other, "goal path 0.8 0.2 8000");
      await until("the stop", () => cell.node.cell.state === "STOPPED", 20_000);
      expect(cell.node.cell.reflex.latched().map((c) => c.code)).toContain("ROS_FOREIGN_GOAL");
      await arm.line((line) => /^(canceled|aborted) /.test(line), 10_000);
    },
    LONG,
  );

  it(
    "in shadow a goal is judged and not forwarded, and its sender is told so",
    async () => {
      const { arm, moveit } = await begin(testDomain(78), proxied().replace("stage: 2", "stage: 0"));
      ask(moveit, "goal path 0.3 0.2 1500");
      expect(await result(moveit, 1)).toMatch(/status 6 .*ROS_GOAL_IN_SHADOW/);
      expect(said(arm, "goal")).toEqual([]);
    },
    LONG,
  );

  it("in shadow it may forward instead: the goal runs as without the gate, judged beside", async () => {
    const text = proxied()
      .replace("stage: 2", "stage: 0")
      .replace("proposer: moveit", "proposer: moveit, inShadow: forward");
    const { cell, arm, moveit } = await begin(testDomain(79), text);
    ask(moveit, "goal path 0.3 0.2 1500");
    expect(await result(moveit, 1)).toMatch(/status 4/);
    expect(said(arm, "goal")).toHaveLength(1);
    expect(cell.permits()).toEqual([]);
    expect(cell.receipts.some(({ body }) => body.receipt_type === "gate_decision")).toBe(true);
    expect(cell.node.cell.reflex.latched()).toEqual([]);
  });
});
