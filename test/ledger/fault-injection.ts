import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** One run of the writer in which the n-th call of one kind fails or kills it. */
export interface FaultRun {
  readonly call: "pwrite64" | "fsync";
  readonly fault: "error=EIO" | "error=ENOSPC" | "signal=KILL";
  readonly when: number;
}
export interface InjectedRun extends FaultRun {
  readonly acked: readonly string[];
  readonly killed: boolean;
}

const KINDS: readonly (readonly [FaultRun["call"], FaultRun["fault"]])[] = [
  ["pwrite64", "error=EIO"],
  ["fsync", "signal=KILL"],
  ["pwrite64", "signal=KILL"],
  ["fsync", "error=EIO"],
  ["pwrite64", "error=ENOSPC"],
];
/** calls of each kind that one run of the writer makes, or a little more */
const CALLS = { pwrite64: 260, fsync: 75 } as const;

/** `count` runs for all kinds together, spread over the life of the writer; Infinity: every call. */
export function faultRuns(count: number): FaultRun[] {
  return KINDS.flatMap(([call, fault]) => {
    const each = Math.min(CALLS[call], Math.ceil(count / KINDS.length) + 1);
    return Array.from({ length: each }, (_, i) => ({
      call,
      fault,
      when: 1 + Math.floor(((i + 0.5) * CALLS[call]) / each),
    }));
  });
}

export function runInjected(dir: string, run: FaultRun): InjectedRun {
  mkdirSync(dir, { recursive: true });
  const writer = join(import.meta.dirname, "durable-writer.ts");
  const inject = `inject=${run.call}:${run.fault}:when=${run.when}`;
  const done = spawnSync(
    "strace",
    [
      "-f",
      "--seccomp-bpf",
      "-e",
      `trace=${run.call}`,
      "-e",
      inject,
      "-o",
      "/dev/null",
      process.execPath,
      writer,
      dir,
      "0",
      "40",
      "1",
    ],
    {
      encoding: "utf8",
    },
  );
  const acked = done.stdout.split("\n").flatMap((line) => (line.startsWith("ACK ") ? [line.slice(4)] : []));
  return { ...run, acked, killed: !done.stdout.includes("CLOSED") };
}
