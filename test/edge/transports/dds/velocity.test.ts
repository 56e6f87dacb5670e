import { afterEach, describe, expect, it } from "vitest";
import { loadCyclone } from "../../../../src/edge/transports/dds/library.ts";
import { until } from "../../../contract/ros-door.ts";
import { armCell, type LiveCell, liveCell } from "./live-cell.ts";
import { endPeers, type Peer, peerMissing, startPeer, testDomain } from "./peer.ts";

const loaded = await loadCyclone(process.env["LIBDDSC"]);
const missing = loaded.ok ? peerMissing() : loaded.error.detail;

const baseCell = (message: "Twist" | "TwistStamped"): string =>
  armCell({
    transport: `    out:
      /cmd_vel: { message: geometry_msgs/${message} }`,
    actuators:
      "  base: { kind: velocity, transport: wire, address: /cmd_vel, confirmMs: 3000, command: asked }",
    rules: `
  zones:
    outline: { channel: scan, action: approach, frame: cell, polygonM: [[0.3, 0.25], [0.3, -0.25], [-0.3, -0.25], [-0.3, 0.25]], beforeMs: 2000, minRays: 3, releaseMs: 100 }
    near: { channel: scan, action: slow, withinM: 1, ratio: 0.5, releaseMs: 100 }
    touching: { channel: scan, action: hold, withinM: 0.35, releaseMs: 100 }`,
  })
    .replace(/ {2}joints: \{ quantity: joints.*\n/, "")
    .replace(
      "\nrules:",
      `
  scan: { quantity: scan, transport: wire, address: /scan, maxAgeMs: 3000, minRateHz: 1, min: 0, max: 12, angleMinRad: -1.5707963267948966, angleStepRad: 0.017453292519943295, mount: { xM: 0, yM: 0, yawRad: 0 } }
  asked: { quantity: twistCommand, transport: wire, address: /cmd_vel_in, device: geometry_msgs/${message}, maxAgeMs: 1500, minRateHz: 1, stamped: ${message === "TwistStamped"} }
rules:`,
    )
    .replace(/ {2}targets:[\s\S]*/, "");

describe.skipIf(missing !== null)(
  `the velocity filter of a base${missing === null ? "" : ` (skipped: ${missing})`}`,
  () => {
    let cell: LiveCell | null = null;
    afterEach(async () => {
      await cell?.close();
      cell = null;
      await endPeers();
    });
    const begin = async (
      domain: number,
      message: "Twist" | "TwistStamped" = "Twist",
    ): Promise<{ base: Peer; tell: (line: string) => void; next: (words: RegExp) => Promise<string> }> => {
      const base = startPeer(["base", message === "Twist" ? "twist" : "stamped"], {
        domain,
        program: "base",
      });
      const live = await liveCell(baseCell(message), domain);
      cell = live;
      await live.arm();
      const tell = (line: string): void => void base.process.stdin.write(`${line}\n`);
      /** a line after everything said before */
      const next = (words: RegExp): Promise<string> => {
        const before = base.lines.length;
        return base.line((line) => words.test(line) && base.lines.lastIndexOf(line) >= before, 30_000);
      };
      return { base, tell, next };
    };
    const after = async (act: () => void, line: Promise<string>): Promise<string> => {
      act();
      return line;
    };

    it("passes, slows, keeps the time to a wall, is zero in a hold and goes on; never silent", async () => {
      const { base, tell, next } = await begin(testDomain(100));
      await after(() => tell("ask 0.4 0.1"), next(/^vel \d+ 0\.400 0\.100/));
      await after(() => tell("wall 0.9"), next(/^vel \d+ 0\.1\d\d 0\.0\d/));
      await after(() => tell("wall 0.3"), next(/^vel \d+ -?0\.000 -?0\.000/));
      await until("hold", () => cell?.node.cell.state === "HOLD", 20_000);
      await after(() => tell("wall 6"), next(/^vel \d+ 0\.400 0\.100/));
      await after(() => tell("mute"), next(/^vel \d+ -?0\.000 -?0\.000/));
      await after(() => tell("ask 0.2 0"), next(/^vel \d+ 0\.200/));
      await after(() => tell("estop 0"), next(/^vel \d+ -?0\.000 -?0\.000/));
      expect(cell?.node.cell.state).toBe("STOPPED");
      expect(base.lines.filter((line) => line.startsWith("stderr"))).toEqual([]);
    }, 120_000);

    it("takes stamped commands of its own frame, and from asking to hearing it is quick", async () => {
      const { tell, next } = await begin(testDomain(101), "TwistStamped");
      await after(() => tell("ask 0.3 0"), next(/^vel \d+ 0\.300/));
      const times = await after(() => tell("times"), next(/^times 300 /));
      console.log(`cmd_vel in -> out, µs: ${times}`);
      expect(times).toMatch(/p50 \d+ p99 \d+/);
    }, 120_000);
  },
);
