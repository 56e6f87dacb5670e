import { afterEach, describe, expect, it } from "vitest";
import { loadCyclone } from "../../../../src/edge/transports/dds/library.ts";
import { until } from "../../../contract/ros-door.ts";
import { armCell, type LiveCell, liveCell } from "./live-cell.ts";
import { endPeers, type Peer, peerMissing, startPeer, testDomain } from "./peer.ts";

const loaded = await loadCyclone(process.env["LIBDDSC"]);
const missing = loaded.ok ? peerMissing() : loaded.error.detail;

const TOPIC = armCell({
  transport: `    out:
      /jtc/joint_trajectory: { message: trajectory_msgs/JointTrajectory }
      /jtc/speed_scaling_input: { message: control_msgs/SpeedScalingFactor }
      /cellgate/block: { message: std_msgs/Bool }
      /controller_manager/switch_controller: { message: controller_manager_msgs/SwitchController }`,
  actuators: `  arm: { kind: trajectory, transport: wire, address: /jtc/joint_trajectory, joints: 2, confirmMs: 3000, slow: /jtc/speed_scaling_input }
  block: { kind: bool, transport: wire, address: /cellgate/block, confirmMs: 3000 }
  controllers: { kind: controller, transport: wire, address: /controller_manager/switch_controller, controllers: [jtc], confirmMs: 3000 }`,
});

/** what a peer said, without its times */
const words = (peer: Peer): string[] => peer.lines.map((line) => line.split(" ")[0]!);
const msOf = (line: string): number => Number(line.split(" ")[1]);

describe.skipIf(missing !== null)(
  `permits over a trajectory topic${missing === null ? "" : ` (skipped: ${missing})`}`,
  () => {
    let cell: LiveCell | null = null;
    afterEach(async () => {
      await cell?.close();
      cell = null;
      await endPeers();
    });
    const begin = async (
      domain: number,
    ): Promise<{ cell: LiveCell; arm: Peer; propose: (id: string, j1: number, ms: number) => void }> => {
      const arm = startPeer(["arm"], { domain, program: "action" });
      const live = await liveCell(TOPIC, domain);
      cell = live;
      await live.arm();
      const propose = (id: string, j1: number, ms: number): void =>
        live.node.door.proposal(
          {
            schema: "cellgate.proposal/1",
            action_id: id,
            proposer: "planner",
            target: "/arm",
            verb: "trajectory",
            args: {
              joint_names: ["j1", "j2"],
              points: [
                { positions_rad: [j1 / 2, 0.05], time_from_start_ms: ms / 2 },
                { positions_rad: [j1, 0.1], time_from_start_ms: ms },
              ],
            },
          },
          { transport: "wire", caller: "test" },
        );
      return { cell: live, arm, propose };
    };

    it("a permitted trajectory completes when the arm stands at its goal, and the next one may run", async () => {
      const { cell, arm, propose } = await begin(testDomain(60));
      propose("a1", 0.4, 2_000);
      await until("the end of a1", () => cell.permits().includes("ACTION_COMPLETED"), 30_000);
      propose("a2", 0, 2_000);
      await until(
        "the end of a2",
        () => cell.permits().filter((c) => c === "ACTION_COMPLETED").length === 2,
        30_000,
      );
      expect(cell.permits()).toEqual([
        "PERMIT_RELEASED",
        "ACTION_COMPLETED",
        "PERMIT_RELEASED",
        "ACTION_COMPLETED",
      ]);
      expect(words(arm)).toContain("rest");
      expect(cell.effects.filter((e) => e.kind === "revoke")).toEqual([]);
    }, 90_000);

    it("an arm pushed off its way is stopped: hold, block level, latched cause", async () => {
      const { cell, arm, propose } = await begin(testDomain(61));
      propose("a1", 0.6, 4_000);
      await until("motion", () => cell.effects.some((e) => e.kind === "permit"), 20_000);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      arm.process.stdin.write("push 0.3\n");
      await until("the end", () => cell.permits().includes("PATH_LEFT"), 20_000);
      await arm.line((line) => line.startsWith("hold"), 10_000);
      expect(cell.node.cell.state).toBe("STOPPED");
      expect(cell.node.cell.reflex.latched().map((c) => c.code)).toContain("PATH_LEFT");
    }, 90_000);

    it("a pressed e-stop: the block level leaves with the hold, in the same call", async () => {
      const { cell, arm, propose } = await begin(testDomain(62));
      propose("a1", 1, 6_000);
      await until("motion", () => cell.effects.some((e) => e.kind === "permit"), 20_000);
      await new Promise((resolve) => setTimeout(resolve, 800));
      cell.effects.length = 0;
      arm.process.stdin.write("estop 0\n");
      const pressed = await arm.line((line) => line.startsWith("estop"), 20_000);
      const after = (line: string, word: string): boolean =>
        line.startsWith(word) && arm.lines.indexOf(line) > arm.lines.indexOf(pressed);
      const hold = await arm.line((line) => after(line, "hold"), 20_000);
      const block = arm.lines.findLast((line) => line.startsWith("block") && line.endsWith(" 1"))!;
      const blocks = cell.effects.filter((e) => e.kind === "block").slice(0, 2);
      expect(blocks.map((e) => e.kind === "block" && [e.actuator, e.code])).toEqual([
        [0, "ESTOP_PRESSED"],
        [1, "ESTOP_PRESSED"],
      ]);
      expect(Math.abs(msOf(hold) - msOf(block))).toBeLessThan(1_000);
      expect(cell.permits().at(-1)).toBe("ESTOP_PRESSED");
      expect(words(arm)).not.toContain("switch");
    }, 90_000);
  },
);
