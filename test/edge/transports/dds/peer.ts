import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { domainConfig } from "../../../../src/edge/transports/dds/domain-config.ts";

const here = import.meta.dirname;
const FILES = [
  "ros.idl",
  "damaged.idl",
  "action.idl",
  "peer.c",
  "damaged.c",
  "action.c",
  "base.c",
  "receiver.cpp",
];
const WATCH = join(here, "../../../../launch/receiver/heartbeat_watch.hpp");

const works = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Why the peer cannot be built here, or null. */
export function peerMissing(compiler = "gcc"): string | null {
  if (process.platform !== "linux") return "libddsc is used on Linux only";
  if (!works("idlc", "-h")) return "idlc is missing: apt install cyclonedds-tools cyclonedds-dev";
  for (const one of new Set(["gcc", compiler]))
    if (!works(one, "--version")) return `${one} is missing: apt install ${one} libc6-dev`;
  return null;
}

/** joints of the arm that `action6` plays */
const SIX = ["shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper"];

let built: string | null = null;
/** Folder with the programs; built once per content of their sources. */
export function buildPeer(): string {
  if (built !== null) return built;
  const hash = createHash("sha256");
  for (const file of FILES) hash.update(readFileSync(join(here, "peer", file)));
  hash.update(readFileSync(WATCH));
  const folder = join(tmpdir(), `cellgate-dds-peer-${hash.digest("hex").slice(0, 16)}`);
  if (!existsSync(folder)) {
    const scratch = mkdtempSync(join(tmpdir(), "cellgate-dds-peer-"));
    for (const [name, idl] of [
      ["peer", "ros"],
      ["damaged", "damaged"],
      ["action", "action"],
      ["base", "ros"],
    ] as const) {
      const at = join(scratch, name);
      mkdirSync(at);
      execFileSync("idlc", ["-l", "c", join(here, "peer", `${idl}.idl`)], { cwd: at });
      const gcc = [
        "-O2",
        "-I.",
        join(here, "peer", `${name}.c`),
        `${idl}.c`,
        "-o",
        `../run-${name}`,
        "-lddsc",
        "-lm",
      ];
      execFileSync("gcc", gcc, { cwd: at });
    }
    const six = SIX.map((name) => `"${name}"`).join(",");
    const arm6 = [
      "-O2",
      "-I.",
      "-DJOINTS=6",
      `-DNAMES_LIST=${six}`,
      join(here, "peer", "action.c"),
      "action.c",
    ];
    execFileSync("gcc", [...arm6, "-o", "../run-action6", "-lddsc", "-lm"], { cwd: join(scratch, "action") });
    if (works("g++", "--version")) buildReceiver(join(scratch, "peer"));
    try {
      renameSync(scratch, folder);
    } catch {
      // another test process was faster
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  built = folder;
  return folder;
}

/** The receiver's logic is the one that colcon builds; only what brings the messages is of this test. */
function buildReceiver(at: string): void {
  execFileSync("gcc", ["-O1", "-c", "ros.c", "-o", "ros.o"], { cwd: at });
  const source = join(here, "peer", "receiver.cpp");
  const strict = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O2", "-I."];
  execFileSync("g++", [...strict, source, "ros.o", "-o", "../run-receiver", "-lddsc"], { cwd: at });
}

const FIRST_DOMAIN = 20;
const DOMAINS = 200;
const claimed = new Map<number, number>();
/** Test processes run side by side: each claims domains of its own, by a file that names the process. */
export function testDomain(offset = 0): number {
  const known = claimed.get(offset);
  if (known !== undefined) return known;
  for (let i = 0; i < DOMAINS; i++) {
    const domain = FIRST_DOMAIN + ((process.pid * 7 + offset + i) % DOMAINS);
    if (!claim(join(tmpdir(), `cellgate-test-domain-${domain}`))) continue;
    claimed.set(offset, domain);
    return domain;
  }
  throw new Error("every DDS domain is in use by another test");
}
function claim(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    try {
      process.kill(Number(readFileSync(path, "utf8")), 0);
      return false;
    } catch {
      writeFileSync(path, String(process.pid));
      return true;
    }
  }
}

export interface Peer {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: string[];
  /** resolves with the first line, from the start of its output on, that the test accepts */
  line(accept: (line: string) => boolean, timeoutMs?: number): Promise<string>;
  end(signal?: NodeJS.Signals): Promise<void>;
}
export interface PeerSettings {
  readonly domain: number;
  readonly multicast?: boolean;
  readonly program?: "peer" | "damaged" | "action" | "action6" | "base" | "receiver";
}

const running = new Set<Peer>();
/** Ends what a failed test has left. */
export async function endPeers(): Promise<void> {
  await Promise.all([...running].map((peer) => peer.end("SIGKILL")));
}

export function startPeer(args: readonly string[], settings: PeerSettings): Peer {
  const config = domainConfig({
    network: "lo",
    multicast: settings.multicast ?? false,
    peers: [],
    maxParticipants: 32,
  });
  const child = spawn(join(buildPeer(), `run-${settings.program ?? "peer"}`), args, {
    env: { ...process.env, CYCLONEDDS_URI: config, PEER_DOMAIN: String(settings.domain) },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stderr.on("data", (data: Buffer) => lines.push(`stderr: ${data.toString()}`));
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  void gone.then(() =>
    setTimeout(() => {
      for (const look of waiting) look();
    }, 50),
  );
  const peer: Peer = {
    process: child,
    lines,
    line: (accept, timeoutMs = 20_000) =>
      new Promise((resolve, reject) => {
        const stop = (settle: () => void): void => {
          clearTimeout(timer);
          waiting.delete(look);
          settle();
        };
        const look = (): void => {
          const found = lines.find(accept);
          if (found !== undefined) stop(() => resolve(found));
          else if (child.exitCode !== null)
            stop(() => reject(new Error(`peer ended: ${lines.slice(-5).join(" | ")}`)));
        };
        const timer = setTimeout(
          () => stop(() => reject(new Error(`peer silent: ${lines.slice(-5).join(" | ")}`))),
          timeoutMs,
        );
        waiting.add(look);
        look();
      }),
    async end(signal = "SIGTERM") {
      running.delete(peer);
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
    },
  };
  running.add(peer);
  return peer;
}
