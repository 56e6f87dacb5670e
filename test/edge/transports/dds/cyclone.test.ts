import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createPrng } from "../../../../src/core/base/prng.ts";
import { domainConfig } from "../../../../src/edge/transports/dds/domain-config.ts";
import { DdsTransport, ddsSettingsSchema } from "../../../../src/edge/transports/dds/index.ts";
import { SAMPLE_INFO } from "../../../../src/edge/transports/dds/layout.ts";
import { type Cyclone, loadCyclone, versionOf } from "../../../../src/edge/transports/dds/library.ts";
import { parseLogLine } from "../../../../src/edge/transports/dds/log-pipe.ts";
import { TypeHandles } from "../../../../src/edge/transports/dds/type-handle.ts";
import { binding, seenDoor, until, wireContext } from "../../../contract/ros-door.ts";
import { endPeers, peerMissing, startPeer, testDomain } from "./peer.ts";

const loaded = await loadCyclone(process.env["LIBDDSC"]);
const missing = loaded.ok ? null : `${loaded.error.detail}: apt install libddsc0debian`;
const peers = missing ?? peerMissing();
const title = (what: string, reason: string | null): string =>
  reason === null ? what : `${what} (skipped: ${reason})`;
const network = { network: "lo", multicast: false, peers: [], maxParticipants: 32 };
const INTERFACE_MULTICAST = 0x1000;
const multicastOff = (): boolean =>
  (Number(readFileSync("/sys/class/net/lo/flags", "utf8")) & INTERFACE_MULTICAST) === 0;

