import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** One run of the writer in which the n-th call of one kind fails or kills it. */
export interface FaultRun {
  readonly call: "pwrite64" | "pread64" | "fsync" | "rename";
  readonly fault: "error=EIO" | "error=ENOSPC" | "signal=KILL";
  readonly when: number;
}
export interface InjectedRun extends FaultRun {
  readonly acked: readonly string[];
  readonly killed: boolean;
}

const KINDS: readonly (readonly ["pwrite64" | "fsync", FaultRun["fault"]])[] = [
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

/** faults that meet a writer which opens a ledger that is there already, and nothing more */
export const openingRuns: readonly FaultRun[] = (
  [
    ["fsync", "signal=KILL", [1, 3, 5, 7]],
    ["rename", "signal=KILL", [1, 2, 3]],
    ["fsync", "error=EIO", [2, 4]],
    ["pwrite64", "error=ENOSPC", [1, 6]],
    ["pread64", "error=EIO", [2, 8]],
  ] as const
).flatMap(([call, fault, places]) => places.map((when) => ({ call, fault, when })));

export function runInjected(dir: string, run: FaultRun, receipts = 40): InjectedRun {
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
      String(receipts),
      "1",
    ],
    {
      encoding: "utf8",
    },
  );
  const acked = done.stdout.split("\n").flatMap((line) => (line.startsWith("ACK ") ? [line.slice(4)] : []));
  return { ...run, acked, killed: !done.stdout.includes("CLOSED") };
}
