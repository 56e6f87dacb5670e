import { afterEach, describe, expect, it } from "vitest";
import { loadCyclone } from "../../../../src/edge/transports/dds/library.ts";
import { until } from "../../../contract/ros-door.ts";
import { armCell, type LiveCell, liveCell } from "./live-cell.ts";
import { endPeers, peerMissing, startPeer, testDomain } from "./peer.ts";

const loaded = await loadCyclone(process.env["LIBDDSC"]);
const missing = loaded.ok ? peerMissing() : loaded.error.detail;

const CELL = armCell({
  transport: `    out:
      /jtc/joint_trajectory: { message: trajectory_msgs/JointTrajectory }
      /cellgate/block: { message: std_msgs/Bool }
    proposals:
      /policy/chunk: { message: std_msgs/Float64MultiArray, target: /arm, proposer: policy, chunk: { stepMs: 40, brakeRadPerS2: 2 } }`,
  actuators: `  arm: { kind: trajectory, transport: wire, address: /jtc/joint_trajectory, joints: 2, confirmMs: 3000 }
  block: { kind: bool, transport: wire, address: /cellgate/block, confirmMs: 3000 }`,
}).replace(
  "watcher: { graceMs: 5000 }",
  "watcher: { graceMs: 5000 }\n  fairness: { maxOpenPerProposer: 16 }",
);

describe.skipIf(missing !== null)(
  `stretches of a policy's stream${missing === null ? "" : ` (skipped: ${missing})`}`,
  () => {
    let cell: LiveCell | null = null;
    afterEach(async () => {
      await cell?.close();
      cell = null;
      await endPeers();
    });

    it("each takes the place of the one before; a jump is refused and the arm comes to rest when the stream ends", async () => {
      const domain = testDomain(110);
      const arm = startPeer(["arm"], { domain, program: "action" });
      const live = await liveCell(CELL, domain);
      cell = live;
      await live.arm();
      const blocked = arm.lines.length;
      const policy = startPeer(["policy", "rt/policy/chunk", "100"], { domain });
      const replaced = (): number => live.permits().filter((code) => code === "CHUNK_REPLACED").length;
      await until("ten stretches", () => replaced() >= 10, 60_000);
      const details = live.receipts.flatMap(({ body }) =>
        body.receipt_type === "permit_used" && body.code === "CHUNK_REPLACED" ? [body.detail] : [],
      );
      expect(details.at(-1)).toMatch(/^\d+ of \d+ ms were run; ".*" follows$/);
      policy.process.stdin.write("jump\n");
      await policy.line((line) => line === "jumped");
      await until(
        "refusal of the jump",
        () =>
          live.receipts.some(
            ({ body }) => body.receipt_type === "block" && /JOINT_(SPEED|ACCELERATION)/.test(body.code),
          ),
        20_000,
      );
      expect(live.node.cell.state).toBe("RUNNING");
      policy.process.stdin.write("end\n");
      await until("the end of the last one", () => live.permits().at(-1) === "ACTION_COMPLETED", 30_000);
      // each permit has exactly one end
      const released = live.permits().filter((code) => code === "PERMIT_RELEASED").length;
      expect(live.permits().length).toBe(2 * released);
      expect(arm.lines.slice(blocked + 20).some((line) => line.startsWith("hold"))).toBe(false);
    }, 120_000);
  },
);
