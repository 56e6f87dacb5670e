import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { err, ok, type Result } from "../../../core/base/result.ts";
import { domainConfig } from "./domain-config.ts";
import type { Cyclone } from "./library.ts";
import type { DdsSettings } from "./settings.ts";

type Network = Pick<
  DdsSettings,
  "domainId" | "network" | "multicast" | "peers" | "maxParticipants" | "security"
>;

export const isLoopback = (network: string): boolean => network === "lo" || /^127\.|^::1$/.test(network);

/**
 * Creates a domain whose sockets hear the configured network only. Cyclone chooses by its configuration where it
 * sends, but binds what it listens on to every interface. On loopback its sockets are therefore bound to that
 * interface afterwards, and get a filter of the kernel's: packets from or to any other address are dropped before
 * the library sees them, also those that this machine sends to one of its own outer addresses.
 */
export function createDomainOn(lib: Cyclone, settings: Network): Result<number, string> {
  const before = isLoopback(settings.network) ? new Set(ownSockets().values()) : null;
  const domain = lib.createDomain(settings.domainId, domainConfig(settings));
  if (domain < 0) return err(lib.strerror(domain));
  if (before === null) return ok(domain);
  const bound = keepOnLoopback(lib, before, settings.multicast);
  if (bound.ok) return ok(domain);
  lib.delete(domain);
  return bound;
}

const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const SO_ATTACH_FILTER = 26;
const SO_LOCK_FILTER = 44;

function keepOnLoopback(lib: Cyclone, before: ReadonlySet<string>, multicast: boolean): Result<null, string> {
  const udp = udpInodes();
  const opened = [...ownSockets()].filter(([, inode]) => udp.has(inode) && !before.has(inode));
  if (opened.length === 0) return err("the domain has no socket that could be kept on loopback");
  const steps = filterOf(multicast);
  const program = lib.alloc(steps.length);
  program.bytes.set(steps);
  const head = lib.alloc(16);
  const view = new DataView(head.bytes.buffer, head.bytes.byteOffset, head.bytes.byteLength);
  view.setUint16(0, steps.length / STEP_BYTES, true);
  view.setBigUint64(8, program.address, true);
  const one = Uint8Array.of(1, 0, 0, 0);
  const name = new TextEncoder().encode("lo\0");
  try {
    for (const [fd] of opened)
      for (const [option, value] of [
        [SO_ATTACH_FILTER, head.bytes],
        [SO_LOCK_FILTER, one],
        [SO_BINDTODEVICE, name],
      ] as const)
        if (lib.setSocketOption(fd, SOL_SOCKET, option, value, value.length) !== 0)
          return err(`a socket of the domain cannot be kept on loopback (option ${option})`);
    return ok(null);
  } finally {
    program.free();
    head.free();
  }
}

const STEP_BYTES = 8;
/** Reads a word of the packet's network header. */
const NETWORK_HEADER = 0xfff00000;
const SOURCE = 12;
const DESTINATION = 16;

/** Classic packet filter: source and, without multicast, destination begin with 127. */
function filterOf(multicast: boolean): Uint8Array {
  const LOAD = 0x20;
  const AND = 0x54;
  const EQUAL = 0x15;
  const RETURN = 0x06;
  const places = multicast ? [SOURCE] : [DESTINATION, SOURCE];
  const drop = 3 * places.length + 1;
  const steps: [code: number, yes: number, no: number, value: number][] = [];
  for (const place of places) {
    steps.push([LOAD, 0, 0, NETWORK_HEADER + place], [AND, 0, 0, 0xff000000]);
    steps.push([EQUAL, 0, drop - steps.length - 1, 0x7f000000]);
  }
  steps.push([RETURN, 0, 0, 0xffffffff], [RETURN, 0, 0, 0]);
  const out = new Uint8Array(STEP_BYTES * steps.length);
  const view = new DataView(out.buffer);
  steps.forEach(([code, yes, no, value], i) => {
    view.setUint16(STEP_BYTES * i, code, true);
    view.setUint8(STEP_BYTES * i + 2, yes);
    view.setUint8(STEP_BYTES * i + 3, no);
    view.setUint32(STEP_BYTES * i + 4, value, true);
  });
  return out;
}

/** This process's sockets: number of the file and number that the kernel knows it by. */
function ownSockets(): Map<number, string> {
  const sockets = new Map<number, string>();
  for (const fd of readdirSync("/proc/self/fd"))
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      if (inode !== undefined) sockets.set(Number(fd), inode);
    } catch {
      // closed meanwhile
    }
  return sockets;
}
function udpInodes(): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const file of ["/proc/self/net/udp", "/proc/self/net/udp6"])
    try {
      for (const line of readFileSync(file, "utf8").split("\n").slice(1)) {
        const inode = line.trim().split(/\s+/)[9];
        if (inode !== undefined) inodes.add(inode);
      }
    } catch {
      // no such protocol on this machine
    }
  return inodes;
}