describe("which library may be used", () => {
  it.each([
    [["/usr/lib/libddsc.so.0.9.1"], "is version 0.9.1"],
    [["/usr/lib/libddsc.so.11.0.1"], "is version 11.0.1"],
    [["/usr/lib/libddsc.so"], "does not carry its version"],
    [["/usr/lib/libddsc.so.0.10.2", "/opt/ros/humble/lib/libddsc.so.0.10.5"], "expected one libddsc"],
    [[], "expected one libddsc"],
  ])("%j is refused", (paths, words) => {
    const result = versionOf(paths);
    expect(result.ok ? "accepted" : result.error).toContain(words);
  });
  it("known ones are taken", () => {
    for (const version of ["0.10.2", "0.10.5"])
      expect(versionOf([`/x/libddsc.so.${version}`])).toMatchObject({ ok: true, value: { version } });
  });

  describe.skipIf(missing !== null)(title("in a process of its own", missing), () => {
    const folder = mkdtempSync(join(tmpdir(), "cellgate-libddsc-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const loadIn = (path: string): string => {
      const url = new URL("../../../../src/edge/transports/dds/library.ts", import.meta.url).href;
      const program = `const { loadCyclone } = await import(${JSON.stringify(url)});
        const r = await loadCyclone(${JSON.stringify(path)}); console.log(r.ok ? "loaded " + r.value.version : r.error.code + " " + r.error.detail);`;
      return execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    };
    it("a file that says another version", () => {
      const path = join(folder, "libddsc.so.0.9.9");
      if (loaded.ok) copyFileSync(loaded.value.path, path);
      expect(loadIn(path)).toMatch(/^DDS_LIBRARY_UNKNOWN .*0\.9\.9.*known: 0\.10\.2/);
    });
    it("no file", () => expect(loadIn(join(folder, "nothing.so"))).toMatch(/^DDS_LIBRARY_MISSING /));
  });

  describe.skipIf(missing !== null)(title("the layout is proved before it is used", missing), () => {
    const probe = (alter: (lib: Cyclone) => Partial<Cyclone>): string => {
      if (!loaded.ok) return "";
      const lib = { ...loaded.value, ...alter(loaded.value) };
      const domainId = testDomain(31);
      const domain = lib.createDomain(domainId, domainConfig(network));
      const types = new TypeHandles(lib, lib.createParticipant(domainId, null, null));
      const result = types.get("std_msgs/Bool");
      lib.delete(domain);
      types.free();
      return result.ok ? "accepted" : result.error;
    };
    it("as it is", () => expect(probe(() => ({}))).toBe("accepted"));
    it("a sample info of another shape", () => {
      const shifted = (lib: Cyclone): Partial<Cyclone> => ({
        takeCdr(reader, samples, max, infos, mask) {
          const count = lib.takeCdr(reader, samples, max, infos, mask);
          if (infos instanceof Uint8Array)
            infos.copyWithin(SAMPLE_INFO.sourceTimestamp, SAMPLE_INFO.sourceTimestamp + 8);
          return count;
        },
      });
      expect(probe(shifted)).toMatch(/unknown memory layout: sample info/);
    });
    it("a sample of another shape", () => {
      const shifted = (lib: Cyclone): Partial<Cyclone> => ({
        pointerAt: (base, offset) => lib.pointerAt(base, offset + 8),
      });
      expect(probe(shifted)).toMatch(/unknown memory layout: sample, operations/);
    });
    it("a type of another name", () => {
      expect(probe(() => ({ textAt: () => "else" }))).toMatch(/unknown memory layout: type, name/);
    });
  });
});

describe("what Cyclone is told", () => {
  it("loopback without multicast looks for peers on this machine only", () => {
    const config = domainConfig(network);
    expect(config).toContain('<NetworkInterface name="lo" multicast="false"/>');
    expect(config).toContain("<AllowMulticast>false</AllowMulticast>");
    expect(config).toContain('<Peer address="127.0.0.1"/>');
  });
  it("with multicast nobody needs to be named; peers that are named stay", () => {
    expect(domainConfig({ ...network, multicast: true })).not.toContain("<Peers>");
    expect(domainConfig({ ...network, multicast: true, peers: ["10.0.0.7"] })).toContain(
      '<Peer address="10.0.0.7"/>',
    );
    expect(domainConfig({ ...network, network: "10.0.0.1" })).toContain('address="10.0.0.1"');
  });
  it("settings cannot break out of their place", () => {
    expect(ddsSettingsSchema.safeParse({ kind: "dds", network: '"/><x' }).success).toBe(false);
    expect(ddsSettingsSchema.safeParse({ kind: "dds", peers: ["<a>"] }).success).toBe(false);
    expect(domainConfig({ ...network, peers: ['"/><Peer address="6.6.6.6'] })).not.toContain('"6.6.6.6');
  });
  it("unknown settings and impossible domains are errors", () => {
    for (const bad of [
      { domainId: 233 },
      { domainId: -1 },
      { domainId: 1.5 },
      { multicas: true },
      { qos: { "/x": { depth: 0 } } },
    ])
      expect(ddsSettingsSchema.safeParse({ kind: "dds", ...bad }).success).toBe(false);
  });
  it("its words about a damaged message are understood, others are left alone", () => {
    const line =
      "1795223969.40 [108]     recvUC: data(application, vendor 1.16): 11:8c:59:203 #300: deserialization rt/ft/geometry_msgs::msg::dds_::WrenchStamped_ failed (for reasons unknown)";
    expect(parseLogLine(line)).toEqual({ domain: 108, ddsTopic: "rt/ft" });
    for (const other of ["", "x", line.replace("deserialization", "")])
      expect(parseLogLine(other)).toBeNull();
  });
});

describe.skipIf(peers !== null)(title("on the wire", peers), () => {
  const open: DdsTransport[] = [];
  const transport = (domainId: number, more: Record<string, unknown> = {}): DdsTransport => {
    const made = new DdsTransport(
      ddsSettingsSchema.parse({ kind: "dds", domainId, library: process.env["LIBDDSC"], ...more }),
    );
    open.push(made);
    return made;
  };
  afterEach(async () => {
    for (const made of open.splice(0)) await made.close();
    await endPeers();
  });
  const estop = binding(0, "estop", { quantity: "estop", address: "/estop" });

  it("a publisher that offers less than is asked is named, with the policy", async () => {
    const domainId = testDomain(32);
    const seen = seenDoor();
    await transport(domainId).open(wireContext(seen.door, [estop]));
    startPeer(["bool", "rt/estop", "1", "best"], { domain: domainId });
    await until("the mismatch", () => seen.health.some((h) => h.code === "ROS_QOS_MISMATCH"));
    expect(seen.health[0]!.detail).toMatch(/reliability|durability/);
    expect(seen.samples).toEqual([]);
  });
  it("the deployment may ask for less of one topic", async () => {
    const domainId = testDomain(33);
    const seen = seenDoor();
    const qos = { "estop/": { reliable: false, transientLocal: false } };
    await transport(domainId, { qos }).open(wireContext(seen.door, [estop]));
    const peer = startPeer(["bool", "rt/estop", "1", "best"], { domain: domainId });
    await until("a sample", () => {
      peer.process.stdin.write("1\n");
      return seen.samples.length > 0;
    });
  });
  it("a channel that must come from one source says when it comes from another", async () => {
    const domainId = testDomain(34);
    const seen = seenDoor();
    const channel = binding(0, "estop", {
      quantity: "estop",
      address: "/estop",
      publisher: "elsewhere/driver",
    });
    await transport(domainId).open(wireContext(seen.door, [channel]));
    startPeer(["bool", "rt/estop", "1", "latched"], { domain: domainId });
    await until("the stranger", () => seen.health.some((h) => h.code === "ROS_FOREIGN_PUBLISHER"));
    expect(seen.health[0]!.detail).toContain("run-peer");
  });
  it("nobody else in the domain is said, with the interface, until somebody comes", async () => {
    const domainId = testDomain(41);
    const seen = seenDoor();
    await transport(domainId).open(wireContext(seen.door, [estop]));
    const alone = (active: boolean) => seen.health.some((h) => h.code === "DDS_ALONE" && h.active === active);
    await until("alone", () => alone(true));
    expect(seen.health.find((h) => h.code === "DDS_ALONE")!.detail).toMatch(
      /interface lo, looked for on this machine/,
    );
    startPeer(["bool", "rt/estop", "1", "latched"], { domain: domainId });
    await until("company", () => alone(false));
  });
  it("an inverted flag reads 1 as pressed", async () => {
    const domainId = testDomain(35);
    const seen = seenDoor();
    const channel = binding(0, "estop", {
      quantity: "estop",
      address: "/estop",
      device: "inverted std_msgs/Bool",
    });
    await transport(domainId).open(wireContext(seen.door, [channel]));
    startPeer(["bool", "rt/estop", "1", "latched"], { domain: domainId });
    await until("a sample", () => seen.samples.length > 0);
    expect(seen.samples[0]!.values).toEqual([0]);
  });
  it("two channels of one topic share it", async () => {
    const domainId = testDomain(36);
    const seen = seenDoor();
    await transport(domainId).open(
      wireContext(seen.door, [estop, binding(1, "flag", { quantity: "flag", address: "estop" })]),
    );
    startPeer(["bool", "rt/estop", "1", "latched"], { domain: domainId });
    await until("both", () => seen.samples.length >= 2);
    expect(seen.samples.map((s) => s.channel).sort()).toEqual([0, 1]);
  });
  it("50,000 datagrams of noise on its ports end nothing", async () => {
    const domainId = testDomain(37);
    const seen = seenDoor();
    await transport(domainId).open(wireContext(seen.door, [estop]));
    const prng = createPrng(37);
    const socket = createSocket("udp4");
    const ports = [7_400, 7_401, 7_410, 7_411].map((p) => p + 250 * domainId);
    const head = Buffer.from("RTPS\x02\x01\x01\x10", "latin1");
    for (let i = 0; i < 50_000; i++) {
      const noise = Buffer.alloc(prng.nextUint32() % 300);
      for (let k = 0; k < noise.length; k++) noise[k] = prng.nextUint32() & 0xff;
      const datagram = i % 2 === 0 ? noise : Buffer.concat([head, noise]);
      await new Promise((resolve) => socket.send(datagram, ports[i % ports.length]!, "127.0.0.1", resolve));
    }
    socket.close();
    startPeer(["bool", "rt/estop", "1", "latched"], { domain: domainId });
    await until("a sample after the noise", () => seen.samples.length > 0);
  });
  it("what a deployment cannot have is said when it is opened", async () => {
    const context = (channel: Parameters<typeof binding>[2]) =>
      wireContext(seenDoor().door, [binding(0, "c", channel)]);
    const domainId = testDomain(38);
    await expect(
      transport(domainId).open(context({ quantity: "wrench", address: "/a", device: "std_msgs/Bool" })),
    ).rejects.toThrow(/carries no wrench/);
    await expect(transport(domainId).open(context({ quantity: "wrench", address: "a//b" }))).rejects.toThrow(
      /empty part/,
    );
    const clash = transport(domainId, { out: { "/a": { message: "std_msgs/Bool" } } });
    await expect(clash.open(context({ quantity: "flag", address: "a" }))).rejects.toThrow(/hear itself/);
  });

  const noMulticast = multicastOff() ? "the loopback interface has multicast off" : null;
  it.skipIf(noMulticast !== null)(title("finds peers by multicast on loopback", noMulticast), async () => {
    const domainId = testDomain(39);
    const seen = seenDoor();
    await transport(domainId, { multicast: true }).open(wireContext(seen.door, [estop]));
    startPeer(["bool", "rt/estop", "1", "latched"], { domain: domainId, multicast: true });
    await until("a sample", () => seen.samples.length > 0);
  });
});
