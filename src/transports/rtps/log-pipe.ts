import { Socket } from "node:net";
import { err, ok, type Result } from "../../base/result.ts";
import type { Pointer } from "./library.ts";

/** What Cyclone wrote about a message it could not read. */
export interface UnreadableMessage {
  readonly domain: number;
  readonly ddsTopic: string;
}
type LogListener = (line: string, unreadable: UnreadableMessage | null) => void;

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const LINE_BUFFERED = 1;
const LINE_BYTES = 4_096;
/** A line longer than this is cut; nothing is kept without an end. */
const MAX_LINE = 8_192;
const UNREADABLE = /\[(\d+)\][^:]*: data\(.*deserialization (\S+)\/[\w:]+ failed/;

export function parseLogLine(line: string): UnreadableMessage | null {
  const match = UNREADABLE.exec(line);
  return match === null ? null : { domain: Number(match[1]), ddsTopic: match[2]! };
}

/**
 * Cyclone drops what it cannot read and tells nobody but its log, which a hostile peer could flood. The log
 * is led into a pipe that is read here and loses lines when it is full: damaged messages become faults of
 * their channel, and the terminal stays readable.
 */
export class LogPipe {
  /** a FILE that lives as long as the process: a domain may write to it while it ends */
  readonly file: Pointer;
  private readonly listeners = new Set<LogListener>();

  constructor(file: Pointer, fd: number) {
    this.file = file;
    this.read(fd);
  }
  listen(listener: LogListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  private read(fd: number): void {
    let rest = "";
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = (lines.pop() ?? "").slice(0, MAX_LINE);
      for (const line of lines) for (const listener of this.listeners) listener(line, parseLogLine(line));
    });
    socket.on("error", () => undefined);
    socket.unref();
  }
}

let opened: LogPipe | null = null;
/** One per process. */
export async function openLogPipe(): Promise<Result<LogPipe, string>> {
  if (opened !== null) return ok(opened);
  const koffi = (await import("koffi")).default;
  const libc = koffi.load(null);
  const pipe2 = libc.func("int pipe2(void *fds, int flags)");
  const fdopen = libc.func("void *fdopen(int fd, const char *mode)");
  const setvbuf = libc.func("int setvbuf(void *file, void *buffer, int mode, size_t bytes)");
  const ends = new Int32Array(2);
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) !== 0) return err("no pipe for the log of Cyclone DDS");
  const file = fdopen(ends[1]!, "w") as bigint | null;
  if (file === null || file === 0n) return err("no stream for the log of Cyclone DDS");
  setvbuf(file, null, LINE_BUFFERED, LINE_BYTES);
  opened = new LogPipe(file, ends[0]!);
  return ok(opened);
}
