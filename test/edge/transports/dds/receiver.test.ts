import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadCyclone } from "../../../../src/edge/transports/dds/library.ts";
import { endPeers, type Peer, peerMissing, startPeer, testDomain } from "./peer.ts";

const loaded = await loadCyclone(process.env["LIBDDSC"]);
const missing = loaded.ok ? peerMissing("g++") : loaded.error.detail;

describe.skipIf(missing !== null)(
  `the receiver under ROS 2${missing === null ? "" : ` (skipped: ${missing})`}`,
  () => {
    let node: ChildProcessWithoutNullStreams | null = null;
    afterEach(async () => {
      node?.kill("SIGKILL");
      await endPeers();
    });
    const beating = (domain: number): ChildProcessWithoutNullStreams =>
      spawn(process.execPath, [join(import.meta.dirname, "beating.ts"), String(domain)], { stdio: "pipe" });
    /** the line after everything that was said before */
    const next = (peer: Peer, words: RegExp): Promise<string> => {
      const before = peer.lines.length;
      return peer.line((line) => peer.lines.lastIndexOf(line) >= before && words.test(line), 30_000);
    };

    it("holds until it is told otherwise, when the counter stands, when motion is forbidden, and after kill -9", async () => {
      const domain = testDomain(90);
      const receiver = startPeer([], { domain, program: "receiver" });
      expect(await receiver.line((line) => line.startsWith("holds"))).toMatch(/no heartbeat yet/);
      node = beating(domain);
      await next(receiver, /^moves/);
      for (const [how, words] of [
        ["stand", /does not count/],
        ["forbid", /does not permit/],
        ["garbage", /not readable/],
      ] as const) {
        const held = next(receiver, words);
        node.stdin.write(`${how}\n`);
        expect(await held).toMatch(/^holds/);
        const moves = next(receiver, /^moves/);
        node.stdin.write("beat\n");
        await moves;
      }
      const held = next(receiver, /missing/);
      node.kill("SIGKILL");
      const line = await held;
      // three periods after the last heartbeat, by the receiver's own clock; it looks every 5 ms
      expect(Number(line.split(" ")[1])).toBeGreaterThanOrEqual(150);
      const again = next(receiver, /^moves/);
      node = beating(domain);
      await again;
    });
  },
);
