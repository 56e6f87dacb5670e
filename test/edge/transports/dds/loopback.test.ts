import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { loadCyclone } from "../../../../src/edge/transports/dds/library.ts";
import { createDomainOn, isLoopback } from "../../../../src/edge/transports/dds/loopback.ts";
import { testDomain } from "./peer.ts";

const loaded = await loadCyclone(process.env["LIBDDSC"]);
const missing = loaded.ok ? null : `${loaded.error.detail}: apt install libddsc0debian`;
const outer = Object.values(networkInterfaces())
  .flat()
  .find((place) => place?.family === "IPv4" && !place.internal)?.address;

interface Socket {
  readonly port: number;
  readonly inode: string;
  /** bound to every address */
  readonly anywhere: boolean;
}
/** UDP sockets of this machine. */
function sockets(): Map<string, Socket> {
  const found = new Map<string, Socket>();
  for (const line of readFileSync("/proc/self/net/udp", "utf8").trim().split("\n").slice(1)) {
    const parts = line.trim().split(/\s+/);
    const port = Number.parseInt(parts[1]!.split(":")[1]!, 16);
    found.set(parts[9]!, {
      port,
      inode: parts[9]!,

      anywhere: parts[1]!.startsWith("00000000"),
    });
  }
  return found;
}
/** Whether the kernel says that nobody listens there to packets from this address. */
function unheard(address: string, port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return new Promise((told) => {
    const end = (answer: boolean): void => {
      clearTimeout(patience);
      socket.close();
      told(answer);
    };
    const patience = setTimeout(() => end(false), 500);
    socket.on("error", () => end(true));
    socket.bind(0, address, () =>
      socket.connect(port, address, () => socket.send(Buffer.from("RTPS\x02\x01\x01\x10 nothing of use"))),
    );
  });
}

describe.skipIf(missing !== null)(`a domain on lo (${missing ?? "libddsc is here"})`, () => {
  const open: number[] = [];
  afterEach(() => {
    for (const domain of open.splice(0)) if (loaded.ok) loaded.value.delete(domain);
  });
  const opened = (multicast: boolean): readonly Socket[] => {
    const before = sockets();
    const domain = createDomainOn(loaded.ok ? loaded.value : (undefined as never), {
      domainId: testDomain(),
      network: "lo",
      multicast,
      peers: [],
      maxParticipants: 32,
    });
    if (!domain.ok) throw new Error(domain.error);
    open.push(domain.value);
    return [...sockets().values()].filter(({ inode }) => !before.has(inode));
  };
  it("hears this machine's loopback", async () => {
    const listening = opened(false).filter(({ anywhere }) => anywhere);
    expect(listening.length).toBeGreaterThan(0);
    for (const { port } of listening) expect(await unheard("127.0.0.1", port)).toBe(false);
  });
  it.skipIf(outer === undefined)("hears nothing that comes from or goes to another address", async () => {
    const listening = opened(false).filter(({ anywhere }) => anywhere);
    expect(listening.length).toBeGreaterThan(0);
    for (const { port } of listening) expect(await unheard(outer!, port)).toBe(true);
  });
  it("takes loopback by name and by address", () => {
    expect(["lo", "127.0.0.1", "127.1.2.3"].every(isLoopback)).toBe(true);
    expect(["eth0", "10.0.0.1", "lo0x", "12.7.0.0"].some(isLoopback)).toBe(false);
  });
});
